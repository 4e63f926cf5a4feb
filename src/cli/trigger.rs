//! `herdgate trigger`.

use clap::Args;

use super::{
    gate::{Gate, escaped},
    globals::Globals,
    outcome::{Outcome, report},
    print::Out,
};

/// Start a run of an agent by hand.
#[derive(Debug, Args)]
pub(super) struct Trigger {
    /// The agent.
    agent: String,
}

impl Trigger {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals.project().records()?)?;
        let path = format!("/api/v1/agents/{}/runs", escaped(&self.agent));
        let said = gate.post(&path).map_err(|error| match gate.records.unknown_agent(&self.agent) {
            Some(unknown) => report(unknown),
            None => error,
        })?;
        let mut out = Out::new();
        out.json(&said)?;
        out.success()
    }
}
