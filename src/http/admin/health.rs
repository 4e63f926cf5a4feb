//! Readiness.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::state::Admin;
use crate::run::readiness;

pub(super) async fn readyz(admin: web::Data<Admin>) -> HttpResponse {
    let (ready, text) = readiness(admin.health(), &admin.configuration());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).body(text + "\n")
}
