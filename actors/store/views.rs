//! Receipts, jobs and runs as they are looked at.

use serde::{Deserialize, Serialize};

use super::records::{AttemptOutcome, JobState, JobTrigger, Reason};
use crate::domain::{
    AgentName, Attempt, Delivery, JobId, Origin, Parsed, ProviderName, ReceiptBatch, ReceiptId, RunId,
    SourceName, Timestamp, Verdict,
};

/// How far a receipt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// Every agent answered.
    Routed,
    /// Stored before it was parsed.
    Unrouted,
    /// At least one agent was asked and never answered.
    Gapped,
    /// Its body is no event.
    Unparsable,
}

impl ReceiptState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Routed, Self::Unrouted, Self::Gapped, Self::Unparsable];

    /// How far a record got.
    pub fn of(record: &ReceiptBatch) -> Self {
        match &record.parsed {
            None => Self::Unrouted,
            Some(Parsed::Unparsable(_)) => Self::Unparsable,
            Some(Parsed::Context(_)) if record.missing > 0 => Self::Gapped,
            Some(Parsed::Context(_)) => Self::Routed,
        }
    }

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Unrouted => "unrouted",
            Self::Gapped => "gapped",
            Self::Unparsable => "unparsable",
        }
    }
}

/// A receipt with everything that is known of it.
#[derive(Debug, Clone)]
pub struct StoredReceipt {
    /// Its id.
    pub id: ReceiptId,
    /// The delivery, its body byte for byte. A duplicate that created no job shares the body of
    /// its original.
    pub delivery: Delivery,
    /// How it came to be; never [`Origin::Reroute`].
    pub origin: Origin,
    /// How far it got.
    pub state: ReceiptState,
    /// What the parser found.
    pub parsed: Option<Parsed>,
    /// What the agents decided.
    pub verdicts: Vec<Verdict>,
    /// The first receipt of the same delivery.
    pub duplicate_of: Option<ReceiptId>,
    /// The jobs that it created.
    pub jobs: Vec<JobRow>,
}

/// A receipt in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptRow {
    /// Its id.
    pub id: ReceiptId,
    /// When it arrived.
    pub at: Timestamp,
    /// Who sent it.
    pub provider: ProviderName,
    /// Every source that vouched for it.
    pub sources: Vec<SourceName>,
    /// The event, where it was parsed.
    pub event: Option<String>,
    /// The action, where there is one.
    pub action: Option<String>,
    /// The repository, where there is one.
    pub repo: Option<String>,
    /// How far it got.
    pub state: ReceiptState,
    /// How many jobs it created.
    pub matched: u32,
    /// The first receipt of the same delivery.
    pub duplicate_of: Option<ReceiptId>,
    /// The receipt that it replays.
    pub replay_of: Option<ReceiptId>,
}

/// A job in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// Whose.
    pub agent: AgentName,
    /// Why it exists.
    pub cause: JobTrigger,
    /// Where it stands.
    pub state: JobState,
    /// Why it is a dead letter.
    pub reason: Option<Reason>,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// How many attempts were started.
    pub attempts: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it is, or was, due.
    pub due_at: Timestamp,
}

/// A job and its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobDetail {
    /// The job.
    pub job: JobRow,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptRow {
    /// Which one.
    pub attempt: Attempt,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<AttemptOutcome>,
}

/// A run in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// Why its job exists.
    pub cause: JobTrigger,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// The attempt itself.
    pub attempt: AttemptRow,
}

/// Which part of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most this many.
    pub limit: u32,
    /// Only those with a smaller id: the last id of the page before.
    pub before: Option<i64>,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 50, before: None }
    }
}

/// Which receipts.
#[derive(Debug, Clone, Default)]
pub struct ReceiptQuery {
    /// Only of this source.
    pub source: Option<SourceName>,
    /// Only in this state.
    pub state: Option<ReceiptState>,
    /// Which part.
    pub page: Page,
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// Only in this state.
    pub state: Option<JobState>,
    /// Which part.
    pub page: Page,
}

/// Which runs.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// Only caused by this receipt.
    pub receipt: Option<ReceiptId>,
    /// Which part; `before` is a job id.
    pub page: Page,
}

/// Jobs of one agent in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Whose.
    pub agent: AgentName,
    /// In which state.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}
