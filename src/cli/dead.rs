//! `herdgate dead`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use herdgate_actors::domain::{AgentName, JobId};
use serde_json::json;

use super::{
    bulk::{self, Each},
    confirm::agreed,
    gate::Gate,
    globals::{Globals, View},
    jobs::{self, Filter},
    outcome::{Outcome, usage},
    print::{Out, note},
    table::{Column, Table},
    times::Times,
    words::count,
};
use crate::api::{
    dead_letters::{DeadLetters, DeadLettersQuery},
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
    /// Run them again. It says how many and asks.
    Replay(Box<Change>),
    /// Mark them as seen to. It says how many and asks.
    Dismiss(Box<Change>),
}

#[derive(Debug, Args)]
struct Change {
    /// Only this one.
    job: Option<JobId>,
    #[command(flatten)]
    which: Which,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only say how many.
    #[arg(long)]
    dry_run: bool,
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
    /// At most this many, the newest first.
    #[arg(long)]
    limit: Option<u32>,
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
    fn says_nothing(&self) -> bool {
        !self.all
            && self.agent.is_none()
            && self.reason.is_none()
            && self.since.is_none()
            && self.until.is_none()
    }

    /// How many there are.
    fn count(&self, gate: &Gate) -> miette::Result<u64> {
        let query = DeadLettersQuery {
            agent: self.agent.as_deref().map(AgentName::from),
            since: self.since.map(|when| when.0),
            until: self.until.map(|when| when.0),
        };
        let groups = gate.ask(|api| async { api.dead_letters(&query).await })?.items;
        let wanted = |group: &&DeadLetters| self.reason.as_ref().is_none_or(|reason| *reason == group.reason);
        let all: u64 = groups.iter().filter(wanted).map(|group| group.jobs).sum();
        Ok(all.min(self.limit.map_or(u64::MAX, u64::from)))
    }

    fn filter(&self) -> Filter {
        Filter {
            agent: self.agent.clone(),
            reason: self.reason.clone(),
            source: None,
            event: None,
            repo: None,
            receipt: None,
            window: super::lists::Window {
                since: self.since,
                until: self.until,
                limit: self.limit.unwrap_or(u32::MAX),
            },
        }
    }
}

impl Change {
    fn make(&self, globals: &Globals, each: Each) -> Outcome {
        let which = &self.which;
        if let Some(job) = self.job {
            if !which.says_nothing() || which.limit.is_some() {
                return Err(usage("say either a job or which ones"));
            }
            bulk::to_one(&Gate::of(globals)?, each, job)?;
            return tell(globals, each, &[job]);
        }
        if which.says_nothing() {
            return Err(usage("say which: a job, `--agent <name>`, `--reason <reason>` or `--all`"));
        }
        let gate = Gate::of(globals)?;
        let count_of_them = which.count(&gate)?;
        let whose = which.agent.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
        let what = format!("{}{whose} will {}", count(count_of_them, "dead letter"), each.words());
        if self.dry_run {
            let mut out = Out::new();
            if globals.json {
                out.json(&json!({ "jobs": count_of_them, "dry_run": true }))?;
            } else {
                out.line(what)?;
            }
            return out.success();
        }
        if count_of_them > 1 && !agreed(&what, self.yes)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let ids: Vec<_> =
            which.filter().find(&gate, Some(State::Discarded))?.rows.iter().map(|job| job.id).collect();
        let done = bulk::to_each(&gate, each, &ids)?;
        tell(globals, each, &done)
    }
}

fn tell(globals: &Globals, each: Each, jobs: &[JobId]) -> Outcome {
    let mut out = Out::new();
    if globals.json {
        out.json(&json!({ "jobs": jobs }))?;
    } else {
        let ids = match jobs {
            [job] => format!(": {job}"),
            _ => String::new(),
        };
        out.line(format!("{} {}{ids}", count(jobs.len() as u64, "dead letter"), each.done(jobs.len())))?;
    }
    out.success()
}
