//! The one way to make a job: for deliveries, schedules, operators, replays and calls.

use serde::{Deserialize, Serialize};

use super::{Debounce, GroupKey, JobTrigger, TraceParent, WhenBusy};
use crate::domain::{AgentName, JobId, ReceiptId, RunId, SourceName, Timestamp};

/// What a job is given beside its delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Input(pub String);

/// Of what an agent has at most one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// Of a delivery to this source, for as long as the delivery's key is remembered. A replay is a
    /// delivery of its own.
    Delivery {
        /// The source of the trigger that matched.
        source: SourceName,
    },
    /// Of its schedule, among the jobs that wait.
    Schedule,
    /// Of this text, for as long as the job is kept.
    Text(String),
}

/// What happens where there is a job of the same [`Unique`] already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The earlier one stays, and no new one is made.
    #[default]
    Keep,
    /// An earlier one that waits takes over what the new one is about, and its time.
    Replace,
    /// An earlier one that waits is cancelled, and the new one is made.
    Supersede,
}

/// A job to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Under which id; known before it is written.
    pub id: JobId,
    /// Whose.
    pub agent: AgentName,
    /// Why.
    pub trigger: JobTrigger,
    /// The delivery that it is about.
    pub receipt: Option<ReceiptId>,
    /// What it is given beside that.
    pub input: Option<Input>,
    /// Of what there is at most one.
    pub unique: Option<Unique>,
    /// What it is about, where it shares that with other jobs.
    pub group_key: Option<GroupKey>,
    /// What happens while others of that key wait or execute.
    pub when_busy: WhenBusy,
    /// How long others of that key are waited for.
    pub debounce: Option<Debounce>,
    /// Higher ones are claimed first.
    pub priority: i8,
    /// The current time.
    pub created_at: Timestamp,
    /// Not to be started before this time.
    pub not_before: Option<Timestamp>,
    /// How many jobs of the agent may wait; beyond it the job is a dead letter at once.
    pub limit: Option<u32>,
    /// What happens where there is one already.
    pub on_conflict: OnConflict,
    /// The run that asked for it.
    pub parent: Option<RunId>,
    /// The trace that it belongs to.
    pub trace: Option<TraceParent>,
}

impl NewJob {
    /// A job that may start at once, as often as it is asked for.
    pub const fn new(id: JobId, agent: AgentName, trigger: JobTrigger, created_at: Timestamp) -> Self {
        Self {
            id,
            agent,
            trigger,
            receipt: None,
            input: None,
            unique: None,
            group_key: None,
            when_busy: WhenBusy::Queue,
            debounce: None,
            priority: 0,
            created_at,
            not_before: None,
            limit: None,
            on_conflict: OnConflict::Keep,
            parent: None,
            trace: None,
        }
    }

    /// The job of an agent that a delivery to `source` matched.
    pub fn of_delivery(
        id: JobId,
        agent: AgentName,
        trigger: JobTrigger,
        source: SourceName,
        receipt: ReceiptId,
        at: Timestamp,
    ) -> Self {
        Self {
            receipt: Some(receipt),
            unique: Some(Unique::Delivery { source }),
            ..Self::new(id, agent, trigger, at)
        }
    }

    /// The job of a schedule that came due.
    pub(crate) fn of_schedule(id: JobId, agent: AgentName, due: Timestamp, now: Timestamp) -> Self {
        Self { unique: Some(Unique::Schedule), ..Self::new(id, agent, JobTrigger::Schedule { due }, now) }
    }
}
