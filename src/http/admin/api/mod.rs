//! The control API, behind a key.

mod agents;
mod answers;
mod dead_letters;
mod jobs;
mod query;
mod receipts;
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
        .route("/agents/{name}/runs", web::post().to(agents::trigger));
}
