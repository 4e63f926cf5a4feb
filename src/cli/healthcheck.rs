//! `herdgate healthcheck`.

use std::process::ExitCode;

use clap::Args;

use super::{
    globals::Globals,
    outcome::{Outcome, report},
    print::Out,
};
use crate::{client, run::addresses::ListenAddresses};

/// Ask a running gate whether it is ready; exit 0 if so.
#[derive(Debug, Args)]
pub(super) struct Healthcheck;

impl Healthcheck {
    #[expect(clippy::unused_self, reason = "it has no options of its own")]
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let base = if let Some(url) = &globals.url {
            url.trim_end_matches('/').to_owned()
        } else {
            // No look at agents and secrets: this is asked every few seconds.
            let located = globals.project().located()?;
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
