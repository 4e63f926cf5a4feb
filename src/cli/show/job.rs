//! A job: where it stands, and its attempts.

use crate::{
    api::{
        history::JobDetail,
        jobs::{Job, State},
    },
    cli::{
        palette::Tone,
        print::Out,
        runs,
        times::Times,
        words::{cause, count, why_job, why_run},
    },
};

pub(super) fn show(detail: &JobDetail, (times, wide): (Times, bool), out: &mut Out) -> miette::Result<()> {
    let job = &detail.job;
    out.toned(Tone::Heading, &answer(detail, times))?;
    out.line("")?;
    about(job, times, out)?;
    out.pair("made", &times.full(job.created_at.0))?;
    out.line("")?;
    if detail.attempts.is_empty() {
        return out.line("it has not run yet");
    }
    out.table(&runs::table(&detail.attempts, times), wide)
}

/// Whose it is, and why it exists.
pub(super) fn about(job: &Job, times: Times, out: &mut Out) -> miette::Result<()> {
    out.pair("job", &job.id.to_string())?;
    out.pair("agent", job.agent.as_str())?;
    out.pair("state", job.state.as_str())?;
    out.pair("by", &cause(&job.trigger))?;
    if let Some(key) = &job.key {
        out.pair("key", key)?;
    }
    if let Some(by) = job.stand_in {
        out.pair("stands for it", &by.to_string())?;
    }
    if let Some(receipt) = job.receipt {
        out.pair("receipt", &receipt.to_string())?;
    }
    if matches!(job.state, State::Scheduled | State::Retryable | State::Available) {
        out.pair("due", &times.full(job.due_at.0))?;
    }
    Ok(())
}

fn answer(JobDetail { job, attempts }: &JobDetail, times: Times) -> String {
    let agent = &job.agent;
    let tries = count(u64::from(job.attempts), "attempt");
    let last = attempts.last().map(|run| {
        let why = why_run(run);
        if why.is_empty() { run.state.as_str().to_owned() } else { format!("{}, {why}", run.state.as_str()) }
    });
    let after = last.map(|last| format!(" The last run: {last}.")).unwrap_or_default();
    match job.state {
        State::Available => {
            format!("It waits for a free place of {agent}, since {}.{after}", times.full(job.due_at.0))
        }
        State::Scheduled => format!("It waits for its time: {}.{after}", times.full(job.due_at.0)),
        State::Retryable => {
            format!("It failed and is tried again {}, after {tries}.{after}", times.full(job.due_at.0))
        }
        State::Held => {
            format!("It is held back, by {}.{after}", job.held_by.as_deref().unwrap_or("nobody knows what"))
        }
        State::Executing if job.stand_in.is_some() => {
            format!("{agent} works on it, and is being stopped: another job of its key stands for it.")
        }
        State::Executing => format!("{agent} works on it; `herdgate logs {} -f` follows.", job.id),
        State::Completed => format!("{agent} completed it after {tries}."),
        State::Discarded => {
            format!(
                "It is a dead letter: {}.{after} `herdgate replay {}` runs it again.",
                why_job(job),
                job.id
            )
        }
        State::Cancelled if job.reason.is_some() => format!("It is over: {}.{after}", why_job(job)),
        State::Cancelled => format!("Somebody ended it after {tries}.{after}"),
    }
}
