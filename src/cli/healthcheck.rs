//! `herdgate healthcheck`.

use std::process::ExitCode;

use clap::Args;

use super::{
    outcome::{Outcome, report},
    print::Out,
    project::Project,
};
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
        let base = if let Some(url) = self.url {
            url
        } else {
            // No look at agents and secrets: this is asked every few seconds.
            let located = self.project.located()?;
            let there = ListenAddresses::of(&located.data_dir, located.public, located.admin);
            format!("http://{}", there.admin)
        };
        let answered = super::runtime::block_on(client::get(&format!("{base}/readyz"))).map_err(report)?;
        let mut out = Out::new();
        out.line(answered.text.trim_end())?;
        out.flush()?;
        Ok(if answered.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
