//! `herdgate runs`.

use clap::{Args, ValueEnum};
use herdgate_actors::{
    domain::{AgentName, ReceiptId},
    store::{AttemptOutcome, RunCursor, RunQuery, RunRow, SqliteReader, Views},
};

use super::{
    globals::{Globals, View},
    outcome::Outcome,
    palette::Tone,
    print::Out,
    project::read,
    table::{Cell, Column, Table},
    times::{Times, span},
};
use crate::views::run_json;

/// How many runs are read at once.
const PAGE: u32 = 1000;
/// So many are counted beyond those that are shown; nobody reads more of a terminal.
const COUNTED: usize = 10_000;

/// List runs: those under way, then the newest.
#[derive(Debug, Args)]
pub(super) struct Runs {
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only caused by this receipt.
    #[arg(long)]
    receipt: Option<ReceiptId>,
    /// Only those under way, or that ended so; several with commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    state: Vec<State>,
    /// At most this many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    view: View,
}

/// Where a run stands, in the words of the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum State {
    /// Under way.
    Executing,
    /// Exit 0.
    Completed,
    /// Another exit code.
    Failed,
    /// Ended by somebody else's signal.
    Killed,
    /// Took longer than its timeout.
    TimedOut,
    /// Asked for another try.
    TryAgain,
    /// The gate ended it, or died.
    Interrupted,
    /// Could not be started.
    NotStarted,
}

impl State {
    fn holds(self, run: &RunRow) -> bool {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned());
        name.as_deref() == Some(state(run))
    }
}

impl Runs {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let records = globals.project().records()?;
        let store = records.store()?;
        let (runs, more) = self.find(&store, globals.json)?;
        let mut out = Out::new();
        if globals.json {
            for run in &runs {
                out.json(&run_json(run))?;
            }
            return out.success();
        }
        if runs.is_empty() {
            let unknown = self.agent.as_deref().and_then(|name| records.unknown_agent(name));
            out.line(unknown.as_deref().unwrap_or("no runs"))?;
            return out.success();
        }
        out.table(&table(&runs, Times::new(self.view)), self.view.wide)?;
        if more > 0 {
            let count = if more < COUNTED { more.to_string() } else { format!("{COUNTED} or more") };
            out.line(format!("… and {count} more: `--limit {}` shows them", runs.len() + more))?;
        }
        out.success()
    }

    fn wants(&self, run: &RunRow) -> bool {
        self.state.is_empty() || self.state.iter().any(|state| state.holds(run))
    }

    /// Runs in the order of the store: those under way, then the latest start first. The second number
    /// tells how many are left over.
    fn find(&self, store: &SqliteReader, all: bool) -> miette::Result<(Vec<RunRow>, usize)> {
        let (limit, mut runs, mut more, mut after) = (self.limit as usize, Vec::new(), 0, None);
        loop {
            let query = RunQuery {
                agent: self.agent.as_deref().map(AgentName::from),
                receipt: self.receipt,
                limit: PAGE,
                after,
                ..RunQuery::default()
            };
            let page = read(store.runs(query))?;
            let is_full = page.len() == PAGE as usize;
            after = page.last().map(RunCursor::from);
            for run in page.into_iter().filter(|run| self.wants(run)) {
                if runs.len() < limit {
                    runs.push(run);
                } else {
                    more += 1;
                }
            }
            let enough = runs.len() >= limit && (all || more >= COUNTED);
            if !is_full || enough {
                return Ok((runs, more.min(COUNTED)));
            }
        }
    }
}

/// The runs as they are listed.
fn table(runs: &[RunRow], times: Times) -> Table {
    let mut table = Table::new([
        Column::new("RUN"),
        Column::new("AGENT").least(8),
        Column::new("STATE"),
        Column::new("TOOK").right(),
        Column::new("STARTED"),
        Column::new("BY").rank(1),
        Column::new("WHY").least(12).rank(2),
    ]);
    for run in runs {
        table.row([
            run.run.to_string().into(),
            run.agent.to_string().into(),
            Cell::toned(state(run), tone(run.attempt.outcome.as_ref())),
            took(run).into(),
            times.short(run.attempt.started_at).into(),
            run.trigger.as_str().into(),
            why(run.attempt.outcome.as_ref()).into(),
        ]);
    }
    table
}

fn state(run: &RunRow) -> &'static str {
    run.attempt.outcome.as_ref().map_or("executing", |outcome| outcome.as_str())
}

fn tone(outcome: Option<&AttemptOutcome>) -> Tone {
    match outcome {
        None => Tone::Busy,
        Some(AttemptOutcome::Completed) => Tone::Good,
        Some(AttemptOutcome::Snooze | AttemptOutcome::Interrupted) => Tone::Waiting,
        Some(_) => Tone::Bad,
    }
}

/// How long it ran. Nobody knows when an interrupted run ended: its gate was not there to see it.
fn took(run: &RunRow) -> String {
    match (run.attempt.finished_at, &run.attempt.outcome) {
        (None, _) | (_, Some(AttemptOutcome::Interrupted)) => "-".to_owned(),
        (Some(end), _) => span(end.since(run.attempt.started_at)),
    }
}

/// What its outcome alone does not say.
pub(super) fn why(outcome: Option<&AttemptOutcome>) -> String {
    match outcome {
        Some(AttemptOutcome::Failed { code }) => format!("exit {code}"),
        Some(AttemptOutcome::Killed { signal }) => format!("signal {signal}"),
        Some(AttemptOutcome::NotStarted { error }) => error.lines().next().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}
