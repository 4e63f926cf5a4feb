//! The question before something that cannot be taken back, or that many are changed by.

use std::io::{self, IsTerminal, Write};

use super::{
    outcome::{report, usage},
    visible::visible,
};

/// Whether the operator wants it. Where nobody can be asked, only `--yes` says so.
///
/// # Errors
/// Nobody can be asked.
pub(super) fn agreed(what: &str, yes: bool) -> miette::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(usage(&format!("{what}: say `--yes`, as there is nobody here to ask")));
    }
    let mut told = io::stderr();
    // Whoever does not see the question says no.
    let question = format!("{what}. Go on? [y/N] ");
    if told.write_all(visible(&question).as_bytes()).and_then(|()| told.flush()).is_err() {
        return Ok(false);
    }
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(report)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
