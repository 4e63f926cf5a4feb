//! `herdgate trigger`.

use clap::Args;

use super::{
    gate::{Gate, escaped},
    outcome::{Outcome, report},
    print::Out,
    project::Project,
};

/// Start a run of an agent by hand.
#[derive(Debug, Args)]
pub(super) struct Trigger {
    /// The agent.
    agent: String,
    #[command(flatten)]
    project: Project,
}

impl Trigger {
    pub(super) fn run(self) -> Outcome {
        let gate = Gate::of(self.project.records()?)?;
        let path = format!("/api/agents/{}/runs", escaped(&self.agent));
        let said = gate.post(&path).map_err(|error| match gate.records.unknown_agent(&self.agent) {
            Some(unknown) => report(unknown),
            None => error,
        })?;
        let mut out = Out::new();
        out.json(&said)?;
        out.success()
    }
}
