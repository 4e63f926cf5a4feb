//! `/agents`.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use herdgate_actors::{
    agent::{AgentState, Mode},
    domain::{AgentName, Input},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    body::Body,
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        agents::{Agent, AgentDetail, NewRun, Scale, Triggered},
        jobs::{HandOver, JobsMoved},
        page::Page,
        problem::Kind,
    },
    http::admin::{Admin, auth::Caller},
};

/// The longest prompt of a run by hand.
const MOST_PROMPT: usize = 64 * 1024;
/// The longest `Idempotency-Key`.
const MOST_KEY: usize = 255;
/// More runs at once than any machine has places for.
const MOST_SCALE: u32 = 1_000_000;
/// How long an answer waits for its agent to have done what it was told.
const SETTLE: Duration = Duration::from_secs(1);

/// Every agent that is configured or runs, and every other for which jobs wait.
#[utoipa::path(get, path = "/agents", tag = "agents", responses((status = 200, body = Page<Agent>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Agent>> {
    Ok(Json(admin.reads.agents().await?))
}

/// One agent, with its configuration.
#[utoipa::path(get, path = "/agents/{name}", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = AgentDetail), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    Ok(Json(admin.reads.agent(&name).await?))
}

/// Lets an agent begin no runs. Its jobs wait, also over restarts; what runs goes on.
#[utoipa::path(post, path = "/agents/{name}/pause", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = AgentDetail), Refusals))]
pub(in crate::http::admin) async fn pause(
    admin: Data<Admin>,
    caller: Caller,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    let deed = Deed::to("agent.pause", &name).from(wish_of(&admin, &name));
    let gate = admin.clone();
    audited(&admin, caller, deed, async move {
        gate.control().pause(name.clone()).await?;
        changed(&gate, &name, |state| state.mode != Mode::Open).await
    })
    .await
}

/// Lets a paused agent go on.
#[utoipa::path(post, path = "/agents/{name}/resume", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = AgentDetail), Refusals))]
pub(in crate::http::admin) async fn resume(
    admin: Data<Admin>,
    caller: Caller,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    let deed = Deed::to("agent.resume", &name).from(wish_of(&admin, &name));
    let gate = admin.clone();
    audited(&admin, caller, deed, async move {
        gate.control().resume(name.clone()).await?;
        changed(&gate, &name, |state| state.mode != Mode::Paused).await
    })
    .await
}

/// Lets an agent have so many runs at once, whatever its file says, also over restarts; null is as many
/// as that says.
#[utoipa::path(post, path = "/agents/{name}/scale", tag = "agents", params(("name" = String, Path)),
    request_body = Scale, responses((status = 200, body = AgentDetail), Refusals))]
pub(in crate::http::admin) async fn scale(
    admin: Data<Admin>,
    caller: Caller,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
    Body(Scale { to }): Body<Scale>,
) -> Answer<AgentDetail> {
    if to.is_some_and(|to| to > MOST_SCALE) {
        return Err(Refused::new(Kind::InvalidRequest, format!("`to` is at most {MOST_SCALE}")));
    }
    let deed = Deed::to("agent.scale", &name).from(wish_of(&admin, &name));
    let gate = admin.clone();
    audited(&admin, caller, deed, async move {
        gate.control().scale(name.clone(), to).await?;
        let configured = gate.control().topology().agent(&name).map(|spec| spec.scale);
        let wanted = to.or(configured).unwrap_or_default();
        changed(&gate, &name, move |state| state.scale == wanted).await
    })
    .await
}

/// Starts a run that nothing caused but the operator. The same `Idempotency-Key` starts one run, for as
/// long as its job is kept.
#[utoipa::path(post, path = "/agents/{name}/runs", tag = "agents",
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NewRun>, responses((status = 200, body = Triggered), Refusals))]
pub(in crate::http::admin) async fn trigger(
    admin: Data<Admin>,
    caller: Caller,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
    request: HttpRequest,
    Body(run): Body<NewRun>,
) -> Answer<Triggered> {
    if run.prompt.as_ref().is_some_and(|prompt| prompt.len() > MOST_PROMPT) {
        return Err(Refused::new(Kind::InvalidRequest, format!("`prompt` is at most {MOST_PROMPT} bytes")));
    }
    let key = key_of(&request)?;
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("agent.run", &name), async move {
        let triggered = gate.control().trigger(name, run.prompt.map(Input), key).await?;
        let after = json!({ "job": triggered.job, "known": triggered.is_known });
        Ok((Triggered { job: triggered.job, known: triggered.is_known }, Some(after)))
    })
    .await
}

/// Gives the waiting jobs of an agent, which need not be configured, to another.
#[utoipa::path(post, path = "/agents/{name}/jobs/hand-over", tag = "agents", params(("name" = String, Path)),
    request_body = HandOver, responses((status = 200, body = JobsMoved), Refusals))]
pub(in crate::http::admin) async fn hand_over(
    admin: Data<Admin>,
    caller: Caller,
    Named(agent): Named<AgentName>,
    _: Params<NoParams>,
    Body(HandOver { to }): Body<HandOver>,
) -> Answer<JobsMoved> {
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("agent.hand_over", &agent), async move {
        let jobs = gate.control().hand_over(agent.clone(), to.clone()).await?;
        let after = json!({ "to": to, "jobs": jobs });
        Ok((JobsMoved { agent, to: Some(to), jobs }, Some(after)))
    })
    .await
}

/// Makes dead letters of the waiting jobs of an agent that is configured no more.
#[utoipa::path(post, path = "/agents/{name}/jobs/discard", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = JobsMoved), Refusals))]
pub(in crate::http::admin) async fn discard(
    admin: Data<Admin>,
    caller: Caller,
    Named(agent): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<JobsMoved> {
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("agent.discard", &agent), async move {
        let jobs = gate.control().discard_of(agent.clone()).await?;
        Ok((JobsMoved { agent, to: None, jobs }, Some(json!({ "jobs": jobs }))))
    })
    .await
}

/// What is wanted of an agent now.
fn wish_of(admin: &Admin, name: &AgentName) -> Option<Value> {
    let state = admin.control().agents().observed_one(name)?;
    Some(json!({ "paused": state.mode == Mode::Paused, "scale": state.scale }))
}

/// The agent, once it has done what it was told.
async fn changed(
    admin: &Admin,
    name: &AgentName,
    is_done: impl Fn(&AgentState) -> bool,
) -> Result<(AgentDetail, Option<Value>), Refused> {
    if let Some(mut observed) = admin.control().agents().observe(name) {
        // One that is busy does it soon; the answer tells how it is now.
        let _ = tokio::time::timeout(SETTLE, observed.wait_for(is_done)).await;
    }
    Ok((admin.reads.agent(name).await?, wish_of(admin, name)))
}

fn key_of(request: &HttpRequest) -> Result<Option<String>, Refused> {
    let Some(key) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if (1..=MOST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let detail = format!("`Idempotency-Key` is of 1 to {MOST_KEY} visible ASCII letters");
            Err(Refused::new(Kind::InvalidRequest, detail))
        }
    }
}
