//! `herdgate runs`.

use clap::Args;
use herdgate_actors::domain::{AgentName, ReceiptId, SourceName};

use super::{
    gate::Gate,
    globals::{Globals, View},
    lists::{Rows, Window, one_of},
    outcome::Outcome,
    print::Out,
    table::{Cell, Column, Table},
    times::{Times, span},
    words::{cause, run_tone, why_run},
};
use crate::api::runs::{Run, RunsFilter, State};

/// List runs: those under way, then the newest.
#[derive(Debug, Args)]
pub(super) struct Runs {
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only those under way, or that ended so: `executing`, `completed`, `failed`, `not_done`,
    /// `gave_up`, `stalled`, `rate_limited`, `killed`, `timed_out`, `try_again`, `interrupted` or
    /// `not_started`; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = one_of::<State>)]
    state: Vec<State>,
    /// Only caused by deliveries to this source.
    #[arg(long)]
    source: Option<String>,
    /// Only caused by this receipt.
    #[arg(long)]
    receipt: Option<ReceiptId>,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    view: View,
}

impl Runs {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let found = self.find(&gate)?;
        let mut out = Out::new();
        if globals.json {
            out.each(&found.rows)?;
            return out.success();
        }
        if found.rows.is_empty() {
            out.line("no runs")?;
            return out.success();
        }
        out.table(&table(&found.rows, Times::new(self.view)), self.view.wide)?;
        found.tell_more(&mut out)?;
        out.success()
    }

    /// The API takes one state; where several are wanted each is asked for, in the order of the list.
    fn find(&self, gate: &Gate) -> miette::Result<Rows<Run>> {
        let states: Vec<_> = match &self.state[..] {
            [] => vec![None],
            states => states.iter().copied().map(Some).collect(),
        };
        let mut all: Option<Rows<Run>> = None;
        for state in states {
            let filter = RunsFilter {
                agent: self.agent.as_deref().map(AgentName::from),
                state,
                source: self.source.as_deref().map(SourceName::from),
                receipt: self.receipt,
            };
            let found = Rows::read(gate, &self.window, filter, async |api, query| api.runs(query).await)?;
            all = Some(match all {
                None => found,
                Some(all) => all.and(found),
            });
        }
        let mut all = all.unwrap_or_default();
        all.rows.sort_by_key(|run| (run.state != State::Executing, std::cmp::Reverse(run.started_at)));
        all.keep(self.window.limit);
        Ok(all)
    }
}

/// The runs as they are listed.
pub(super) fn table(runs: &[Run], times: Times) -> Table {
    let mut table = Table::new([
        Column::new("RUN"),
        Column::new("AGENT").least(8),
        Column::new("STATE"),
        Column::new("TOOK").right(),
        Column::new("STARTED"),
        Column::new("BY").least(6).rank(1),
        Column::new("WHY").least(12).rank(2),
    ]);
    for run in runs {
        table.row([
            run.id.to_string().into(),
            run.agent.to_string().into(),
            Cell::toned(run.state.as_str(), run_tone(run.state)),
            took(run, times).into(),
            times.short(run.started_at.0).into(),
            cause(&run.trigger).into(),
            why_run(run).into(),
        ]);
    }
    table
}

/// How long it ran, or has been running. Nobody knows when an interrupted run ended: its gate was not
/// there to see it.
pub(super) fn took(run: &Run, times: Times) -> String {
    match (run.took_ms, run.state) {
        (Some(took), _) => span(std::time::Duration::from_millis(took)),
        (None, State::Executing) => span(times.now().since(run.started_at.0)),
        (None, _) => "-".to_owned(),
    }
}
