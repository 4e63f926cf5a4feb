//! `herdgate jobs hand-over` and `discard`: the waiting jobs of an agent that is configured no more.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::domain::AgentName;

use super::{
    confirm::agreed,
    gate::Gate,
    globals::Globals,
    outcome::Outcome,
    print::{Out, note},
    words::count,
};
use crate::api::jobs::{HandOver, JobsMoved};

/// Give the waiting jobs of an agent that is configured no more to another.
#[derive(Debug, Args)]
pub(super) struct Give {
    /// Whose they are.
    agent: String,
    /// Who has them from now on.
    to: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Make dead letters of the waiting jobs of an agent that is configured no more.
#[derive(Debug, Args)]
pub(super) struct Discard {
    /// Whose they are.
    agent: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Give {
    pub(super) fn run(&self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let what = format!("{} of {} will go to {}", waiting(&gate, &self.agent)?, self.agent, self.to);
        if !agreed(&what, self.yes)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let to = HandOver { to: AgentName::from(self.to.as_str()) };
        let moved = gate.ask(|api| api.hand_over(&self.agent, &to))?;
        tell(globals, &moved, |jobs| format!("{jobs} of {} went to {}", self.agent, self.to))
    }
}

impl Discard {
    pub(super) fn run(&self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let what = format!("{} of {} will become dead letters", waiting(&gate, &self.agent)?, self.agent);
        if !agreed(&what, self.yes)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let moved = gate.ask(|api| api.discard(&self.agent))?;
        tell(globals, &moved, |jobs| format!("{jobs} of {} became dead letters", self.agent))
    }
}

fn waiting(gate: &Gate, agent: &str) -> miette::Result<String> {
    let agent = gate.ask(|api| api.agent(agent))?.agent;
    Ok(count(agent.waiting, "waiting job"))
}

fn tell(globals: &Globals, moved: &JobsMoved, words: impl FnOnce(&str) -> String) -> Outcome {
    let mut out = Out::new();
    if globals.json {
        out.object(moved)?;
    } else {
        out.line(words(&count(moved.jobs, "job")))?;
    }
    out.success()
}
