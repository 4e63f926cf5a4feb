//! `herdgate reload`.

use clap::Args;

use super::{gate::Gate, globals::Globals, outcome::Outcome, palette::Tone, print::Out};
use crate::client::Api;

/// Put the files of the project in force, all or nothing. The gate does so by itself too.
#[derive(Debug, Args)]
pub(super) struct Reload;

impl Reload {
    #[expect(clippy::unused_self, reason = "it has no options of its own")]
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let reloaded = Gate::of(globals)?.ask(Api::reload)?;
        let mut out = Out::new();
        if globals.json {
            out.object(&reloaded)?;
            return out.success();
        }
        let differences = reloaded.differences.trim();
        if differences.is_empty() {
            out.line(format!(
                "configuration {} stays in force: the files say nothing new",
                reloaded.revision
            ))?;
        } else {
            out.line(format!("configuration {} is in force:\n{differences}", reloaded.revision))?;
        }
        if !reloaded.waits_for_restart.is_empty() {
            out.toned(
                Tone::Waiting,
                &format!("waits for a restart: {}", reloaded.waits_for_restart.join(", ")),
            )?;
        }
        out.success()
    }
}
