//! The log line of each fact: its level, its words, its plain fields.
//!
//! Spans of time are numbers of milliseconds, ids and times their usual text. `left_out` is there
//! where a line also speaks for earlier facts that got none.

use tracing::{error, field::display, info, warn};

use super::{Answered, BulkProgress, Event, OperatorChange, RunEnded};
use crate::domain::{AgentName, SourceName, TraceParent};

/// Everything that is logged has one target, so that a filter needs to know no module.
macro_rules! say {
    ($level:ident, $($rest:tt)+) => { $level!(target: "herdgate", $($rest)+) };
}

/// Writes the line of a fact.
pub(super) fn line(event: &Event, left_out: Option<u64>) {
    match event {
        Event::DeliveryTaken { .. }
        | Event::DeliveryRefused { .. }
        | Event::DeliveryUnparsable { .. }
        | Event::DeliveryUnavailable { .. }
        | Event::DeliveryQuarantined { .. }
        | Event::RoutingRetried { .. } => delivery(event, left_out),
        Event::RunStarted { .. }
        | Event::RunEnded(_)
        | Event::RunNotStarted { .. }
        | Event::Rescued { .. }
        | Event::FilesLeft { .. }
        | Event::OutputLost { .. }
        | Event::ReaperReplaced { .. }
        | Event::ReaperMissing { .. } => run(event, left_out),
        Event::JobHeld { .. }
        | Event::JobDiscarded { .. }
        | Event::JobCancelled { .. }
        | Event::JobRetried { .. }
        | Event::UnconfiguredJobs { .. }
        | Event::ScheduleFired { .. }
        | Event::ScheduleCoalesced { .. }
        | Event::TicksMissed { .. } => job(event, left_out),
        Event::AgentChanged { .. }
        | Event::OperatorChanged(_)
        | Event::KeyRefused { .. }
        | Event::BulkMoved(_) => operator(event, left_out),
        _ => gate(event, left_out),
    }
}

fn operator(event: &Event, left_out: Option<u64>) {
    match event {
        Event::AgentChanged { agent, change } => {
            say!(info, agent = agent.as_str(), change, "an agent changed");
        }
        Event::OperatorChanged(OperatorChange { by, from, action, subject, problem }) => {
            let (from, subject) = (from.as_deref(), subject.as_deref());
            match problem {
                None => say!(info, by, from, action, subject, "an operator changed something"),
                Some(problem) => {
                    say!(info, by, from, action, subject, problem, "an operator could not change something");
                }
            }
        }
        Event::KeyRefused { from } => say!(warn, from, left_out, "refused a call with a wrong key"),
        Event::BulkMoved(BulkProgress { bulk, state, done, total }) => {
            say!(info, %bulk, state, done, total, left_out, "a bulk action");
        }
        _ => {}
    }
}

