//! Metrics in Prometheus' text format.

use std::collections::{HashMap, HashSet};

use actix_web::{HttpResponse, web};
use herdgate_actors::telemetry;

use super::state::Admin;
use crate::run::health::State;

pub(super) async fn metrics(admin: web::Data<Admin>) -> HttpResponse {
    telemetry::ready(admin.health().state() == State::Ready);
    read_backlog(&admin).await;
    // Thousands of agents make megabytes of text: other requests do not wait for them.
    match web::block(move || admin.metrics.render()).await {
        Ok(page) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Sets the gauges that are read from the store. A store that cannot be read must not hide the other
/// numbers. What waits for an agent that is not there is told as such, not here.
async fn read_backlog(admin: &Admin) {
    let there: HashSet<_> = admin.control().agents().observed().into_iter().map(|(agent, _)| agent).collect();
    if let Ok(backlog) = admin.reads.store.backlog().await {
        let jobs: HashMap<_, _> = backlog
            .iter()
            .filter(|entry| there.contains(&entry.agent))
            .map(|entry| ((&entry.agent, entry.state), entry.jobs))
            .collect();
        telemetry::metrics()
            .show_backlog(|agent, state| jobs.get(&(agent, state)).copied().unwrap_or_default());
    }
    if let Ok(oldest) = admin.reads.store.oldest_due().await {
        let now = admin.reads.clock.now();
        let oldest: HashMap<_, _> = oldest
            .iter()
            .filter(|(agent, _)| there.contains(agent))
            .map(|(agent, due)| (agent, *due))
            .collect();
        telemetry::metrics()
            .show_oldest(|agent| oldest.get(agent).map(|due| now.since(*due)).unwrap_or_default());
    }
}
