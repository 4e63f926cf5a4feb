//! `herdgate healthcheck`.

use std::process::ExitCode;

use clap::Args;

use super::{
    gate,
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
        let base = match self.url {
            Some(url) => url,
            // What a running gate wrote down costs no look at agents and secrets.
            None => match gate::listening(&self.project) {
                Some(there) => format!("http://{}", there.admin),
                None => format!("http://{}", ListenAddresses::of(&self.project.plan()?).admin),
            },
        };
        let answered = super::runtime::block_on(client::get(&format!("{base}/readyz"))).map_err(report)?;
        let mut out = Out::new();
        out.line(answered.text.trim_end())?;
        out.flush()?;
        Ok(if answered.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
