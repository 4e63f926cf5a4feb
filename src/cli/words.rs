//! States and reasons of the API, as people read them, each in one place.

use super::palette::Tone;
use crate::api::{
    agents, deliveries,
    jobs::{self, Job, Trigger},
    reports::Spent,
    runs::{self, Run},
    verdict::{Actual, Clause},
};

/// `1 job`, `2 jobs`.
pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

pub(super) fn run_tone(state: runs::State) -> Tone {
    match state {
        runs::State::Executing => Tone::Busy,
        runs::State::Completed => Tone::Good,
        failure if failure.is_failure() => Tone::Bad,
        // It is tried again, and nothing went wrong.
        _ => Tone::Waiting,
    }
}

pub(super) fn job_tone(state: jobs::State) -> Tone {
    match state {
        jobs::State::Executing => Tone::Busy,
        jobs::State::Completed => Tone::Good,
        jobs::State::Discarded => Tone::Bad,
        jobs::State::Cancelled => Tone::Faint,
        jobs::State::Available | jobs::State::Scheduled | jobs::State::Held | jobs::State::Retryable => {
            Tone::Waiting
        }
    }
}

pub(super) fn outcome_tone(outcome: deliveries::Outcome) -> Tone {
    use deliveries::Outcome as O;
    match outcome {
        O::Matched => Tone::Good,
        O::Unmatched | O::Duplicate => Tone::Faint,
        O::Unrouted | O::Gapped => Tone::Waiting,
        O::Unparsable | O::Quarantined => Tone::Bad,
    }
}

pub(super) fn agent_tone(state: agents::State) -> Tone {
    match state {
        agents::State::Open => Tone::Good,
        agents::State::Disabled => Tone::Faint,
        agents::State::Failed | agents::State::Unconfigured => Tone::Bad,
        _ => Tone::Waiting,
    }
}

/// A value of the API in its own spelling.
pub(super) fn spelled(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// How a run ended, beside its state.
pub(super) fn why_run(run: &Run) -> String {
    match (run.exit_code, run.signal, &run.detail) {
        (Some(code), ..) => format!("exit {code}"),
        (None, Some(signal), _) => format!("signal {signal}"),
        (None, None, Some(detail)) => detail.lines().next().unwrap_or_default().to_owned(),
        (None, None, None) => String::new(),
    }
}

/// What runs told that they spent.
pub(super) fn spent(spent: &Spent) -> String {
    let usd = format!("${:.2}", spent.usd.as_dollars());
    match spent.unpriced_runs {
        0 => usd,
        unknown => format!("{usd}, {} unknown", count(unknown, "run")),
    }
}

/// Why a job waits or ended so, beside its state.
pub(super) fn why_job(job: &Job) -> String {
    match (&job.reason, &job.held_by) {
        (Some(reason), _) => match job.stand_in {
            Some(by) => format!("{}: {by}", reason.detail),
            None => reason.detail.clone(),
        },
        (None, Some(by)) => format!("held by {by}"),
        (None, None) => String::new(),
    }
}

/// What caused a job.
pub(super) fn cause(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Webhook { source, .. } => source.to_string(),
        other => other.as_str().to_owned(),
    }
}

/// A clause that says no.
pub(super) fn clause(clause: &Clause) -> String {
    let wanted = clause.wanted.join(" or ");
    match &clause.actual {
        Actual::Absent => format!("{} should be {wanted}, and there is none", clause.field),
        Actual::One(value) => format!("{} should be {wanted}, was {value}", clause.field),
        Actual::Many(values) if values.is_empty() => {
            format!("{} should be {wanted}, and there is none", clause.field)
        }
        Actual::Many(values) => format!("{} should be {wanted}, was {}", clause.field, values.join(", ")),
    }
}

/// The exit code of a program that stands for a run: its own, or as shells have it.
pub(super) fn exit_code(run: &Run) -> u8 {
    const FAILURE: u8 = 1;
    let code = match (run.state, run.exit_code, run.signal) {
        (runs::State::Completed, ..) => return 0,
        (runs::State::TryAgain, ..) => 75,
        (runs::State::TimedOut, ..) => 124,
        (_, Some(code), _) => code,
        (_, None, Some(signal)) => 128 + signal,
        _ => return FAILURE,
    };
    u8::try_from(code).ok().filter(|code| *code != 0).unwrap_or(FAILURE)
}
