//! Attempts: how they end, and what that means for their job.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::domain::Timestamp;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Exit 0.
    Completed,
    /// Another exit code.
    Failed {
        /// The exit code.
        code: i32,
    },
    /// Says itself that the work is not done, or nothing at all, whatever its exit code.
    NotDone {
        /// What it says.
        why: String,
    },
    /// The same, and another attempt would meet the same, or spend as much again.
    GaveUp {
        /// What it says.
        why: String,
    },
    /// Printed nothing for `stall_timeout`, and was ended by the gate.
    Stalled,
    /// The service of its model takes no more for now.
    RateLimited {
        /// When it does again, where that is known.
        until: Option<Timestamp>,
    },
    /// Ended by a signal that the gate did not send.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// Exceeded `timeout` and was ended by the gate, or exit 124.
    TimedOut,
    /// Exit 75: asks for another try.
    #[serde(rename = "try_again")]
    Snooze,
    /// The gate ended it, or died: shutdown, crash, lost lease.
    Interrupted,
    /// The command could not be started.
    NotStarted {
        /// Why.
        error: String,
    },
}

impl AttemptOutcome {
    /// The label `outcome` of metrics and the name in listings.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::NotDone { .. } => "not_done",
            Self::GaveUp { .. } => "gave_up",
            Self::Stalled => "stalled",
            Self::RateLimited { .. } => "rate_limited",
            Self::Killed { .. } => "killed",
            Self::TimedOut => "timed_out",
            Self::Snooze => "try_again",
            Self::Interrupted => "interrupted",
            Self::NotStarted { .. } => "not_started",
        }
    }

    /// What the name leaves out, in words.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Failed { code } => Some(format!("exit code {code}")),
            Self::NotDone { why } | Self::GaveUp { why } => Some(why.clone()),
            Self::RateLimited { until: Some(until) } => Some(format!("until {until}")),
            Self::Killed { signal } => Some(format!("signal {signal}")),
            Self::NotStarted { error } => Some(error.clone()),
            Self::Completed
            | Self::TimedOut
            | Self::Stalled
            | Self::RateLimited { until: None }
            | Self::Snooze
            | Self::Interrupted => None,
        }
    }
}

/// What happens to a job after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It is done.
    Complete,
    /// It is tried again.
    Retry {
        /// Not before this time.
        at: Timestamp,
    },
    /// It is tried again, and this attempt counts for nothing: the gate was stopped, or could not
    /// start the run for want of what all runs need.
    PutBack {
        /// Not before this time.
        at: Timestamp,
    },
    /// An operator ended it.
    Cancel,
    /// It becomes a dead letter.
    Discard(Reason),
}

impl Disposition {
    /// The same, where it means another attempt, but that one not before a time.
    #[must_use]
    pub fn not_before(self, time: Option<Timestamp>) -> Self {
        match (self, time) {
            (Self::Retry { at }, Some(time)) => Self::Retry { at: at.max(time) },
            (same, _) => same,
        }
    }
}

/// How often a job was tried so far, the current attempt not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Attempts that failed, timed out or could not start.
    pub failures: u32,
    /// Attempts that were interrupted.
    pub interruptions: u32,
    /// Attempts that asked for another try.
    pub snoozes: u32,
}
