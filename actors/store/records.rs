//! Jobs: what they are, how they move, and what asks them to.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::domain::{AgentName, JobId, ReceiptId, RunId, SourceName, Timestamp, WebhookContext};

/// Why a job exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum JobTrigger {
    /// A delivery matched.
    Webhook {
        /// The source of the trigger that matched.
        source: SourceName,
        /// Index of that trigger.
        trigger: usize,
    },
    /// The schedule came due.
    Schedule {
        /// At this time.
        due: Timestamp,
    },
    /// An operator asked for it.
    Manual,
}

impl JobTrigger {
    /// The label `trigger` of metrics, and `HERDGATE_TRIGGER` of runs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Schedule { .. } => "schedule",
            Self::Manual => "manual",
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
    /// Failed, and waits for its next attempt.
    Retryable,
    /// Ended well.
    Completed,
    /// A dead letter: will not be tried again by itself. Has a [`Reason`].
    Discarded,
    /// An operator ended it.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Available,
        Self::Scheduled,
        Self::Executing,
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
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a job in this state waits to be claimed, now or later.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Available | Self::Scheduled | Self::Retryable)
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

/// Why a job is a dead letter.
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
    /// The agent's waiting jobs were at `work_queue_size`.
    QueueFull {
        /// That limit.
        limit: u32,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptsUsedUp { failures } => write!(f, "failed {failures} times"),
            Self::NotRetried => f.write_str("ended in a way that is not retried"),
            Self::InterruptedTooOften { interruptions } => write!(f, "interrupted {interruptions} times"),
            Self::QueueFull { limit } => write!(f, "the agent's queue of {limit} jobs was full"),
        }
    }
}

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
            Self::Killed { signal } => Some(format!("signal {signal}")),
            Self::NotStarted { error } => Some(error.clone()),
            Self::Completed | Self::TimedOut | Self::Snooze | Self::Interrupted => None,
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
    /// It becomes a dead letter.
    Discard(Reason),
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

/// A wish for jobs.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose jobs.
    pub agent: AgentName,
    /// At most this many.
    pub places: u32,
    /// The current time.
    pub now: Timestamp,
    /// How long the runs may go without renewing.
    pub lease: Duration,
}

/// Jobs taken, and when to look again.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Now executing.
    pub jobs: Vec<ClaimedJob>,
    /// When the next waiting job of the agent is due: in the past when more are due already.
    pub next_due: Option<Timestamp>,
}

/// A job with an attempt under way.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The attempt.
    pub run: RunId,
    /// Whose it is.
    pub agent: AgentName,
    /// Why it exists.
    pub cause: JobTrigger,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// What that receipt says.
    pub context: Option<Arc<WebhookContext>>,
    /// Earlier attempts.
    pub history: History,
    /// When the job was created.
    pub created_at: Timestamp,
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Which attempt.
    pub run: RunId,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What happens to the job.
    pub disposition: Disposition,
    /// When.
    pub at: Timestamp,
}

/// A schedule that came due.
#[derive(Debug, Clone)]
pub struct Fire {
    /// Whose schedule.
    pub agent: AgentName,
    /// The time that came due: the latest one, where several did.
    pub due: Timestamp,
    /// The current time.
    pub now: Timestamp,
}

/// What became of a [`Fire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fired {
    /// A job waits.
    Created(JobId),
    /// One was waiting already; the mark moved all the same.
    Coalesced,
}

/// A job without a delivery.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Whose.
    pub agent: AgentName,
    /// Why.
    pub cause: JobTrigger,
    /// The current time.
    pub now: Timestamp,
    /// Not before this time.
    pub due: Timestamp,
}

/// What is remembered of an agent's schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleCursor {
    /// Whose.
    pub agent: AgentName,
    /// The last time that came due and was recorded.
    pub last_fired: Timestamp,
}

/// A search for runs whose process is gone.
#[derive(Debug, Clone, Copy)]
pub struct Rescue {
    /// The current time.
    pub now: Timestamp,
    /// Take every executing job: right after start, none can be alive.
    pub all: bool,
    /// From this many interruptions on a job is a dead letter.
    pub max_interruptions: u32,
}

/// A job whose attempt was ended as interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescued {
    /// The attempt.
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// `Available` or `Discarded`.
    pub state: JobState,
}

/// What became of [`Engine::revive`](super::Engine::revive).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It waits again.
    Yes {
        /// Whose it is, to be woken.
        agent: AgentName,
    },
    /// It has not ended.
    NotEnded(JobState),
    /// There is no such job.
    Unknown,
}

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many receipts.
    pub receipts: u64,
    /// Runs whose files can go.
    pub runs: Vec<RunId>,
    /// Whether the limit was hit and more is left.
    pub more: bool,
}
