//! `/deliveries`.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json},
};
use herdgate_actors::domain::ReceiptId;
use serde_json::json;

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    body::Body,
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        deliveries::{DeliveriesQuery, Delivery, DeliveryDetail, Replay, Replayed},
        ids::Id,
        page::Page,
    },
    http::admin::{Admin, auth::Caller},
};

/// Deliveries, the newest first.
#[utoipa::path(get, path = "/deliveries", tag = "deliveries", params(DeliveriesQuery),
    responses((status = 200, body = Page<Delivery>), Refusals))]
pub(super) async fn list(
    admin: Data<Admin>,
    Params(query): Params<DeliveriesQuery>,
) -> Answer<Page<Delivery>> {
    Ok(Json(admin.reads.deliveries(&query).await?))
}

/// One delivery: its headers, what it says, what each agent said of it then and would say today.
#[utoipa::path(get, path = "/deliveries/{id}", tag = "deliveries", params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryDetail), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<ReceiptId>,
    _: Params<NoParams>,
) -> Answer<DeliveryDetail> {
    Ok(Json(admin.reads.delivery(id).await?))
}

/// The body of a delivery, byte for byte as it was kept: secrets that a provider put into it are gone.
/// What strangers sent is never shown as a page of the gate's own.
#[utoipa::path(get, path = "/deliveries/{id}/body", tag = "deliveries", params(("id" = Id, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
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

/// Routes a delivery again with the filters of now, under a new receipt; or gives it to one agent,
/// whatever its filters say.
#[utoipa::path(post, path = "/deliveries/{id}/replay", tag = "deliveries", params(("id" = Id, Path)),
    request_body = Option<Replay>, responses((status = 200, body = Replayed), Refusals))]
pub(in crate::http::admin) async fn replay(
    admin: Data<Admin>,
    caller: Caller,
    Named(id): Named<ReceiptId>,
    _: Params<NoParams>,
    Body(Replay { agent }): Body<Replay>,
) -> Answer<Replayed> {
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("delivery.replay", &id), async move {
        let replayed = if let Some(agent) = agent {
            let job = gate.control().replay_to(id, agent).await?;
            Replayed { receipt: id, replay_of: id, matched: 1, skipped: 0, job: Some(job) }
        } else {
            let recorded = gate.control().replay(id).await?;
            let (matched, skipped) = (recorded.matched, recorded.skipped);
            Replayed { receipt: recorded.receipt, replay_of: id, matched, skipped, job: None }
        };
        let after = json!(replayed);
        Ok((replayed, Some(after)))
    })
    .await
}
