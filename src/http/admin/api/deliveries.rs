//! `/deliveries`.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json},
};
use herdgate_actors::domain::ReceiptId;

use super::{
    answer::{Answer, Refused},
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        deliveries::{DeliveriesQuery, Delivery, DeliveryDetail, Replayed},
        page::Page,
    },
    http::admin::Admin,
};

pub(super) async fn list(
    admin: Data<Admin>,
    Params(query): Params<DeliveriesQuery>,
) -> Answer<Page<Delivery>> {
    Ok(Json(admin.reads.deliveries(&query).await?))
}

pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<ReceiptId>,
    _: Params<NoParams>,
) -> Answer<DeliveryDetail> {
    Ok(Json(admin.reads.delivery(id).await?))
}

/// What strangers sent is never shown as a page of the gate's own.
pub(super) async fn body(
    admin: Data<Admin>,
    Named(id): Named<ReceiptId>,
    _: Params<NoParams>,
) -> Result<HttpResponse, Refused> {
    let body = admin.reads.body(id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.body\"")))
        .body(body))
}

pub(super) async fn replay(
    admin: Data<Admin>,
    Named(id): Named<ReceiptId>,
    _: Params<NoParams>,
) -> Answer<Replayed> {
    let recorded = admin.control().replay(id).await?;
    Ok(Json(Replayed {
        receipt: recorded.receipt,
        replay_of: id,
        matched: recorded.matched,
        skipped: recorded.skipped,
    }))
}
