//! `herdgate jobs`.

use clap::{Args, Subcommand};
use herdgate_actors::domain::{AgentName, ReceiptId, SourceName};

use super::{
    gate::Gate,
    globals::{Globals, View},
    lists::{Rows, Window, one_of},
    outcome::Outcome,
    print::Out,
    stranded,
    table::{Cell, Column, Table},
    times::Times,
    words::{cause, job_tone, why_job},
};
use crate::api::jobs::{Job, JobsFilter, State};

/// List jobs, the newest first: what waits, runs, ended, and why.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Jobs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    filter: Filter,
    /// Only in this state: `available`, `scheduled`, `executing`, `held`, `retryable`, `completed`,
    /// `discarded` or `cancelled`.
    #[arg(long, value_parser = one_of::<State>)]
    state: Option<State>,
    #[command(flatten)]
    view: View,
}

/// What is done with jobs that nobody runs.
#[derive(Debug, Subcommand)]
enum Action {
    /// Give the waiting jobs of an agent that is configured no more to another.
    HandOver(stranded::Give),
    /// Make dead letters of the waiting jobs of an agent that is configured no more.
    Discard(stranded::Discard),
}

/// Which jobs, whatever their state.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Only of this agent.
    #[arg(long)]
    pub(super) agent: Option<String>,
    /// Only dead letters for this reason, like `attempts_used_up`.
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Only caused by deliveries to this source.
    #[arg(long)]
    pub(super) source: Option<String>,
    /// Only caused by this event.
    #[arg(long)]
    pub(super) event: Option<String>,
    /// Only caused by this repository.
    #[arg(long)]
    pub(super) repo: Option<String>,
    /// Only caused by this receipt.
    #[arg(long)]
    pub(super) receipt: Option<ReceiptId>,
    #[command(flatten)]
    pub(super) window: Window,
}

impl Filter {
    /// Reads the jobs that match, the newest first.
    pub(super) fn find(&self, gate: &Gate, state: Option<State>) -> miette::Result<Rows<Job>> {
        let filter = JobsFilter {
            agent: self.agent.as_deref().map(AgentName::from),
            state,
            reason: self.reason.clone(),
            source: self.source.as_deref().map(SourceName::from),
            event: self.event.clone(),
            repo: self.repo.clone(),
            receipt: self.receipt,
        };
        Rows::read(gate, &self.window, filter, async |api, query| api.jobs(query).await)
    }
}

impl Jobs {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        match &self.action {
            Some(Action::HandOver(give)) => return give.run(globals),
            Some(Action::Discard(discard)) => return discard.run(globals),
            None => {}
        }
        let found = self.filter.find(&Gate::of(globals)?, self.state)?;
        let mut out = Out::new();
        if globals.json {
            out.each(&found.rows)?;
            return out.success();
        }
        if found.rows.is_empty() {
            out.line("no jobs")?;
            return out.success();
        }
        out.table(&table(&found.rows, Times::new(self.view)), self.view.wide)?;
        found.tell_more(&mut out)?;
        out.success()
    }
}

/// The jobs as they are listed.
pub(super) fn table(jobs: &[Job], times: Times) -> Table {
    let mut table = Table::new([
        Column::new("JOB"),
        Column::new("AGENT").least(8),
        Column::new("STATE"),
        Column::new("TRIES").right().rank(2),
        Column::new("DUE"),
        Column::new("MADE").rank(0),
        Column::new("BY").least(6).rank(1),
        Column::new("WHY").least(12).rank(3),
    ]);
    for job in jobs {
        table.row([
            job.id.to_string().into(),
            job.agent.to_string().into(),
            Cell::toned(job.state.as_str(), job_tone(job.state)),
            job.attempts.to_string().into(),
            times.short(job.due_at.0).into(),
            times.short(job.created_at.0).into(),
            cause(&job.trigger).into(),
            why_job(job).into(),
        ]);
    }
    table
}
