//! Jobs: one piece of work for one agent each.

use herdgate_actors::{
    domain::{self, AgentName, JobId, JobState, JobTrigger, ReceiptId, SourceName, TriggerId},
    store::JobRow,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ids::Id, list::Listed, time::Time};

/// Which jobs; the newest come first.
pub type JobsQuery = Listed<JobsFilter>;

/// Which of them; all that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct JobsFilter {
    /// Only of this agent.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Only in this state.
    #[param(inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Only dead letters for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only caused by deliveries to this source.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Only caused by this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only caused by this repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Only caused by this delivery.
    #[param(value_type = Option<Id>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for a free place.
    Available,
    /// Waits for its time.
    Scheduled,
    /// Has a run.
    Executing,
    /// Kept back; `held_by` says by what.
    Held,
    /// Failed, and waits for its next attempt.
    Retryable,
    /// Ended well.
    Completed,
    /// A dead letter: will not be tried again by itself.
    Discarded,
    /// An operator ended it, or another job stands for it.
    Cancelled,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its id.
    #[schema(value_type = Id)]
    pub id: JobId,
    /// Whose.
    #[schema(value_type = String)]
    pub agent: AgentName,
    /// Why it exists.
    pub trigger: Trigger,
    /// Where it stands.
    pub state: State,
    /// Why it is over without having been done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The delivery that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub receipt: Option<ReceiptId>,
    /// How many attempts were started.
    pub attempts: u32,
    /// When it was made.
    pub created_at: Time,
    /// When it is, or was, due.
    pub due_at: Time,
    /// What holds it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// What it is about, where its trigger has a `key`: one job of a key runs at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The job that stands for it: with which it was merged, or which was there already. Where this
    /// one executes, it is being stopped for that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub stand_in: Option<JobId>,
}

/// Why a job exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Trigger {
    /// A delivery matched.
    Webhook {
        /// The source of the trigger that matched.
        #[schema(value_type = String)]
        source: SourceName,
        /// Which of the agent's `[[webhooks]]` that was then, counted from 0.
        trigger: usize,
        /// The same by its name, which outlives the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        trigger_id: Option<TriggerId>,
    },
    /// The schedule came due.
    Schedule {
        /// At this time.
        due: Time,
    },
    /// An operator asked for it.
    Manual,
    /// What is stored of it cannot be read.
    Unreadable,
}

/// Why a job is over without having been done: a dead letter, or one that another job stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// In one word: `attempts_used_up`, `queue_full`, `superseded`, `busy`.
    pub reason: String,
    /// In full.
    pub detail: String,
}

/// What was done to a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobChanged {
    /// Which.
    #[schema(value_type = Id)]
    pub job: JobId,
}

/// To whom waiting jobs go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The agent that has them from now on.
    #[schema(value_type = String)]
    pub to: AgentName,
}

/// What became of the waiting jobs of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobsMoved {
    /// Whose they were.
    #[schema(value_type = String)]
    pub agent: AgentName,
    /// Who has them now; absent where they were discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<AgentName>,
    /// How many.
    pub jobs: u64,
}

macro_rules! same_states {
    ($($state:ident)*) => {
        impl From<JobState> for State {
            fn from(state: JobState) -> Self {
                match state { $(JobState::$state => Self::$state,)* }
            }
        }

        impl From<State> for JobState {
            fn from(state: State) -> Self {
                match state { $(State::$state => Self::$state,)* }
            }
        }
    };
}

same_states!(Available Scheduled Executing Held Retryable Completed Discarded Cancelled);

impl State {
    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        JobState::from(self).as_str()
    }
}

impl From<JobTrigger> for Trigger {
    fn from(trigger: JobTrigger) -> Self {
        match trigger {
            JobTrigger::Webhook { source, trigger, trigger_id } => {
                Self::Webhook { source, trigger, trigger_id }
            }
            JobTrigger::Schedule { due } => Self::Schedule { due: due.into() },
            JobTrigger::Manual => Self::Manual,
            JobTrigger::Unreadable => Self::Unreadable,
        }
    }
}

impl Trigger {
    /// Its cause in one word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Schedule { .. } => "schedule",
            Self::Manual => "manual",
            Self::Unreadable => "unreadable",
        }
    }
}

impl From<&domain::Reason> for Reason {
    fn from(reason: &domain::Reason) -> Self {
        Self { reason: reason.as_str().to_owned(), detail: reason.to_string() }
    }
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            agent: row.agent,
            trigger: row.trigger.into(),
            state: row.state.into(),
            reason: row.reason.as_ref().map(Reason::from),
            receipt: row.receipt,
            attempts: row.attempts,
            created_at: row.created_at.into(),
            due_at: row.due_at.into(),
            held_by: row.held_by,
            key: row.key.map(|key| key.0),
            stand_in: row.stand_in,
        }
    }
}
