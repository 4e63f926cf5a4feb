//! The control API, behind a key.

mod actors;
mod agents;
mod answers;
mod dead_letters;
mod jobs;
mod query;
mod receipts;
mod reload;
mod runs;

use actix_web::web;

pub(super) use query::query_config;

/// Registers the routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/receipts", web::get().to(receipts::list))
        .route("/receipts/{id}", web::get().to(receipts::show))
        .route("/receipts/{id}/replay", web::post().to(receipts::replay))
        .route("/jobs", web::get().to(jobs::list))
        .route("/jobs/{id}", web::get().to(jobs::show))
        .route("/jobs/{id}/replay", web::post().to(jobs::replay))
        .route("/jobs/{id}/dismiss", web::post().to(jobs::dismiss))
        .route("/dead-letters/replay", web::post().to(dead_letters::replay))
        .route("/dead-letters/dismiss", web::post().to(dead_letters::dismiss))
        .route("/runs", web::get().to(runs::list))
        .route("/runs/{id}/kill", web::post().to(runs::kill))
        .route("/jobs/{id}/cancel", web::post().to(jobs::cancel))
        .route("/reload", web::post().to(reload::reload))
        .route("/actors", web::get().to(actors::list))
        .route("/agents", web::get().to(agents::list))
        .route("/agents/{name}/pause", web::post().to(agents::pause))
        .route("/agents/{name}/resume", web::post().to(agents::resume))
        .route("/agents/{name}/scale", web::post().to(agents::scale))
        .route("/agents/{name}/jobs/hand-over", web::post().to(agents::hand_over))
        .route("/agents/{name}/jobs/discard", web::post().to(agents::discard))
        .route("/agents/{name}/runs", web::post().to(agents::trigger));
}