fn delivery(event: &Event, left_out: Option<u64>) {
    match event {
        Event::DeliveryTaken { receipt, event, matched, skipped, duplicate, answered } => {
            let Said { delivery_id, r#type, source, bytes, took_ms, trace_id } = Said::of(answered);
            let event = event.as_deref();
            say!(info, %receipt, delivery_id, r#type, source, event, matched, skipped, duplicate, bytes, took_ms, trace_id, left_out, "took a delivery");
        }
        Event::DeliveryRefused { provider, source, reason } => {
            let (r#type, reason) = (provider.as_str(), reason.as_str());
            let source = source.as_ref().map(SourceName::as_str);
            say!(warn, r#type, source, reason, left_out, "refused a delivery");
        }
        Event::DeliveryUnparsable { receipt, reason, answered } => {
            let Said { delivery_id, r#type, source, bytes, took_ms, trace_id } = Said::of(answered);
            let reason = &**reason;
            say!(warn, %receipt, delivery_id, r#type, source, reason, bytes, took_ms, trace_id, left_out, "could not parse a delivery");
        }
        Event::DeliveryUnavailable { answered } => {
            let Said { delivery_id, r#type, source, bytes, took_ms, trace_id } = Said::of(answered);
            say!(
                warn,
                delivery_id,
                r#type,
                source,
                bytes,
                took_ms,
                trace_id,
                left_out,
                "could not store a delivery: answered 503"
            );
        }
        Event::DeliveryQuarantined { receipt, reason, detail } => {
            say!(error, %receipt, reason, detail, "a delivery is quarantined: it is routed no more");
        }
        Event::RoutingRetried { receipt, routings } => {
            say!(info, %receipt, routings, left_out, "routing a receipt again");
        }
        _ => {}
    }
}

/// The fields of what was answered.
struct Said<'a> {
    delivery_id: Option<&'a str>,
    r#type: &'static str,
    source: &'a str,
    bytes: usize,
    took_ms: f64,
    trace_id: Option<String>,
}

impl<'a> Said<'a> {
    fn of(answered: &'a Answered) -> Self {
        Self {
            delivery_id: answered.delivery_id.as_deref(),
            r#type: answered.provider.as_str(),
            source: answered.source.as_str(),
            bytes: answered.bytes,
            took_ms: answered.took_ms.as_f64(),
            trace_id: trace_id(answered.trace.map(|trace| trace.context)),
        }
    }
}

fn run(event: &Event, left_out: Option<u64>) {
    match event {
        Event::RunStarted { run, agent, trigger, receipt, waited_ms, trace } => {
            let (agent, receipt, waited_ms) = (agent.as_str(), receipt.map(display), waited_ms.as_f64());
            let trace_id = trace_id(*trace);
            say!(info, %run, agent, trigger, receipt, waited_ms, trace_id, left_out, "run started");
        }
        Event::RunEnded(RunEnded { run, agent, outcome: "completed", took_ms, trace, .. }) => {
            let (agent, took_ms, trace_id) = (agent.as_str(), took_ms.as_f64(), trace_id(*trace));
            say!(info, %run, agent, outcome = "completed", took_ms, trace_id, left_out, "run ended");
        }
        Event::RunEnded(RunEnded { run, agent, outcome, detail, then, took_ms, trace, .. }) => {
            let (agent, took_ms, detail) = (agent.as_str(), took_ms.as_f64(), detail.as_deref());
            let trace_id = trace_id(*trace);
            say!(warn, %run, agent, outcome, detail, then, took_ms, trace_id, left_out, "run ended");
        }
        Event::RunNotStarted { agent, run, cause, detail, again_in_ms } => {
            let (agent, again_in_ms) = (agent.as_str(), again_in_ms.as_f64());
            say!(warn, %run, agent, cause, detail, again_in_ms, left_out, "a run could not begin; its job waits on");
        }
        Event::Rescued { run, agent, then, earlier_life } => {
            let agent = agent.as_str();
            if *earlier_life {
                say!(warn, %run, agent, then, "a run was interrupted");
            } else {
                say!(warn, %run, agent, then, "a run was lost");
            }
        }
        Event::FilesLeft { run, error } => {
            say!(warn, %run, error, left_out, "could not remove the files of a run");
        }
        Event::OutputLost { log, error } => {
            say!(warn, log, error, left_out, "a run's output is lost from here on");
        }
        Event::ReaperReplaced { pid } => {
            say!(warn, pid, left_out, "the reaper of runs died and was replaced");
        }
        Event::ReaperMissing { error } => {
            say!(error, error, left_out, "the reaper of runs died and cannot be replaced; trying again");
        }
        _ => {}
    }
}

fn job(event: &Event, left_out: Option<u64>) {
    match event {
        Event::JobHeld { job, agent, by } => {
            say!(info, %job, agent = agent.as_str(), by, left_out, "a job is held");
        }
        Event::JobDiscarded { job, agent, reason } => {
            say!(warn, %job, agent = agent.as_str(), reason, left_out, "a job is a dead letter");
        }
        Event::JobCancelled { job, agent } => {
            say!(info, %job, agent = agent.as_str(), "a job was cancelled");
        }
        Event::JobRetried { job, agent } => {
            say!(info, %job, agent = agent.as_str(), "a job is tried once more");
        }
        Event::UnconfiguredJobs { agent, jobs, oldest } => {
            let (agent, oldest) = (agent.as_str(), oldest.map(display));
            say!(warn, agent, jobs, oldest, "jobs wait for an agent that is not configured, or disabled");
        }
        Event::ScheduleFired { agent, due, job, late_ms } => {
            let (agent, late_ms) = (agent.as_str(), late_ms.as_f64());
            say!(info, agent, %due, %job, late_ms, left_out, "schedule fired");
        }
        Event::ScheduleCoalesced { agent, due } => {
            let agent = agent.as_str();
            say!(info, agent, %due, left_out, "schedule fired while its last job still waits");
        }
        Event::TicksMissed { agent, missed, first, made_up_for } => {
            say!(warn, agent = agent.as_str(), missed, %first, made_up_for, "a schedule missed times");
        }
        _ => {}
    }
}

fn gate(event: &Event, left_out: Option<u64>) {
    match event {
        Event::ClockWentBack { by_ms } => {
            say!(warn, by_ms = by_ms.as_f64(), "the clock went back");
        }
        Event::ClockLeapt { by_ms } => {
            say!(warn, by_ms = by_ms.as_f64(), "the clock leapt ahead, or the machine slept");
        }
        Event::ActorPanicked { actor, name, message } => {
            say!(
                error,
                actor,
                name = &**name,
                panic = message,
                left_out,
                "a message brought its actor down; the actor goes on"
            );
        }
        Event::ActorRestarted { actor, name, why, after_ms } => {
            let after_ms = after_ms.as_f64();
            say!(error, actor, name = &**name, why, after_ms, left_out, "an actor restarts");
        }
        Event::ActorGivenUp { actor, name, why } => {
            say!(error, actor, name = &**name, why, "an actor failed too often and is given up");
        }
        Event::TopologyApplied { revision, added, removed, changed, differences } => {
            let (added, removed, changed) = (names(added), names(removed), names(changed));
            say!(info, revision, added, removed, changed, differences, "a configuration is in force");
        }
        Event::ReloadFailed { problems, first } => {
            say!(warn, problems, first, "the new configuration is not taken; the one before stays in force");
        }
        Event::RefusalEnded { revision } => {
            say!(info, revision, "the configuration is right again");
        }
        Event::StoreRefused { wanted, error } => {
            say!(warn, wanted, error, left_out, "the store refused");
        }
        Event::StoreState { writable: true, .. } => say!(info, left_out, "the store takes writes again"),
        Event::StoreState { why, .. } => {
            say!(
                warn,
                why = why.as_deref(),
                left_out,
                "the store takes no writes: deliveries are answered 503"
            );
        }
        Event::Pruned { receipts, runs, took_ms } => {
            say!(info, receipts, runs, took_ms = took_ms.as_f64(), "pruned the history");
        }
        Event::Ready { public, admin, version, project, data, agents, urls } => {
            let urls = urls.join(" ");
            say!(info, version, project, data, agents, urls, %public, %admin, "ready");
        }
        Event::CannotStart { problem, file, line, help } => {
            let (file, help) = (file.as_deref(), help.as_deref());
            say!(error, file, line, help, "{problem}");
        }
        Event::Draining { runs, grace_ms } => {
            say!(info, runs, grace_ms = grace_ms.as_f64(), "draining");
        }
        Event::RunsStopped { runs, killed: false } => {
            say!(warn, runs, "stopping runs; they will be tried again");
        }
        Event::RunsStopped { runs, .. } => say!(warn, runs, "hurrying: killing what runs"),
        Event::Stopped => say!(info, "stopped"),
        Event::Panicked { place, message } => say!(error, place, message, left_out, "panic"),
        Event::Warned { about, detail } => say!(warn, about, left_out, "{detail}"),
        // Whoever adds a fact and forgets its words still finds it in the log.
        other => {
            let fact = serde_json::to_string(other).unwrap_or_default();
            say!(info, fact, left_out, "a fact without words of its own");
        }
    }
}

/// By which a trace is looked up.
fn trace_id(trace: Option<TraceParent>) -> Option<String> {
    trace.map(|trace| format!("{:032x}", trace.trace()))
}

fn names(agents: &[AgentName]) -> String {
    agents.iter().map(AgentName::as_str).collect::<Vec<_>>().join(" ")
}
