//! A line about long work, on standard error, where somebody looks.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use super::{print, visible::visible};

/// Between two changes of the line: eyes are no faster.
const EVERY: Duration = Duration::from_millis(100);

/// A line that is written over, and gone at the end.
pub(super) struct Progress {
    shown_at: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown_at: None, is_shown: io::stderr().is_terminal() && !print::is_quiet() }
    }

    /// Shows another text, unless the last one has hardly been seen.
    pub(super) fn tell(&mut self, text: impl FnOnce() -> String) {
        if !self.is_shown || self.shown_at.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.shown_at = Some(Instant::now());
        let mut told = io::stderr();
        // Nobody is left to tell where that fails.
        let _ = write!(told, "\r\u{1b}[K{}", visible(&text())).and_then(|()| told.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown_at.is_some() {
            let _ = io::stderr().write_all(b"\r\x1b[K");
        }
    }
}
