//! A log, printed as it grows.

use std::time::Duration;

use herdgate_actors::domain::RunId;

use crate::{
    api::{
        problem::Kind,
        runs::{Run, State},
    },
    cli::{
        gate::Gate,
        print::{Out, note},
        terminal::Terminal,
    },
};

/// How often a log that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Prints the log of one run, piece by piece.
pub(in crate::cli) struct Printer {
    run: RunId,
    printed: u64,
    /// Where somebody looks: what may not drive a terminal is spelled out.
    terminal: Option<Terminal>,
    out: Out,
}

impl Printer {
    pub(in crate::cli) fn new(run: RunId, guarded: bool) -> Self {
        Self { run, printed: 0, terminal: guarded.then(Terminal::default), out: Out::new() }
    }

    /// Prints what there is; the run as it stands.
    pub(in crate::cli) fn all(&mut self, gate: &Gate) -> miette::Result<Run> {
        let run = gate.ask(|api| api.run(self.run))?.run;
        let found = self.print_new(gate)?;
        self.end()?;
        if !found && !matches!(run.state, State::NotStarted | State::Executing) {
            note(&format!("what run {} printed is gone", run.id));
        }
        Ok(run)
    }

    /// Prints until the run has ended.
    pub(in crate::cli) fn follow(&mut self, gate: &Gate) -> miette::Result<Run> {
        loop {
            // First, so that nothing written before the end is missed.
            let run = gate.ask(|api| api.run(self.run))?.run;
            self.print_new(gate)?;
            if run.state != State::Executing {
                self.end()?;
                return Ok(run);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether there is a log at all.
    fn print_new(&mut self, gate: &Gate) -> miette::Result<bool> {
        loop {
            let bytes = match gate.try_ask(|api| api.log(self.run, self.printed)) {
                Ok(bytes) => bytes,
                // A run that could not be started has no log, and one that has just begun none yet.
                Err(error) if error.kind() == Some(Kind::UnknownRun) => return Ok(false),
                Err(error) => return Err(gate.words(&error)),
            };
            if bytes.is_empty() {
                break;
            }
            self.printed += bytes.len() as u64;
            match &mut self.terminal {
                Some(terminal) => self.out.bytes(terminal.show(&bytes).as_bytes())?,
                None => self.out.bytes(&bytes)?,
            }
        }
        self.out.flush()?;
        Ok(true)
    }

    fn end(&mut self) -> miette::Result<()> {
        if let Some(terminal) = &mut self.terminal {
            self.out.bytes(terminal.end().as_bytes())?;
        }
        self.out.flush()
    }
}
