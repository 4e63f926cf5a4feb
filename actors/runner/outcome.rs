//! How a run ended, as its runner reads it.

use std::{fmt, time::Duration};

use crate::domain::{AttemptOutcome, RunReport, Timestamp};

/// The end of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What it means for the job.
    pub kind: OutcomeKind,
    /// More of it in words, for people.
    pub detail: Option<String>,
    /// What it told of itself.
    pub report: RunReport,
    /// How long it asks to be left alone before its next attempt.
    pub retry_after: Option<Duration>,
}

/// What the end of a run means for its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutcomeKind {
    /// The work is done.
    Completed,
    /// The program failed.
    Failed {
        /// Its exit code.
        code: i32,
    },
    /// It says itself that the work is not done, or nothing at all, whatever its exit code.
    NotDone {
        /// What it says.
        why: String,
    },
    /// The same, and another attempt would meet the same.
    GaveUp {
        /// What it says.
        why: String,
    },
    /// It was silent for too long.
    Stalled,
    /// The service of its model takes no more for now.
    RateLimited {
        /// When it does again, where that is known.
        until: Option<Timestamp>,
    },
    /// Something else than the gate ended it.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// It took longer than it may, its start included.
    TimedOut,
    /// It asks for another try.
    Snooze,
    /// The gate stopped it.
    Interrupted,
    /// It never began.
    NotStarted {
        /// Whose fault that is.
        cause: NotStartedCause,
        /// What went wrong, in words.
        error: String,
    },
}

/// Whose fault it is that a run did not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStartedCause {
    /// The machine has no room, or the gate's own files fail: the job has done nothing wrong, and no
    /// attempt is to be counted.
    Host,
    /// The agent's command or folder is wrong.
    Agent,
}

impl From<OutcomeKind> for Outcome {
    fn from(kind: OutcomeKind) -> Self {
        Self { kind, detail: None, report: RunReport::default(), retry_after: None }
    }
}

impl fmt::Display for NotStartedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Agent => "agent",
        })
    }
}

/// As the store keeps it. Whether a run that did not begin counts is decided before.
impl From<OutcomeKind> for AttemptOutcome {
    fn from(kind: OutcomeKind) -> Self {
        match kind {
            OutcomeKind::Completed => Self::Completed,
            OutcomeKind::Failed { code } => Self::Failed { code },
            OutcomeKind::NotDone { why } => Self::NotDone { why },
            OutcomeKind::GaveUp { why } => Self::GaveUp { why },
            OutcomeKind::Stalled => Self::Stalled,
            OutcomeKind::RateLimited { until } => Self::RateLimited { until },
            OutcomeKind::Killed { signal } => Self::Killed { signal },
            OutcomeKind::TimedOut => Self::TimedOut,
            OutcomeKind::Snooze => Self::Snooze,
            OutcomeKind::Interrupted => Self::Interrupted,
            OutcomeKind::NotStarted { error, .. } => Self::NotStarted { error },
        }
    }
}
