//! Standard output, as every command writes it.
//!
//! A reader that goes away, as `head` does, ends the command in silence.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    process::ExitCode,
};

use herdgate_actors::domain::escape_unseen;
use serde_json::Value;

use super::{
    outcome::{Outcome, ReaderGone, report},
    visible::visible,
};

/// Standard output.
pub(super) struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    pub(super) fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// Prints one line, its unseen characters escaped.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> miette::Result<()> {
        writeln!(self.0, "{}", visible(text.as_ref())).map_err(unwritten)
    }

    /// Prints a value on one line.
    pub(super) fn json(&mut self, value: &Value) -> miette::Result<()> {
        writeln!(self.0, "{}", escape_unseen(&value.to_string())).map_err(unwritten)
    }

    /// Prints a value over several lines.
    pub(super) fn pretty(&mut self, value: &Value) -> miette::Result<()> {
        writeln!(self.0, "{}", escape_unseen(&format!("{value:#}"))).map_err(unwritten)
    }

    /// Prints bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> miette::Result<()> {
        self.0.write_all(bytes).map_err(unwritten)
    }

    /// Shows what was printed so far.
    pub(super) fn flush(&mut self) -> miette::Result<()> {
        self.0.flush().map_err(unwritten)
    }

    /// The end of a command that did well.
    pub(super) fn success(mut self) -> Outcome {
        self.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the other half of `map_err`")]
fn unwritten(error: io::Error) -> miette::Report {
    match error.kind() {
        io::ErrorKind::BrokenPipe => ReaderGone.into(),
        _ => report(format!("cannot write to standard output: {error}")),
    }
}

/// Prints one line at once, for commands that take their time.
pub(super) fn line(text: &str) -> miette::Result<()> {
    let mut out = Out::new();
    out.line(text)?;
    out.flush()
}

/// Says something beside the output. Nobody is left to tell where that fails.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(text));
}
