//! `herdgate dead`.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use herdgate_actors::{
    domain::{AgentName, JobId},
    store::{JobQuery, JobState, Page, SqliteReader, Views},
};
use serde_json::json;

use super::{
    gate::{Gate, escaped},
    globals::Globals,
    outcome::{Outcome, usage},
    print::{Out, note},
    project::read,
};

/// List dead letters, run them again, or dismiss them.
#[derive(Debug, Args)]
pub(super) struct Dead {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the newest first.
    List {
        #[command(flatten)]
        letters: Letters,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Run them again. Where there are many, it says how many and asks.
    Replay(Change),
    /// Mark them as seen to. Where there are many, it says how many and asks.
    Dismiss(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// Only this one.
    #[arg(conflicts_with_all = ["agent", "all", "limit"])]
    job: Option<JobId>,
    #[command(flatten)]
    letters: Letters,
    /// At most this many, the newest first.
    #[arg(long)]
    limit: Option<u32>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Letters {
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Of every agent.
    #[arg(long, conflicts_with = "agent")]
    all: bool,
}

impl Dead {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        match self.action {
            Action::List { letters, limit } => letters.list(globals, limit),
            Action::Replay(change) => change.make(globals, "retry", "run again"),
            Action::Dismiss(change) => change.make(globals, "dismiss", "be dismissed"),
        }
    }
}

impl Letters {
    fn list(&self, globals: &Globals, limit: u32) -> Outcome {
        let records = globals.project().records()?;
        let store = records.store()?;
        let mut out = Out::new();
        let letters = read(store.jobs(self.query(limit)))?;
        for job in &letters {
            let reason = job.reason.as_ref().map(ToString::to_string).unwrap_or_default();
            out.line(format!("{} {:<20} {}  {reason}", job.id, job.agent.to_string(), job.created_at))?;
        }
        let count = self.count(&store)?;
        let shown = letters.len() as u64;
        if count > shown {
            out.line(format!("… and {} more: `--limit {count}` shows them", count - shown))?;
        } else if letters.is_empty() {
            let unknown = self.agent.as_deref().and_then(|name| records.unknown_agent(name));
            out.line(unknown.as_deref().unwrap_or("no dead letters"))?;
        }
        out.success()
    }

    fn query(&self, limit: u32) -> JobQuery {
        JobQuery {
            agent: self.agent.as_deref().map(AgentName::from),
            state: Some(JobState::Discarded),
            page: Page { limit, before: None },
            ..JobQuery::default()
        }
    }

    /// How many there are.
    fn count(&self, store: &SqliteReader) -> miette::Result<u64> {
        let wanted = |agent: &AgentName| self.agent.as_deref().is_none_or(|name| agent.as_str() == name);
        let backlog = read(store.backlog())?;
        let dead = backlog.iter().filter(|entry| entry.state == JobState::Discarded && wanted(&entry.agent));
        Ok(dead.map(|entry| entry.jobs).sum())
    }
}

impl Change {
    fn make(&self, globals: &Globals, verb: &str, what_happens: &str) -> Outcome {
        let scope = match (self.job, &self.letters.agent, self.letters.all) {
            (Some(job), ..) => {
                let gate = Gate::of(globals.project().records()?)?;
                return print(&gate.post(&format!("/api/v1/jobs/{job}/{verb}"))?);
            }
            (None, Some(agent), _) => format!("agent={}", escaped(agent)),
            (None, None, true) => "all=true".to_owned(),
            (None, None, false) => return Err(usage("say which: a job, `--agent <name>` or `--all`")),
        };
        let gate = Gate::of(globals.project().records()?)?;
        let store = gate.records.store()?;
        let count = self.letters.count(&store)?.min(self.limit.map_or(u64::MAX, u64::from));
        if count == 0
            && let Some(unknown) =
                self.letters.agent.as_deref().and_then(|name| gate.records.unknown_agent(name))
        {
            note(&unknown);
        }
        if !self.agreed(count, what_happens)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        match self.limit {
            Some(limit) => self.make_some(&gate, &store, limit, verb),
            None => print(&gate.post(&format!("/api/v1/dead-letters/{verb}?{scope}"))?),
        }
    }

    fn make_some(&self, gate: &Gate, store: &SqliteReader, limit: u32, verb: &str) -> Outcome {
        let mut changed = Vec::new();
        for job in read(store.jobs(self.letters.query(limit)))? {
            gate.post(&format!("/api/v1/jobs/{}/{verb}", job.id))?;
            changed.push(job.id);
        }
        print(&json!({ "jobs": changed }))
    }

    /// Whether the operator wants it, asked only where somebody sits at a terminal.
    fn agreed(&self, count: u64, what_happens: &str) -> miette::Result<bool> {
        if self.yes || count <= 1 || !io::stdin().is_terminal() {
            return Ok(true);
        }
        let whose = self.letters.agent.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
        let question = format!("{count} jobs{whose} will {what_happens}. Go on? [y/N] ");
        let mut told = io::stderr();
        // Whoever does not see the question says no.
        let _ = told.write_all(super::visible::visible(&question).as_bytes()).and_then(|()| told.flush());
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(super::outcome::report)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

fn print(said: &serde_json::Value) -> Outcome {
    let mut out = Out::new();
    out.json(said)?;
    out.success()
}
