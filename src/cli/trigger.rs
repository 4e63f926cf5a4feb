//! `herdgate trigger`.

use std::process::ExitCode;

use clap::Args;

use super::{Outcome, project::Project, report};

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
        let api = self.project.api()?;
        println!(
            "{}",
            super::block_on(api.post(&format!("/api/agents/{}/runs", self.agent))).map_err(report)?
        );
        Ok(ExitCode::SUCCESS)
    }
}
