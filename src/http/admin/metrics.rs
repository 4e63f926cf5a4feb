//! Metrics in Prometheus' text format.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use herdgate_actors::{domain::JobState, telemetry};

use super::state::Admin;

pub(super) async fn metrics(admin: web::Data<Admin>) -> HttpResponse {
    read_backlog(&admin).await;
    // Thousands of agents make megabytes of text: other requests do not wait for them.
    match web::block(move || admin.metrics.render()).await {
        Ok(page) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Sets the gauges that are read from the store. A store that cannot be read must not hide the other
/// numbers.
async fn read_backlog(admin: &Admin) {
    let agents = admin.control().agents().observed();
    if let Ok(backlog) = admin.reads.store.backlog().await {
        let jobs: HashMap<_, _> =
            backlog.iter().map(|entry| ((&entry.agent, entry.state), entry.jobs)).collect();
        // Every agent in every state, so that a gauge falls back to zero with its last job.
        for (agent, _) in &agents {
            for state in JobState::ALL {
                let jobs = jobs.get(&(agent, state)).copied().unwrap_or_default();
                telemetry::backlog(agent, state.as_str(), jobs);
            }
        }
    }
    if let Ok(oldest) = admin.reads.store.oldest_due().await {
        let now = admin.reads.clock.now();
        let oldest: HashMap<_, _> = oldest.iter().map(|(agent, due)| (agent, *due)).collect();
        for (agent, _) in &agents {
            let waits = oldest.get(agent).map(|due| now.since(*due)).unwrap_or_default();
            telemetry::oldest_waiting(agent, waits);
        }
    }
}
