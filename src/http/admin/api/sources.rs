//! `/sources`.

use actix_web::web::{Data, Json};
use herdgate_actors::domain::SourceName;

use super::{
    answer::Answer,
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{page::Page, sources::Source},
    http::admin::Admin,
};

/// Every source that is configured, with what it brought.
#[utoipa::path(get, path = "/sources", tag = "sources", responses((status = 200, body = Page<Source>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Source>> {
    Ok(Json(admin.reads.sources().await?))
}

/// One source.
#[utoipa::path(get, path = "/sources/{name}", tag = "sources", params(("name" = String, Path)),
    responses((status = 200, body = Source), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(name): Named<SourceName>,
    _: Params<NoParams>,
) -> Answer<Source> {
    Ok(Json(admin.reads.source(&name).await?))
}
