//! Receipts, jobs and runs as they are shown.

use serde::{Deserialize, Serialize};

use super::QuarantineReason;
use crate::domain::{
    AgentName, Attempt, AttemptOutcome, Delivery, DeliveryKey, GroupKey, JobId, JobState, JobTrigger, Origin,
    Parsed, ProviderName, Reason, ReceiptBatch, ReceiptId, RunId, RunReport, SourceName, Spent, Timestamp,
    Verdict,
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
    /// Not routed any more, for a reason that stands beside it.
    Quarantined,
}

impl ReceiptState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Routed, Self::Unrouted, Self::Gapped, Self::Unparsable, Self::Quarantined];

    /// How far a record got.
    pub fn of(record: &ReceiptBatch) -> Self {
        match &record.parsed {
            None => Self::Unrouted,
            Some(Parsed::Unparsable(_)) => Self::Unparsable,
            Some(Parsed::Event(_)) if record.missing > 0 => Self::Gapped,
            Some(Parsed::Event(_)) => Self::Routed,
        }
    }

    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Unrouted => "unrouted",
            Self::Gapped => "gapped",
            Self::Unparsable => "unparsable",
            Self::Quarantined => "quarantined",
        }
    }
}

/// What came of a delivery: how far its receipt got, and whether that made a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// It made a job.
    Matched,
    /// Nobody wanted it, or whoever wanted it had its job already.
    Unmatched,
    /// The same delivery had come before, and nobody had missed it.
    Duplicate,
    /// Its body is no event.
    Unparsable,
    /// It is stored and yet to be routed.
    Unrouted,
    /// Somebody who was asked has not answered.
    Gapped,
    /// It is not routed any more.
    Quarantined,
}

impl DeliveryOutcome {
    /// What came of a delivery of this receipt.
    pub const fn of(row: &ReceiptRow) -> Self {
        match row.state {
            ReceiptState::Unrouted => Self::Unrouted,
            ReceiptState::Gapped => Self::Gapped,
            ReceiptState::Unparsable => Self::Unparsable,
            ReceiptState::Quarantined => Self::Quarantined,
            ReceiptState::Routed if row.matched > 0 => Self::Matched,
            ReceiptState::Routed if row.duplicate_of.is_some() => Self::Duplicate,
            ReceiptState::Routed => Self::Unmatched,
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
    /// The key that both have.
    pub same_key: Option<DeliveryKey>,
    /// The jobs that it created.
    pub jobs: Vec<JobRow>,
    /// Which revision of the configuration judged it; 0 where that is not known.
    pub revision: u64,
    /// Why it is not routed any more.
    pub quarantine: Option<QuarantineReason>,
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
    /// What its subject is called, where it is called something.
    pub title: Option<String>,
    /// How far it got.
    pub state: ReceiptState,
    /// How many jobs it created.
    pub matched: u32,
    /// The first receipt of the same delivery.
    pub duplicate_of: Option<ReceiptId>,
    /// The receipt that it replays.
    pub replay_of: Option<ReceiptId>,
    /// Why it is not routed any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineReason>,
}

/// A job in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// Whose.
    pub agent: AgentName,
    /// Why it exists.
    #[serde(rename = "cause")]
    pub trigger: JobTrigger,
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
    /// What holds it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// What it is about, where it shares that with other jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<GroupKey>,
    /// The job that stands for it: of which it is part, or which was there already. Where this one
    /// executes, it is being stopped for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<JobId>,
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
    /// What it told of itself.
    #[serde(skip_serializing_if = "RunReport::is_empty")]
    pub report: RunReport,
}

impl AttemptRow {
    /// One that executes.
    pub const fn begun(attempt: Attempt, started_at: Timestamp) -> Self {
        Self { attempt, started_at, finished_at: None, outcome: None, report: RunReport::NOTHING }
    }
}

/// A run in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// Why its job exists.
    pub trigger: JobTrigger,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// The attempt itself.
    pub attempt: AttemptRow,
}

/// Runs of one agent that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCount {
    /// Whose.
    pub agent: AgentName,
    /// The name of the outcome, as in listings.
    pub outcome: String,
    /// How many.
    pub runs: u64,
    /// What they told that they spent.
    pub spent: Spent,
}

/// Dead letters of one agent for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// Whose.
    pub agent: AgentName,
    /// The name of the reason.
    pub reason: String,
    /// How many.
    pub jobs: u64,
    /// When the job of the oldest was created.
    pub oldest: Timestamp,
    /// When the job of the newest was created.
    pub newest: Timestamp,
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
