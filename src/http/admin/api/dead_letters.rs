//! `/api/dead-letters`: what is done to many at once.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::{
    answers::{bad_request, done},
    query::Scope,
};
use crate::{http::admin::auth::Authenticated, run::control::DeadLetterAction};

pub(super) async fn replay(api: Authenticated, scope: web::Query<Scope>) -> HttpResponse {
    each(&api, &scope, DeadLetterAction::Replay).await
}

pub(super) async fn dismiss(api: Authenticated, scope: web::Query<Scope>) -> HttpResponse {
    each(&api, &scope, DeadLetterAction::Dismiss).await
}

async fn each(api: &Authenticated, scope: &Scope, then: DeadLetterAction) -> HttpResponse {
    let agent = match scope.agent() {
        Ok(agent) => agent,
        Err(unclear) => return bad_request(&unclear.to_string()),
    };
    done(api.operator().each_dead_letter(agent, then).await.map(|jobs| json!({ "jobs": jobs })))
}
