//! `/config`: what is in force, and how the files of the project are put in force.

use actix_web::web::{Data, Json};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refused},
    params::{NoParams, Params},
};
use crate::{
    api::{config::Reloaded as ApiReloaded, problem::Kind},
    config::EffectiveConfig,
    http::admin::Admin,
    run::{ReloadError, Reloaded},
};

/// All that is in force, with where it was set and without secrets.
pub(super) async fn in_force(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Value> {
    let effective = EffectiveConfig::with_fingerprints(&admin.reload.in_force(), admin.key.as_bytes());
    Ok(Json(json!({ "state": admin.configuration(), "effective": effective })))
}

pub(super) async fn reload(admin: Data<Admin>, _: Params<NoParams>) -> Answer<ApiReloaded> {
    match admin.reload.run().await {
        Ok(Reloaded { applied, waiting }) => Ok(Json(ApiReloaded {
            revision: applied.revision.0,
            differences: applied.differences.to_string(),
            added: applied.changes.added,
            removed: applied.changes.removed,
            changed: applied.changes.changed,
            waits_for_restart: waiting.into_iter().map(str::to_owned).collect(),
        })),
        Err(ReloadError::Problems(problems)) => Err(Refused::new(Kind::ConfigurationRefused, problems)),
        Err(ReloadError::Control(error)) => Err(error.into()),
    }
}
