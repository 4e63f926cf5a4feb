//! A run: how it ended.

use crate::{
    api::{history::RunDetail, reports::Report, runs::State},
    cli::{
        palette::Tone,
        print::Out,
        runs::{self, took},
        times::Times,
        words::{run_tone, spelled, why_run},
    },
};

pub(super) fn show(detail: &RunDetail, times: Times, out: &mut Out) -> miette::Result<()> {
    let run = &detail.run;
    out.toned(run_tone(run.state), &answer(detail, times))?;
    out.line("")?;
    out.pair("run", &run.id.to_string())?;
    super::job::about(&detail.job, times, out)?;
    out.pair("started", &times.full(run.started_at.0))?;
    if let Some(end) = run.finished_at {
        out.pair("ended", &times.full(end.0))?;
    }
    if let Some(report) = &run.report {
        show_report(report, out)?;
    }
    match detail.log_bytes {
        Some(bytes) => out.pair("log", &format!("{bytes} bytes; `herdgate logs {}`", run.id))?,
        None => out.pair("log", "its files are gone")?,
    }
    if detail.attempts.len() > 1 {
        out.line("")?;
        out.table(&runs::table(&detail.attempts, times), false)?;
    }
    if let Some(prompt) = &detail.prompt {
        out.toned(Tone::Heading, "\nwhat it was told")?;
        out.line(prompt.trim_end())?;
    }
    Ok(())
}

/// What it told of itself. Each is its own word, and may be missing.
fn show_report(report: &Report, out: &mut Out) -> miette::Result<()> {
    let mut pair = |name, value: Option<String>| value.map_or(Ok(()), |value| out.pair(name, &value));
    pair("said", report.summary.clone())?;
    pair("session", report.session.clone())?;
    pair("model", report.model.clone())?;
    pair("turns", report.turns.map(|turns| turns.to_string()))?;
    pair("tokens", report.tokens.map(|tokens| tokens.to_string()))?;
    pair("cost", report.cost_in_words())?;
    pair("denied", Some(report.denied.join(", ")).filter(|denied| !denied.is_empty()))?;
    report.links.iter().try_for_each(|link| pair("link", Some(link.clone())))
}

fn answer(detail: &RunDetail, times: Times) -> String {
    let run = &detail.run;
    let (agent, took, why) = (&run.agent, took(run, times), why_run(run));
    match run.state {
        State::Executing => {
            let phase = detail.phase.map(|phase| format!(", {}", spelled(phase))).unwrap_or_default();
            format!("{agent} has been at it for {took}{phase}.")
        }
        State::Completed => format!("{agent} completed it in {took}."),
        State::Failed => format!("{agent} failed after {took}: {why}."),
        State::NotDone => format!("{agent} ended after {took}, and its work is not done: {why}."),
        State::GaveUp => {
            format!("{agent} gave up after {took}: {why}. Another attempt would meet the same.")
        }
        State::Stalled => {
            format!("{agent} printed nothing for its `stall_timeout` and was ended after {took}.")
        }
        State::RateLimited => {
            let until = if why.is_empty() { String::new() } else { format!(" {why}") };
            format!("The service of {agent}'s model takes no more{until}; that counts for no attempt.")
        }
        State::Killed => format!("{agent} was killed after {took}, by somebody else than the gate: {why}."),
        State::TimedOut => format!("{agent} took longer than its timeout, {took}."),
        State::TryAgain => format!("{agent} asked for another try after {took}."),
        State::Interrupted => format!("The gate ended it, or ended itself; {agent} gets another try."),
        State::NotStarted => format!("It could not be started: {why}."),
    }
}
