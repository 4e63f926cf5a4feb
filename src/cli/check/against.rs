//! `herdgate check --against-running`: what the files say, held against what the gate has in force.

use std::{fmt::Write as _, process::ExitCode};

use secrecy::ExposeSecret;
use serde_json::json;

use crate::cli::{
    gate::Gate,
    globals::Globals,
    outcome::{NO, Outcome},
    print::Out,
    visible::visible,
};
use crate::{
    client::Api,
    config::{Difference, EffectiveConfig, ResolvedConfig},
};

/// Prints what is different; the exit code says whether anything is.
pub(super) fn compare(config: &ResolvedConfig, globals: &Globals) -> Outcome {
    let gate = Gate::of(globals)?;
    let running = gate.ask(Api::config)?;
    let files = EffectiveConfig::with_fingerprints(config, gate.key().expose_secret().as_bytes());
    let differences = running.effective.differences(&files);
    let (revision, mut out) = (running.state.revision, Out::new());
    if globals.json {
        out.pretty(&json!({ "revision": revision, "differences": differences }))?;
    } else {
        out.bytes(visible(&describe(revision, &differences)).as_bytes())?;
    }
    out.flush()?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn describe(revision: u64, differences: &[Difference]) -> String {
    if differences.is_empty() {
        return format!("the files are what is in force: revision {revision}\n");
    }
    let mut text = format!("in force is revision {revision}; the files differ:\n\n");
    for difference in differences {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{difference}");
    }
    text
}
