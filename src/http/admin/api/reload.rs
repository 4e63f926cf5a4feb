//! `/api/reload`: puts the files of the project in force.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde_json::json;

use super::{answers::not_done, query::NoParameters};
use crate::{
    http::admin::auth::Authenticated,
    run::{ReloadError, Reloaded},
};

pub(super) async fn reload(api: Authenticated, _: web::Query<NoParameters>) -> HttpResponse {
    match api.admin().reload.run().await {
        Ok(Reloaded { applied, waiting }) => HttpResponse::Ok().json(json!({
            "revision": applied.revision,
            "added": applied.changes.added,
            "removed": applied.changes.removed,
            "changed": applied.changes.changed,
            "waits_for_restart": waiting,
        })),
        Err(ReloadError::Problems(problems)) => {
            HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY).json(json!({ "error": problems }))
        }
        Err(ReloadError::Control(error)) => not_done(&error),
    }
}
