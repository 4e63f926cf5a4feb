//! Signals that something has changed: what, not how. A page that hears one asks again for itself, so
//! nothing is kept here for anybody.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{answer::guarded, visitor::Visitor};
use crate::http::admin::follow;

/// `GET /dashboard/events`.
pub(super) async fn follow(visitor: Visitor, request: HttpRequest) -> HttpResponse {
    let full = || guarded(StatusCode::SERVICE_UNAVAILABLE).body("too many pages follow already\n");
    follow::answer(&visitor.admin, &request, guarded(StatusCode::OK)).unwrap_or_else(full)
}
