//! `/schedule`.

use actix_web::web::{Data, Json};

use super::{
    answer::Answer,
    params::{NoParams, Params},
};
use crate::{
    api::{page::Page, schedule::Scheduled},
    http::admin::Admin,
};

pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Scheduled>> {
    Ok(Json(admin.reads.schedule().await?))
}
