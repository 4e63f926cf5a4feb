//! How a run ended, as its runner reads it.

use std::fmt;

use bytes::Bytes;

use crate::store::AttemptOutcome;

/// The end of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What it means for the job.
    pub kind: OutcomeKind,
    /// More of it in words, for people.
    pub detail: Option<String>,
    /// What it used, where the runner can tell.
    pub usage: Option<Usage>,
    /// What it gives back, where the runner can tell that from its output.
    pub result: Option<Bytes>,
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

/// What a run used, as far as its program tells.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Tokens that a model read, those from a cache included.
    pub input_tokens: u64,
    /// Tokens that a model wrote.
    pub output_tokens: u64,
    /// In US dollars.
    pub cost: Option<f64>,
}

impl From<OutcomeKind> for Outcome {
    fn from(kind: OutcomeKind) -> Self {
        Self { kind, detail: None, usage: None, result: None }
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
            OutcomeKind::Killed { signal } => Self::Killed { signal },
            OutcomeKind::TimedOut => Self::TimedOut,
            OutcomeKind::Snooze => Self::Snooze,
            OutcomeKind::Interrupted => Self::Interrupted,
            OutcomeKind::NotStarted { error, .. } => Self::NotStarted { error },
        }
    }
}
