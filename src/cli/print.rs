//! Standard output, as every command writes it.
//!
//! A reader that goes away, as `head` does, ends the command in silence.

use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    process::ExitCode,
    sync::OnceLock,
};

use herdgate_actors::domain::escape_unseen;
use serde::Serialize;
use serde_json::Value;

use super::{
    outcome::{Outcome, ReaderGone, report},
    palette::{Palette, Tone},
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

    /// Prints one line in a tone, its unseen characters escaped.
    pub(super) fn toned(&mut self, tone: Tone, text: &str) -> miette::Result<()> {
        let painted = Palette::of_stdout().paint(tone, &visible(text));
        writeln!(self.0, "{painted}").map_err(unwritten)
    }

    /// Prints a name and a value, on one line.
    pub(super) fn pair(&mut self, name: &str, value: &str) -> miette::Result<()> {
        let value = visible(value).replace('\n', " ");
        let name = Palette::of_stdout().paint(Tone::Faint, &format!("{name:<10}"));
        writeln!(self.0, "{name} {value}").map_err(unwritten)
    }

    /// Prints values, each on a line of its own.
    pub(super) fn each<T: Serialize>(&mut self, values: &[T]) -> miette::Result<()> {
        values.iter().try_for_each(|value| self.json(&json_of(value)?))
    }

    /// Prints a value over several lines, by its own fields.
    pub(super) fn object(&mut self, value: &impl Serialize) -> miette::Result<()> {
        self.pretty(&json_of(value)?)
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

fn json_of(value: &impl Serialize) -> miette::Result<Value> {
    serde_json::to_value(value).map_err(|error| report(format!("cannot write this as JSON: {error}")))
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

/// How much is said beside the output, once and for all.
static TALK: OnceLock<Talk> = OnceLock::new();

/// How much is said beside the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    /// Nothing but errors.
    Quiet,
    /// What helps.
    Usual,
    /// Details too.
    Verbose,
}

/// Says at the start how much is wanted.
pub(super) fn set_talk(talk: Talk) {
    let _ = TALK.set(talk);
}

fn talk() -> Talk {
    TALK.get().copied().unwrap_or(Talk::Usual)
}

pub(super) fn is_quiet() -> bool {
    talk() == Talk::Quiet
}

/// Says something that few want to know.
pub(super) fn detail(text: &str) {
    if talk() == Talk::Verbose {
        note(text);
    }
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
