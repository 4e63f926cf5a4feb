//! Standard output, as every command writes it.
//!
//! A reader that goes away, as `head` does, ends the command in silence.

use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    process::ExitCode,
    sync::OnceLock,
};

use herdgate_actors::domain::escape_unseen;
use serde_json::Value;

use super::{
    outcome::{Outcome, ReaderGone, report},
    palette::Palette,
    table::Table,
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

    /// Prints a table, as wide as the terminal.
    pub(super) fn table(&mut self, table: &Table, wide: bool) -> miette::Result<()> {
        let width = if wide { None } else { width() };
        for line in table.lines(width, Palette::of_stdout()) {
            writeln!(self.0, "{line}").map_err(unwritten)?;
        }
        Ok(())
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

/// Whether `--quiet` was given, once and for all.
static QUIET: OnceLock<bool> = OnceLock::new();

/// Says at the start whether notes are wanted.
pub(super) fn set_quiet(quiet: bool) {
    let _ = QUIET.set(quiet);
}

pub(super) fn is_quiet() -> bool {
    QUIET.get().is_some_and(|quiet| *quiet)
}

/// How wide the terminal is that standard output goes to.
pub(super) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout()).filter(|_| io::stdout().is_terminal())?;
    Some(usize::from(width.0))
}

/// Says something beside the output. Nobody is left to tell where that fails.
pub(super) fn note(text: &str) {
    if is_quiet() {
        return;
    }
    let _ = writeln!(io::stderr(), "{}", visible(text));
}
