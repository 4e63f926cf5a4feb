//! `/sources`.

use actix_web::web::{Data, Json};
use herdgate_actors::domain::SourceName;

use super::{
    answer::Answer,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{page::Page, sources::Source},
    http::admin::Admin,
};

pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Source>> {
    Ok(Json(admin.reads.sources().await?))
}

pub(super) async fn show(
    admin: Data<Admin>,
    Named(name): Named<SourceName>,
    _: Params<NoParams>,
) -> Answer<Source> {
    Ok(Json(admin.reads.source(&name).await?))
}
