//! `/config`: what is in force, and how the files of the project are put in force.

use actix_web::web::{Data, Json};
use serde_json::json;

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    doc::Refusals,
    params::{NoParams, Params},
};
use crate::{
    api::{
        config::{InForce, Reloaded as ApiReloaded, Revision, RevisionsQuery},
        page::Page,
        problem::Kind,
    },
    http::admin::{Admin, auth::Caller},
    run::{ReloadError, Reloaded},
};

/// All that is in force, with where it was set and without secrets.
#[utoipa::path(get, path = "/config", tag = "config", responses((status = 200, body = InForce), Refusals))]
pub(super) async fn in_force(admin: Data<Admin>, _: Params<NoParams>) -> Answer<InForce> {
    Ok(Json(admin.reads.configuration(admin.keys.salt())))
}

/// The configurations that were in force, the newest first, each with what was different from the one
/// before.
#[utoipa::path(get, path = "/config/revisions", tag = "config", params(RevisionsQuery),
    responses((status = 200, body = Page<Revision>), Refusals))]
pub(super) async fn revisions(
    admin: Data<Admin>,
    Params(query): Params<RevisionsQuery>,
) -> Answer<Page<Revision>> {
    Ok(Json(admin.reads.revisions(&query).await?))
}

/// Puts the files of the project in force as they are now, all or nothing.
#[utoipa::path(post, path = "/config/reload", tag = "config",
    responses((status = 200, body = ApiReloaded), Refusals))]
pub(in crate::http::admin) async fn reload(
    admin: Data<Admin>,
    caller: Caller,
    _: Params<NoParams>,
) -> Answer<ApiReloaded> {
    let gate = admin.clone();
    let revision = json!({ "revision": gate.control().topology().revision() });
    let deed = Deed::to("config.reload", "configuration").from(Some(revision));
    audited(&admin, caller, deed, async move {
        let Reloaded { applied, waiting } = match gate.reload.run().await {
            Ok(reloaded) => reloaded,
            Err(ReloadError::Problems(problems)) => {
                return Err(Refused::new(Kind::ConfigurationRefused, problems));
            }
            Err(ReloadError::Control(error)) => return Err(error.into()),
        };
        let reloaded = ApiReloaded {
            revision: applied.revision.0,
            differences: applied.differences.to_string(),
            added: applied.changes.added,
            removed: applied.changes.removed,
            changed: applied.changes.changed,
            waits_for_restart: waiting.into_iter().map(str::to_owned).collect(),
        };
        let after = json!(reloaded);
        Ok((reloaded, Some(after)))
    })
    .await
}
