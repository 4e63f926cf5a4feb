//! `herdgate healthcheck`.

use std::process::ExitCode;

use clap::Args;

use super::{Outcome, project::Project, report};
use crate::{client, run::addresses::ListenAddresses};

/// Ask a running gate whether it is ready; exit 0 if so.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    #[command(flatten)]
    project: Project,
    /// Where the admin door is, if not where the project says.
    #[arg(long)]
    url: Option<String>,
}

impl Healthcheck {
    pub(super) fn run(self) -> Outcome {
        let base = match self.url {
            Some(url) => url,
            None => format!("http://{}", ListenAddresses::of(&self.project.plan()?).admin),
        };
        let answered = super::block_on(client::get(&format!("{base}/readyz"))).map_err(report)?;
        println!("{}", answered.text.trim_end());
        Ok(if answered.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
