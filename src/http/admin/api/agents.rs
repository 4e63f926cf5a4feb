//! `/agents`.

use actix_web::web::{Data, Json};
use herdgate_actors::domain::{AgentName, Input};

use super::{
    answer::{Answer, Refused},
    body::Body,
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
    http::admin::Admin,
};

/// The longest prompt of a run by hand.
const MOST_PROMPT: usize = 64 * 1024;
/// More runs at once than any machine has places for.
const MOST_SCALE: u32 = 1_000_000;

pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Agent>> {
    Ok(Json(admin.reads.agents().await?))
}

pub(super) async fn show(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    Ok(Json(admin.reads.agent(&name).await?))
}

pub(super) async fn pause(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    admin.control().pause(name.clone()).await?;
    Ok(Json(admin.reads.agent(&name).await?))
}

pub(super) async fn resume(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<AgentDetail> {
    admin.control().resume(name.clone()).await?;
    Ok(Json(admin.reads.agent(&name).await?))
}

pub(super) async fn scale(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
    Body(scale): Body<Scale>,
) -> Answer<AgentDetail> {
    let to = match scale.to {
        Some(to) if to > MOST_SCALE => {
            return Err(Refused::new(Kind::InvalidRequest, format!("`to` is at most {MOST_SCALE}")));
        }
        Some(to) => to,
        None => admin.control().topology().agent(&name).map_or(0, |spec| spec.scale),
    };
    admin.control().scale(name.clone(), to).await?;
    Ok(Json(admin.reads.agent(&name).await?))
}

pub(super) async fn trigger(
    admin: Data<Admin>,
    Named(name): Named<AgentName>,
    _: Params<NoParams>,
    Body(run): Body<NewRun>,
) -> Answer<Triggered> {
    if run.prompt.as_ref().is_some_and(|prompt| prompt.len() > MOST_PROMPT) {
        return Err(Refused::new(Kind::InvalidRequest, format!("`prompt` is at most {MOST_PROMPT} bytes")));
    }
    let job = admin.control().trigger(name, run.prompt.map(Input)).await?;
    Ok(Json(Triggered { job, known: false }))
}

pub(super) async fn hand_over(
    admin: Data<Admin>,
    Named(agent): Named<AgentName>,
    _: Params<NoParams>,
    Body(HandOver { to }): Body<HandOver>,
) -> Answer<JobsMoved> {
    let jobs = admin.control().hand_over(agent.clone(), to.clone()).await?;
    Ok(Json(JobsMoved { agent, to: Some(to), jobs }))
}

pub(super) async fn discard(
    admin: Data<Admin>,
    Named(agent): Named<AgentName>,
    _: Params<NoParams>,
) -> Answer<JobsMoved> {
    let jobs = admin.control().discard_of(agent.clone()).await?;
    Ok(Json(JobsMoved { agent, to: None, jobs }))
}
