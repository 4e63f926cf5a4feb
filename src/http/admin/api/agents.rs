//! `/api/agents`.

use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpResponse, web};
use herdgate_actors::domain::{AgentName, JobState};
use serde::Deserialize;
use serde_json::json;

use super::{
    answers::{done, store_error},
    query::NoParameters,
};
use crate::http::admin::auth::Authenticated;

/// The jobs of an agent, by state; not those that completed, which are history.
type Jobs = BTreeMap<JobState, u64>;

/// Every agent that runs, and every other for which jobs wait: `unconfigured`.
pub(super) async fn list(api: Authenticated, _: web::Query<NoParameters>) -> HttpResponse {
    let backlog = match api.engine().backlog().await {
        Ok(backlog) => backlog,
        Err(error) => return store_error(&error),
    };
    let mut jobs = HashMap::<AgentName, Jobs>::new();
    for entry in backlog.into_iter().filter(|entry| entry.state != JobState::Completed) {
        *jobs.entry(entry.agent).or_default().entry(entry.state).or_default() += entry.jobs;
    }
    let observed = api.control().agents().observed();
    let mut agents: Vec<_> = observed
        .iter()
        .map(|(agent, state)| {
            json!({
                "agent": agent,
                "mode": state.mode,
                "scale": state.scale,
                "executing": state.executing,
                "jobs": jobs.remove(agent).unwrap_or_default(),
            })
        })
        .collect();
    let is_waiting = |jobs: &Jobs| jobs.iter().any(|(state, count)| state.is_waiting() && *count > 0);
    let mut left: Vec<_> = jobs.into_iter().filter(|(_, jobs)| is_waiting(jobs)).collect();
    left.sort();
    agents.extend(left.into_iter().map(|(agent, jobs)| {
        json!({ "agent": agent, "mode": "unconfigured", "scale": 0, "executing": [], "jobs": jobs })
    }));
    HttpResponse::Ok().json(agents)
}

pub(super) async fn trigger(
    api: Authenticated,
    name: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(api.control().trigger(agent, None).await.map(|job| json!({ "job": job })))
}

pub(super) async fn pause(
    api: Authenticated,
    name: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(api.control().pause(agent.clone()).await.map(|()| json!({ "agent": agent, "paused": true })))
}

pub(super) async fn resume(
    api: Authenticated,
    name: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(api.control().resume(agent.clone()).await.map(|()| json!({ "agent": agent, "paused": false })))
}

/// How many runs there may be at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scale {
    to: u32,
}

pub(super) async fn scale(
    api: Authenticated,
    name: web::Path<String>,
    scale: web::Query<Scale>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    let scaled = api.control().scale(agent.clone(), scale.to).await;
    done(scaled.map(|()| json!({ "agent": agent, "scale": scale.to })))
}

/// Who is to have the jobs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOver {
    to: String,
}

pub(super) async fn hand_over(
    api: Authenticated,
    name: web::Path<String>,
    query: web::Query<HandOver>,
) -> HttpResponse {
    let (from, to) = (AgentName::from(name.into_inner()), AgentName::from(query.to.as_str()));
    let moved = api.control().hand_over(from.clone(), to.clone()).await;
    done(moved.map(|jobs| json!({ "from": from, "to": to, "jobs": jobs })))
}

pub(super) async fn discard(
    api: Authenticated,
    name: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(api.control().discard_of(agent.clone()).await.map(|jobs| json!({ "agent": agent, "jobs": jobs })))
}
