//! `herdgate runs`.

use clap::{Args, ValueEnum};
use herdgate_actors::{
    domain::{AgentName, ReceiptId},
    store::{AttemptOutcome, RunCursor, RunQuery, RunRow, SqliteReader, Views},
};

use super::{
    outcome::Outcome,
    print::Out,
    project::{Project, read},
};
use crate::views::run_json;

/// How many runs are read at once.
const PAGE: u32 = 1000;
/// So many are counted beyond those that are shown; nobody reads more of a terminal.
const COUNTED: usize = 10_000;

/// List runs: those under way, then the newest.
#[derive(Debug, Args)]
pub(super) struct Runs {
    #[command(flatten)]
    project: Project,
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
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
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
    pub(super) fn run(self) -> Outcome {
        let records = self.project.records()?;
        let store = records.store()?;
        let (runs, more) = self.find(&store)?;
        let mut out = Out::new();
        if self.json {
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
        out.line(HEADER)?;
        for run in &runs {
            out.line(line(run))?;
        }
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
    fn find(&self, store: &SqliteReader) -> miette::Result<(Vec<RunRow>, usize)> {
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
            let enough = runs.len() >= limit && (self.json || more >= COUNTED);
            if !is_full || enough {
                return Ok((runs, more.min(COUNTED)));
            }
        }
    }
}

const HEADER: &str =
    "RUN               AGENT                TRIGGER   OUTCOME        SECONDS  STARTED                   WHY";

fn line(run: &RunRow) -> String {
    let text = format!(
        "{:<17} {:<20} {:<9} {:<12} {:>9}  {:<24}  {}",
        run.run.to_string(),
        run.agent.to_string(),
        run.trigger.as_str(),
        state(run),
        seconds(run),
        run.attempt.started_at.to_string(),
        why(run.attempt.outcome.as_ref())
    );
    text.trim_end().to_owned()
}

fn state(run: &RunRow) -> &'static str {
    run.attempt.outcome.as_ref().map_or("executing", |outcome| outcome.as_str())
}

/// How long it ran. Nobody knows when an interrupted run ended: its gate was not there to see it.
fn seconds(run: &RunRow) -> String {
    match (run.attempt.finished_at, &run.attempt.outcome) {
        (None, _) | (_, Some(AttemptOutcome::Interrupted)) => "-".to_owned(),
        (Some(end), _) => format!("{:.3}", end.since(run.attempt.started_at).as_secs_f64()),
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
