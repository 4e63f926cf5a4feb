//! `/schedule`.

use actix_web::web::{Data, Json};

use super::{
    answer::Answer,
    doc::Refusals,
    params::{NoParams, Params},
};
use crate::{
    api::{page::Page, schedule::Scheduled},
    http::admin::Admin,
};

/// Every schedule, the one that comes due next first.
#[utoipa::path(get, path = "/schedule", tag = "schedule", responses((status = 200, body = Page<Scheduled>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Scheduled>> {
    Ok(Json(admin.reads.schedule().await?))
}
