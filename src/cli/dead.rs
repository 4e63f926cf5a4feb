//! `herdgate dead`.

use clap::{Args, Subcommand};
use herdgate_actors::domain::{AgentName, JobId};

use super::{
    bulk::{self, Manner, Words},
    gate::Gate,
    globals::{Globals, View},
    jobs::{self, Filter},
    outcome::{Outcome, usage},
    print::Out,
    table::{Column, Table},
    times::Times,
    words::count,
};
use crate::api::{
    bulk::{Action as BulkAction, DEFAULT_RATE, Filter as ApiFilter, NewBulk},
    dead_letters::DeadLettersQuery,
    jobs::State,
};

/// Dead letters: how many by agent and reason, and with a command list them, run them again, or dismiss
/// them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Dead {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    view: View,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the newest first.
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        filter: Box<Filter>,
        #[command(flatten)]
        view: View,
    },
    /// Run them again. Of more than one it says how many, and asks.
    Replay(Box<Change>),
    /// Mark them as seen to. Of more than one it says how many, and asks.
    Dismiss(Box<Change>),
}

#[derive(Debug, Args)]
struct Change {
    /// Only this one.
    job: Option<JobId>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    manner: Manner,
}

/// Which dead letters.
#[derive(Debug, Args)]
struct Which {
    /// Of every agent.
    #[arg(long, conflicts_with = "agent")]
    all: bool,
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only for this reason, like `attempts_used_up`.
    #[arg(long)]
    reason: Option<String>,
    /// Only those made then or later: a time, or so long ago, like `2h`.
    #[arg(long, value_name = "TIME")]
    since: Option<super::lists::When>,
    /// Only those made before.
    #[arg(long, value_name = "TIME")]
    until: Option<super::lists::When>,
    /// At most this many, the newest.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

impl Dead {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        match self.action {
            None => groups(globals, self.view),
            Some(Action::List { filter, view }) => list(globals, &filter, view),
            Some(Action::Replay(change)) => change.make(globals, Each::Retry),
            Some(Action::Dismiss(change)) => change.make(globals, Each::Dismiss),
        }
    }
}

fn groups(globals: &Globals, view: View) -> Outcome {
    let gate = Gate::of(globals)?;
    let groups = gate.ask(|api| async { api.dead_letters(&DeadLettersQuery::default()).await })?.items;
    let mut out = Out::new();
    if globals.json {
        out.each(&groups)?;
        return out.success();
    }
    if groups.is_empty() {
        out.line("no dead letters")?;
        return out.success();
    }
    let times = Times::new(view);
    let mut table = Table::new([
        Column::new("AGENT").least(8),
        Column::new("REASON"),
        Column::new("JOBS").right(),
        Column::new("OLDEST").rank(1),
        Column::new("NEWEST"),
    ]);
    for group in &groups {
        table.row([
            group.agent.to_string().into(),
            group.reason.as_str().into(),
            group.jobs.to_string().into(),
            times.short(group.oldest.0).into(),
            times.short(group.newest.0).into(),
        ]);
    }
    out.table(&table, view.wide)?;
    out.line("`herdgate dead list --agent <name>` lists them, `herdgate dead replay --agent <name>` runs them again")?;
    out.success()
}

fn list(globals: &Globals, filter: &Filter, view: View) -> Outcome {
    let found = filter.find(&Gate::of(globals)?, Some(State::Discarded))?;
    let mut out = Out::new();
    if globals.json {
        out.each(&found.rows)?;
        return out.success();
    }
    if found.rows.is_empty() {
        out.line("no dead letters")?;
        return out.success();
    }
    out.table(&jobs::table(&found.rows, Times::new(view)), view.wide)?;
    found.tell_more(&mut out)?;
    out.success()
}

impl Which {
    fn filter(&self) -> ApiFilter {
        ApiFilter {
            all: self.all,
            agent: self.agent.as_deref().map(AgentName::from),
            reason: self.reason.clone(),
            since: self.since.map(|when| when.0),
            until: self.until.map(|when| when.0),
            ..ApiFilter::default()
        }
    }
}

/// What is done to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Each {
    /// It runs again.
    Retry,
    /// It is marked as seen to.
    Dismiss,
}

impl Each {
    const fn action(self) -> BulkAction {
        match self {
            Self::Retry => BulkAction::RetryJobs,
            Self::Dismiss => BulkAction::DismissJobs,
        }
    }

    const fn words(self) -> Words {
        match self {
            Self::Retry => Words {
                will: |total| format!("{} will run again", count(total, "dead letter")),
                was: |bulk| format!("{} run again", count(bulk.done, "dead letter")),
            },
            Self::Dismiss => Words {
                will: |total| format!("{} will be dismissed", count(total, "dead letter")),
                was: |bulk| format!("dismissed {}", count(bulk.done, "dead letter")),
            },
        }
    }
}

impl Change {
    fn make(&self, globals: &Globals, each: Each) -> Outcome {
        let (which, filter) = (&self.which, self.which.filter());
        let says_nothing = filter == ApiFilter::default();
        if let Some(job) = self.job {
            if !says_nothing || which.limit.is_some() {
                return Err(usage("say either a job or which ones"));
            }
            return one(globals, each, job);
        }
        if says_nothing {
            return Err(usage("say which: a job, `--agent <name>`, `--reason <reason>` or `--all`"));
        }
        // More than all of them cannot be meant.
        let only = ApiFilter { all: false, ..filter.clone() };
        let filter = if only == ApiFilter::default() { filter } else { only };
        let wanted = NewBulk {
            action: each.action(),
            filter,
            limit: which.limit,
            to: None,
            dry_run: false,
            per_second: DEFAULT_RATE,
        };
        bulk::run(globals, wanted, self.manner, &each.words())
    }
}

fn one(globals: &Globals, each: Each, job: JobId) -> Outcome {
    let gate = Gate::of(globals)?;
    let changed = match each {
        Each::Retry => gate.ask(|api| api.retry(job))?,
        Each::Dismiss => gate.ask(|api| api.dismiss(job))?,
    };
    let mut out = Out::new();
    if globals.json {
        out.object(&changed)?;
    } else {
        out.line(match each {
            Each::Retry => format!("1 dead letter runs again: {job}"),
            Each::Dismiss => format!("1 dead letter is dismissed: {job}"),
        })?;
    }
    out.success()
}
