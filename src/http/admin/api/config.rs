//! `/config`: what is in force, and how the files of the project are put in force.

use actix_web::web::{Data, Json};

use super::{
    answer::{Answer, Refused},
    params::{NoParams, Params},
};
use crate::{
    api::{config::Reloaded as ApiReloaded, problem::Kind},
    http::admin::Admin,
    run::{ReloadError, Reloaded},
};

pub(super) async fn reload(admin: Data<Admin>, _: Params<NoParams>) -> Answer<ApiReloaded> {
    match admin.reload.run().await {
        Ok(Reloaded { applied, waiting }) => Ok(Json(ApiReloaded {
            revision: applied.revision.0,
            added: applied.changes.added,
            removed: applied.changes.removed,
            changed: applied.changes.changed,
            waits_for_restart: waiting.into_iter().map(str::to_owned).collect(),
        })),
        Err(ReloadError::Problems(problems)) => Err(Refused::new(Kind::ConfigurationRefused, problems)),
        Err(ReloadError::Control(error)) => Err(error.into()),
    }
}
