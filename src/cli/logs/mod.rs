//! `herdgate logs`.
//!
//! - `follow`: prints a log as it grows.

mod follow;

use std::{io::IsTerminal, process::ExitCode};

use clap::Args;
use herdgate_actors::domain::RunId;
use serde_json::json;

use super::{
    gate::Gate,
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, report},
    print::note,
    words::{exit_code, why_run},
};
use crate::{
    api::{
        history::JobDetail,
        jobs::Job,
        runs::{Run, State},
    },
    client::Record,
};
pub(super) use follow::Printer;

/// Print the output of a run.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The run, or a job or receipt, which stand for their last run.
    run: AnyId,
    /// Go on until the run ends, and say how it did.
    #[arg(long, short)]
    follow: bool,
    /// End with the exit code of the run.
    #[arg(long)]
    exit_status: bool,
    /// Print the bytes as they are, also on a terminal, where otherwise control sequences are shown
    /// and only colours take effect.
    #[arg(long)]
    raw: bool,
}

impl Logs {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let run = which(&gate, self.run)?;
        let mut printer = Printer::new(run, std::io::stdout().is_terminal() && !self.raw);
        let ended = if self.follow { printer.follow(&gate)? } else { printer.all(&gate)? };
        if globals.json {
            // The output goes to standard output, what is known of the run beside it.
            note(&json!(ended).to_string());
        } else if self.follow || ended.state == State::NotStarted {
            tell_end(&ended);
        }
        Ok(if self.exit_status { ExitCode::from(exit_code(&ended)) } else { ExitCode::SUCCESS })
    }
}

/// Says beside the output how a run ended.
pub(super) fn tell_end(run: &Run) {
    let why = why_run(run);
    if run.state == State::NotStarted {
        return note(&format!("run {} could not be started: {why}", run.id));
    }
    let why = if why.is_empty() { why } else { format!(", {why}") };
    note(&format!("run {} has ended: {}{why}", run.id, run.state.as_str()));
}

/// The run that an id stands for.
fn which(gate: &Gate, id: AnyId) -> miette::Result<RunId> {
    match id {
        AnyId::Run(run) => Ok(run),
        AnyId::Record(receipt, job) => match gate.ask(|api| api.record(receipt, job))? {
            Record::Job(job) => last_of(&job),
            Record::Delivery(delivery) => match &delivery.jobs[..] {
                [] => Err(report(format!(
                    "receipt {receipt} caused no job\nhelp: `herdgate show {receipt}` says why"
                ))),
                [job] => last_of(&gate.ask(|api| api.job(job.id))?),
                jobs => Err(several(receipt, jobs)),
            },
        },
    }
}

fn several(receipt: impl std::fmt::Display, jobs: &[Job]) -> miette::Report {
    let jobs: Vec<_> = jobs.iter().map(|job| format!("{} of {}", job.id, job.agent)).collect();
    report(format!("receipt {receipt} caused several jobs, name one: {}", jobs.join(", ")))
}

fn last_of(JobDetail { job, attempts }: &JobDetail) -> miette::Result<RunId> {
    let last = attempts.last().map(|run| run.id);
    last.ok_or_else(|| report(format!("job {} has not run yet, it is {}", job.id, job.state.as_str())))
}
