//! The control API: one file a noun. What is read comes from [`reads`](crate::reads), and all answers
//! are made of [`api`](crate::api).
//!
//! - `answer`: how calls are answered. `params`, `path`, `body`: how they are read.
//!
//! The dashboard changes things by the same calls, so both are written down alike.

pub(super) mod agents;
mod answer;
mod audit;
mod body;
pub(super) mod bulk;
pub(super) mod config;
mod dead_letters;
pub(super) mod deliveries;
mod doc;
mod events;
pub(super) mod jobs;
mod log;
mod nodes;
mod params;
mod path;
pub(super) mod runs;
mod schedule;
mod sources;

use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, http::header, web};

pub(super) use answer::{Answer, Refused};
pub(super) use audit::{Deed, audited};
pub(super) use body::Body;
pub(super) use params::{NoParams, Params};
pub(super) use path::Named;

use crate::api::problem::Kind;

/// Registers what may be read without a key: what the API is.
pub(super) fn open_routes(config: &mut web::ServiceConfig) {
    let path = |end: &str| format!("{}{end}", crate::api::ROOT);
    config
        .service(at(&path("/openapi.json"), "GET").route(web::get().to(doc::document)))
        .service(at(&path("/problems/{kind}"), "GET").route(web::get().to(doc::problem)));
}

/// Registers the routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/agents", "GET").route(web::get().to(agents::list)))
        .service(at("/agents/{name}", "GET").route(web::get().to(agents::show)))
        .service(at("/agents/{name}/pause", "POST").route(web::post().to(agents::pause)))
        .service(at("/agents/{name}/resume", "POST").route(web::post().to(agents::resume)))
        .service(at("/agents/{name}/scale", "POST").route(web::post().to(agents::scale)))
        .service(at("/agents/{name}/runs", "POST").route(web::post().to(agents::trigger)))
        .service(at("/agents/{name}/jobs/hand-over", "POST").route(web::post().to(agents::hand_over)))
        .service(at("/agents/{name}/jobs/discard", "POST").route(web::post().to(agents::discard)))
        .service(at("/deliveries", "GET").route(web::get().to(deliveries::list)))
        .service(at("/deliveries/{id}", "GET").route(web::get().to(deliveries::show)))
        .service(at("/deliveries/{id}/body", "GET").route(web::get().to(deliveries::body)))
        .service(at("/deliveries/{id}/replay", "POST").route(web::post().to(deliveries::replay)))
        .service(at("/jobs", "GET").route(web::get().to(jobs::list)))
        .service(at("/jobs/{id}", "GET").route(web::get().to(jobs::show)))
        .service(at("/jobs/{id}/retry", "POST").route(web::post().to(jobs::retry)))
        .service(at("/jobs/{id}/dismiss", "POST").route(web::post().to(jobs::dismiss)))
        .service(at("/jobs/{id}/cancel", "POST").route(web::post().to(jobs::cancel)))
        .service(at("/runs", "GET").route(web::get().to(runs::list)))
        .service(at("/runs/{id}", "GET").route(web::get().to(runs::show)))
        .service(at("/runs/{id}/log", "GET").route(web::get().to(log::show)))
        .service(at("/runs/{id}/kill", "POST").route(web::post().to(runs::kill)))
        .service(at("/dead-letters", "GET").route(web::get().to(dead_letters::list)))
        .service(at("/dead-letters/retry", "POST").route(web::post().to(dead_letters::retry)))
        .service(at("/dead-letters/dismiss", "POST").route(web::post().to(dead_letters::dismiss)))
        .service(at("/sources", "GET").route(web::get().to(sources::list)))
        .service(at("/sources/{name}", "GET").route(web::get().to(sources::show)))
        .service(at("/schedule", "GET").route(web::get().to(schedule::list)))
        .service(at("/bulk", "GET, POST").route(web::get().to(bulk::list)).route(web::post().to(bulk::start)))
        .service(at("/bulk/{id}", "GET").route(web::get().to(bulk::show)))
        .service(at("/bulk/{id}/cancel", "POST").route(web::post().to(bulk::cancel)))
        .service(at("/audit", "GET").route(web::get().to(audit::list)))
        .service(at("/events", "GET").route(web::get().to(events::follow)))
        .service(at("/nodes", "GET").route(web::get().to(nodes::list)))
        .service(at("/config", "GET").route(web::get().to(config::in_force)))
        .service(at("/config/revisions", "GET").route(web::get().to(config::revisions)))
        .service(at("/config/reload", "POST").route(web::post().to(config::reload)));
}

/// A path that knows these methods alone.
fn at(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        let detail =
            format!("{} is not a method of {}: it knows {methods}", request.method(), request.path());
        let mut answer = Refused::new(Kind::MethodNotAllowed, detail).error_response();
        answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(methods));
        answer
    }))
}

/// Answers paths of the API that there are not.
pub(super) async fn unknown_path(request: HttpRequest) -> HttpResponse {
    let detail =
        format!("there is no {}; {}/openapi.json lists what there is", request.path(), crate::api::ROOT);
    Refused::new(Kind::UnknownPath, detail).error_response()
}
