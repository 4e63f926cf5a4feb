//! Readiness.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::state::Admin;
use crate::run::health::State;

pub(super) async fn readyz(admin: web::Data<Admin>) -> HttpResponse {
    let (status, text) = match admin.health().state() {
        State::Ready => (StatusCode::OK, "ready".to_owned()),
        State::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting".to_owned()),
        State::Degraded { why, since } => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("degraded since {since}: {why}"))
        }
        State::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining".to_owned()),
        State::Failed(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("failed: {why}")),
    };
    HttpResponse::build(status).body(text + "\n")
}
