//! Bulk actions: one thing done to all that match, as a task in the background.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{deliveries::Outcome, ids::Id, jobs::State as JobState, time::Time};
use herdgate_actors::domain::{AgentName, JobId, SourceName};

/// What to do, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBulk {
    /// What to do.
    pub action: Action,
    /// To which. All that could be meant have to be asked for by `{"all": true}`.
    pub filter: Filter,
    /// To no more than so many, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub limit: Option<u64>,
    /// To this agent alone deliveries are replayed, as if they matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<AgentName>,
    /// Only count; nothing is done.
    #[serde(default)]
    pub dry_run: bool,
    /// At most so many a second.
    #[serde(default = "default_rate")]
    #[schema(minimum = 1, maximum = 10_000)]
    pub per_second: u32,
}

/// The rate where nobody says.
pub const DEFAULT_RATE: u32 = 100;

const fn default_rate() -> u32 {
    DEFAULT_RATE
}

/// What is done to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Deliveries are routed again, with the filters of now.
    ReplayDeliveries,
    /// Jobs that ended are run again.
    RetryJobs,
    /// Dead letters are marked as seen to.
    DismissJobs,
    /// Jobs that wait are cancelled.
    CancelJobs,
}

/// Which are meant. `outcome`, `delivery_id` and `text` are of deliveries alone; `state` and `reason` are
/// of jobs alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// All that the action makes sense for; must be true where nothing else is said.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Only of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub agent: Option<AgentName>,
    /// Only of this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub source: Option<SourceName>,
    /// Only of this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only of this repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Only deliveries that say this somewhere: in a title, a name, a comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Only deliveries of which this came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Only deliveries with this delivery id of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// Only jobs in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// Only dead letters for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Only before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// A bulk action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bulk {
    /// Its id.
    #[schema(value_type = Id)]
    pub id: JobId,
    /// What is done.
    pub action: Action,
    /// To which.
    pub filter: Filter,
    /// To no more than so many, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// To whom alone deliveries are replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<AgentName>,
    /// Who asked for it, by the name of the key.
    pub by: String,
    /// Where it stands.
    pub state: State,
    /// How many there were when it began.
    pub total: u64,
    /// To how many it was done.
    pub done: u64,
    /// How many were not in a state for it any more, or refused.
    pub skipped: u64,
    /// How many new jobs that made.
    pub jobs: u64,
    /// What the last of those said, or why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// At most so many a second.
    pub per_second: u32,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

/// Where a bulk action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Only counted, as was asked for.
    Counted,
    /// Under way.
    Running,
    /// Done to all.
    Done,
    /// Somebody ended it; what was done stays done.
    Cancelled,
    /// It ended for the reason that stands beside it; what was done stays done.
    Failed,
    /// The gate ended before it was through; what was done stays done.
    Interrupted,
}
