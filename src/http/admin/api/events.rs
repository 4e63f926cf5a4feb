//! `/events`: signals that something changed, as server-sent events.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{
    answer::Refused,
    params::{NoParams, Params},
};
use crate::{
    api::{events::Signal, problem::Kind},
    http::admin::{Admin, follow},
};

/// Signals of every topic: first where each stands, then whenever one moves.
#[utoipa::path(get, path = "/events", tag = "events",
    responses((status = 200, body = Signal, content_type = "text/event-stream"), super::doc::Refusals))]
pub(super) async fn follow(
    admin: Data<Admin>,
    request: HttpRequest,
    _: Params<NoParams>,
) -> Result<HttpResponse, Refused> {
    let full = || Refused::new(Kind::TooManyFollowers, "as many follow as may");
    follow::answer(&admin, &request, HttpResponse::Ok()).ok_or_else(full)
}
