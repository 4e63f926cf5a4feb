//! `/api/agents`.

use actix_web::{HttpResponse, web};
use herdgate_actors::domain::AgentName;
use serde_json::json;

use super::{answers::done, query::NoParameters};
use crate::http::admin::auth::Authenticated;

pub(super) async fn trigger(
    api: Authenticated,
    name: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(api.operator().trigger(agent).await.map(|job| json!({ "job": job })))
}
