//! Jobs: why they exist and where they stand.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::{SourceName, Timestamp, TriggerId};

/// Why a job exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum JobTrigger {
    /// A delivery matched.
    Webhook {
        /// The source of the trigger that matched.
        source: SourceName,
        /// Index of that trigger, as the agent had it then.
        trigger: usize,
        /// The same by its name, which outlives the order; absent in what earlier versions stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trigger_id: Option<TriggerId>,
    },
    /// The schedule came due.
    Schedule {
        /// At this time.
        due: Timestamp,
    },
    /// An operator asked for it.
    Manual,
    /// What is stored of it cannot be read.
    Unreadable,
}

impl JobTrigger {
    /// The label `trigger` of metrics, and `HERDGATE_TRIGGER` of runs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Schedule { .. } => "schedule",
            Self::Manual => "manual",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Where a job stands, in Oban's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a free place.
    Available,
    /// Waits for its time.
    Scheduled,
    /// Has a run.
    Executing,
    /// Kept back by a gate of its agent; a row says by which.
    Held,
    /// Failed, and waits for its next attempt.
    Retryable,
    /// Ended well.
    Completed,
    /// A dead letter: will not be tried again by itself. Has a [`Reason`].
    Discarded,
    /// An operator ended it, or another job stands for it. The latter has a [`Reason`].
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Available,
        Self::Scheduled,
        Self::Executing,
        Self::Held,
        Self::Retryable,
        Self::Completed,
        Self::Discarded,
        Self::Cancelled,
    ];

    /// The name in the store, in metrics and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Scheduled => "scheduled",
            Self::Executing => "executing",
            Self::Held => "held",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a job in this state waits to be claimed, now or later.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Available | Self::Scheduled | Self::Retryable | Self::Held)
    }

    /// Whether a job in this state is over.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Discarded | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no job state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a job state")]
pub struct UnknownState(pub String);

impl FromStr for JobState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// Why a job is over without having been done: a dead letter, or one that another job stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Every attempt failed.
    AttemptsUsedUp {
        /// How many failed.
        failures: u32,
    },
    /// The outcome is one that is not retried.
    NotRetried,
    /// Interrupted too often: it may be what brings the gate down.
    InterruptedTooOften {
        /// How often.
        interruptions: u32,
    },
    /// Asked for another try too often.
    SnoozedTooOften {
        /// How often.
        snoozes: u32,
    },
    /// The agent's waiting jobs were at `work_queue_size`.
    QueueFull {
        /// That limit.
        limit: u32,
    },
    /// Its agent is not configured any more.
    AgentRemoved,
    /// Another job of its key stands for it, and has the latest delivery.
    Superseded,
    /// It was not made because another job of its key waited or executed.
    Busy,
    /// What the store has of it cannot be read.
    Unreadable {
        /// What is wrong.
        problem: String,
    },
}

impl Reason {
    /// The name in the store and in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AttemptsUsedUp { .. } => "attempts_used_up",
            Self::NotRetried => "not_retried",
            Self::InterruptedTooOften { .. } => "interrupted_too_often",
            Self::SnoozedTooOften { .. } => "snoozed_too_often",
            Self::QueueFull { .. } => "queue_full",
            Self::AgentRemoved => "agent_removed",
            Self::Superseded => "superseded",
            Self::Busy => "busy",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptsUsedUp { failures } => write!(f, "failed {failures} times"),
            Self::NotRetried => f.write_str("ended in a way that is not retried"),
            Self::InterruptedTooOften { interruptions } => write!(f, "interrupted {interruptions} times"),
            Self::SnoozedTooOften { snoozes } => write!(f, "asked for another try {snoozes} times"),
            Self::QueueFull { limit } => write!(f, "the agent's queue of {limit} jobs was full"),
            Self::AgentRemoved => f.write_str("its agent is not configured any more"),
            Self::Superseded => f.write_str("another job of its key stands for it"),
            Self::Busy => f.write_str("suppressed: another job of its key was there"),
            Self::Unreadable { problem } => write!(f, "cannot be read: {problem}"),
        }
    }
}
