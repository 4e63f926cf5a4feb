//! `/api/dead-letters`: what is done to many at once.

use actix_web::{HttpResponse, web};
use herdgate_actors::store::BulkAction;
use serde_json::json;

use super::{
    answers::{bad_request, done},
    query::Scope,
};
use crate::http::admin::auth::Authenticated;

pub(super) async fn replay(api: Authenticated, scope: web::Query<Scope>) -> HttpResponse {
    each(&api, &scope, BulkAction::Retry).await
}

pub(super) async fn dismiss(api: Authenticated, scope: web::Query<Scope>) -> HttpResponse {
    each(&api, &scope, BulkAction::Dismiss).await
}

async fn each(api: &Authenticated, scope: &Scope, then: BulkAction) -> HttpResponse {
    let agent = match scope.agent() {
        Ok(agent) => agent,
        Err(unclear) => return bad_request(&unclear.to_string()),
    };
    done(api.control().each_dead_letter(agent, then).await.map(|jobs| json!({ "jobs": jobs })))
}
