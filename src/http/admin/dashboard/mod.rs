//! The dashboard: pages written here, on the gate, that can be read without a script. One small script
//! follows what changes and knows the keys.
//!
//! - `visitor`: who looks, and who may change something. `session`, `origin`: how that is known.
//!   `sign_in`: how one comes in. What is changed is changed by the calls of the API.
//! - `shell`: what stands around every page. `page`, `answer`, `gzip`: how pages leave. `assets`: their files.
//!   `error`: what is said when there is no page.
//! - `events`: signals that something changed.
//! - `words`, `links`: how things are written.
//! - `job_action`, `sample`: what some pages do.
//! - All others are a page, or a part of one, each.

mod agent;
mod agent_rows;
mod agents;
mod answer;
mod assets;
mod audit;
mod bulk;
mod bulk_ask;
mod bulk_rows;
mod change_rows;
mod charts;
mod config_rows;
mod configuration;
mod curl;
mod dead_letters;
mod deliveries;
mod delivery;
mod error;
mod events;
mod find;
mod gzip;
mod html;
mod job;
mod job_action;
mod job_rows;
mod jobs;
mod json_tree;
mod links;
mod listing;
mod log_lines;
mod matrix;
mod nodes;
mod origin;
mod overview;
mod page;
mod run;
mod run_rows;
mod runs;
mod sample;
mod schedule;
mod session;
mod shell;
mod sign_in;
mod sources;
mod try_out;
mod visitor;
mod why;
mod words;

use actix_web::{HttpResponse, http::header, web};

pub(in crate::http) use sources::PublicDoor;

/// Registers the routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("", web::get().to(overview::show))
        .route("/", web::get().to(home))
        .route("/assets/{name}", web::get().to(assets::serve))
        .route("/sign-in", web::get().to(sign_in::show))
        .route("/sign-in", web::post().to(sign_in::sign_in))
        .route("/sign-out", web::post().to(sign_in::sign_out))
        .route("/theme", web::post().to(sign_in::choose_theme))
        .route("/deliveries", web::get().to(deliveries::show))
        .route("/deliveries/{id}", web::get().to(delivery::show))
        .route("/deliveries/{id}/body", web::get().to(delivery::body))
        .route("/deliveries/{id}/replay", web::post().to(delivery::replay))
        .route("/jobs", web::get().to(jobs::show))
        .route("/jobs", web::post().to(jobs::act))
        .route("/jobs/{id}", web::get().to(job::show))
        .route("/jobs/{id}", web::post().to(job::act))
        .route("/runs", web::get().to(runs::show))
        .route("/runs/{id}", web::get().to(run::show))
        .route("/runs/{id}/log", web::get().to(run::log))
        .route("/runs/{id}/kill", web::post().to(run::kill))
        .route("/agents", web::get().to(agents::show))
        .route("/agents/{name}", web::get().to(agent::show))
        .route("/agents/{name}", web::post().to(agent::act))
        .route("/dead-letters", web::get().to(dead_letters::show))
        .route("/bulk", web::get().to(bulk::list))
        .route("/bulk", web::post().to(bulk_ask::start))
        .route("/bulk/new", web::get().to(bulk_ask::ask))
        .route("/bulk/{id}", web::get().to(bulk::show))
        .route("/bulk/{id}/cancel", web::post().to(bulk::cancel))
        .route("/schedule", web::get().to(schedule::show))
        .route("/sources", web::get().to(sources::show))
        .route("/sources/{name}", web::post().to(sample::send))
        .route("/configuration", web::get().to(configuration::show))
        .route("/configuration", web::post().to(configuration::reload))
        .route("/audit", web::get().to(audit::show))
        .route("/nodes", web::get().to(nodes::show))
        .service(
            web::resource("/try")
                .app_data(web::FormConfig::default().limit(try_out::LONGEST))
                .route(web::get().to(try_out::show))
                .route(web::post().to(try_out::judge)),
        )
        .route("/find", web::get().to(find::find))
        .route("/more", web::get().to(find::more))
        .route("/events", web::get().to(events::follow));
}

/// The door's own address leads here.
pub(super) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/dashboard")).finish()
}
