//! One agent: what it does, what starts it, and what can be done about it.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::AgentName;
use serde::Deserialize;

use super::{
    agent_rows::{Meter, class_of, dead},
    charts::{self, Chart},
    error::Trouble,
    links::encoded,
    listing::given,
    page,
    run_rows::RunLine,
    shell::{Place, Shell},
    visitor::{Flash, Operator, Visitor},
    words::{When, bytes, lasted, plural},
};
use crate::{
    api::{
        agents::{AgentDetail, Configured, NewRun, Scale, State, Triggered},
        jobs::HandOver,
        list::Window,
        runs::{RunsFilter, RunsQuery},
    },
    http::admin::api::{Body, Named, NoParams, Params, agents},
    run::Sample,
};

/// Runs that are listed.
const RUNS: u32 = 10;

/// What of it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    /// `day`: the charts of a day.
    span: String,
}

/// A trigger, clause by clause.
struct TriggerLine {
    source: String,
    clauses: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "agent.html")]
#[expect(clippy::struct_excessive_bools, reason = "a template asks for each by itself")]
struct AgentPage {
    shell: Shell,
    name: String,
    link: String,
    class: &'static str,
    word: String,
    verdict: String,
    is_paused: bool,
    can_pause: bool,
    is_there: bool,
    scale: u32,
    configured_scale: Option<u32>,
    executing: usize,
    places: Meter,
    waiting: u64,
    waiting_since: Option<When>,
    mailbox: Option<(Meter, String)>,
    outcomes: Vec<(&'static str, String, u64)>,
    dead: u64,
    triggers: Vec<TriggerLine>,
    schedule: Option<ScheduleLine>,
    settings: Vec<(&'static str, String)>,
    params: String,
    instructions: String,
    charts: Vec<Chart>,
    is_day: bool,
    running: Vec<RunLine>,
    runs: Vec<RunLine>,
}

/// When it runs by itself.
struct ScheduleLine {
    expression: String,
    zone: String,
    next: Vec<(String, When)>,
    catches_up: bool,
}

pub(super) async fn show(
    visitor: Visitor,
    name: web::Path<String>,
    look: web::Query<Look>,
) -> Result<HttpResponse, Trouble> {
    let name = AgentName::from(name.into_inner());
    let found = visitor.reads().agent(&name).await?;
    let backlog = visitor.store().backlog().await?;
    let query = RunsQuery {
        filter: RunsFilter { agent: Some(name.clone()), ..RunsFilter::default() },
        window: Window { limit: Some(RUNS), ..Window::default() },
    };
    let runs = visitor.reads().runs(&query).await?.items;
    let is_day = look.span == "day";
    let AgentDetail { agent, configured } = found;
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let current = Sample {
        at: visitor.now,
        waiting: small(agent.waiting),
        executing: small(agent.executing.len() as u64),
        scale: agent.scale,
        mailbox: small(agent.mailbox.map_or(0, |mailbox| mailbox.waiting as u64)),
    };
    let charts = charts::of_agent(&visitor, &name, is_day, current).await?;
    let (class, word) = class_of(agent.state, !agent.executing.is_empty());
    let is_running = |line: &RunLine| line.is_running;
    let (running, runs): (Vec<_>, Vec<_>) =
        runs.iter().map(|run| RunLine::new(run, visitor.now)).partition(is_running);
    let is_there = !matches!(agent.state, State::Unconfigured | State::Removed);
    let configured = configured.as_ref();
    let page = AgentPage {
        shell: Shell::new(
            &visitor,
            Place::Agents,
            format!("Agent {name}"),
            "agents jobs runs schedule config",
            &backlog,
        ),
        link: format!("/dashboard/agents/{}", encoded(name.as_str())),
        name: name.to_string(),
        class,
        word: word.to_owned(),
        verdict: verdict(agent.state, agent.waiting),
        is_paused: agent.state == State::Paused,
        can_pause: is_there && agent.state != State::Disabled,
        is_there,
        scale: agent.scale,
        configured_scale: agent.configured_scale.filter(|configured| *configured != agent.scale),
        executing: agent.executing.len(),
        places: Meter::new(agent.executing.len() as u64, agent.scale.into()),
        waiting: agent.waiting,
        waiting_since: agent
            .oldest_due
            .filter(|due| due.0 < visitor.now)
            .map(|due| When::since(due.0, visitor.now)),
        mailbox: agent.mailbox.map(|mailbox| {
            let meter = Meter::gauge(mailbox.waiting as u64, mailbox.capacity as u64);
            (meter, format!("{} of {}", mailbox.waiting, mailbox.capacity))
        }),
        outcomes: agent
            .outcomes_24h
            .iter()
            .map(|(state, count)| (state.as_str(), state.as_str().replace('_', " "), *count))
            .collect(),
        dead: dead(&agent.jobs),
        triggers: configured.map(triggers).unwrap_or_default(),
        schedule: configured.and_then(|configured| schedule(configured, &visitor)),
        settings: configured.map(settings).unwrap_or_default(),
        params: configured.map(|configured| params(&configured.params)).unwrap_or_default(),
        instructions: configured.map(|configured| configured.instructions.clone()).unwrap_or_default(),
        charts,
        is_day,
        running,
        runs,
    };
    page::answer(&visitor, &page)
}

/// What its state means, in a sentence.
fn verdict(state: State, waiting: u64) -> String {
    let jobs = plural(waiting, "job");
    match state {
        State::Open if waiting == 0 => "It takes work as it comes.".to_owned(),
        State::Open => format!("It takes work as it comes; {jobs} wait for a place."),
        State::Disabled => "It is disabled, for its scale is 0: deliveries do not reach it.".to_owned(),
        State::Paused => {
            format!("It is paused: its work is kept ({jobs} wait), and nothing begins before it is resumed.")
        }
        State::HeldOff => "The machine had no room for its last run; it tries again by itself.".to_owned(),
        State::Draining => "The gate ends: it begins nothing more.".to_owned(),
        State::Removed => "The configuration has it no more; what runs may end.".to_owned(),
        State::Failed => format!(
            "Its actor failed too often and is gone; {jobs} wait for the next configuration or start."
        ),
        State::Unconfigured => {
            format!("No such agent is configured, and {jobs} wait for it: hand them over, or discard them.")
        }
    }
}

fn triggers(configured: &Configured) -> Vec<TriggerLine> {
    let line = |trigger: &crate::api::agents::Trigger| TriggerLine {
        source: trigger.source.clone(),
        clauses: trigger
            .clauses
            .iter()
            .map(|clause| (clause.field.clone(), clause.wanted.join(" or ")))
            .collect(),
    };
    configured.triggers.iter().map(line).collect()
}

fn schedule(configured: &Configured, visitor: &Visitor) -> Option<ScheduleLine> {
    let schedule = configured.schedule.as_ref()?;
    Some(ScheduleLine {
        expression: schedule.expression.clone(),
        zone: schedule.timezone.clone(),
        next: schedule
            .next
            .iter()
            .take(5)
            .map(|at| (super::schedule::local(at.0, &schedule.timezone), When::new(at.0, visitor.now)))
            .collect(),
        catches_up: schedule.catches_up,
    })
}

fn settings(configured: &Configured) -> Vec<(&'static str, String)> {
    let (run, retry) = (&configured.run, &configured.retry);
    let span = |millis| lasted(Duration::from_millis(millis));
    let mut settings = vec![
        ("Command", run.command.join(" ")),
        ("Works in", run.cwd.clone().unwrap_or_else(|| "a folder of its own for each run".to_owned())),
        (
            "Is given",
            if run.env.is_empty() { "no variables of yours".to_owned() } else { run.env.join(", ") },
        ),
        (
            "Timeout",
            format!("{}, then {} between TERM and KILL", span(run.timeout_ms), span(run.kill_grace_ms)),
        ),
        ("Output kept", bytes(run.output_limit)),
        ("Working folders kept", run.keep_work.clone()),
        (
            "Attempts",
            format!(
                "{}, the first pause {}, the longest {}",
                retry.attempts,
                span(retry.backoff_ms),
                span(retry.backoff_max_ms)
            ),
        ),
        ("Jobs that may wait", configured.work_queue_size.to_string()),
    ];
    if retry.retry_timeouts {
        settings.push(("Timeouts", "are tried again".to_owned()));
    }
    settings
}

fn params(params: &serde_json::Value) -> String {
    let is_empty = params.as_object().is_none_or(serde_json::Map::is_empty);
    if is_empty { String::new() } else { serde_json::to_string_pretty(params).unwrap_or_default() }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    action: String,
    #[serde(default)]
    scale: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    to: String,
}

/// `POST /dashboard/agents/{name}`.
pub(super) async fn act(
    operator: Operator,
    name: web::Path<String>,
    act: web::Form<Act>,
    request: HttpRequest,
) -> Result<HttpResponse, Trouble> {
    let name = AgentName::from(name.into_inner());
    let here = format!("/dashboard/agents/{}", encoded(name.as_str()));
    let (named, none) = (Named(name), Params(NoParams {}));
    let (admin, caller) = operator.asks();
    let flash = match act.action.as_str() {
        "pause" => page::told(agents::pause(admin, caller, named, none).await, |_| {
            "Paused: what comes is kept, nothing begins.".to_owned()
        }),
        "resume" => page::told(agents::resume(admin, caller, named, none).await, |_| "Resumed.".to_owned()),
        "scale" | "unscale" => {
            let wrong = || Trouble::Wrong(format!("`{}` is no number of runs", act.scale));
            let typed = given(&act.scale).filter(|_| act.action == "scale");
            let to = typed.map(|to| to.parse().map_err(|_| wrong())).transpose()?;
            page::told(agents::scale(admin, caller, named, none, Body(Scale { to })).await, |changed| {
                let runs = plural(changed.agent.scale.into(), "run");
                let whose = if to.is_none() { ", as its file says" } else { "" };
                format!("{runs} at once from now on{whose}.")
            })
        }
        "run" => {
            let run = Body(NewRun { prompt: given(&act.prompt).map(str::to_owned) });
            match agents::trigger(admin, caller, named, none, request, run).await {
                Ok(web::Json(Triggered { job, .. })) => {
                    let flash = Flash::done(format!("Asked for: this is job {job}."));
                    return Ok(page::went(&format!("/dashboard/jobs/{job}"), &flash));
                }
                refused => page::told(refused, |_| String::new()),
            }
        }
        "discard" => page::told(agents::discard(admin, caller, named, none).await, |moved| {
            format!("{} discarded.", plural(moved.jobs, "job"))
        }),
        "hand-over" => {
            let to = AgentName::from(act.to.trim());
            let text = format!("handed over to {to}");
            page::told(agents::hand_over(admin, caller, named, none, Body(HandOver { to })).await, |moved| {
                format!("{} {text}.", plural(moved.jobs, "job"))
            })
        }
        other => return Err(Trouble::Wrong(format!("`{other}` cannot be done to an agent"))),
    };
    Ok(page::went(&here, &flash))
}
