//! Dead letters: jobs that will not be tried again by themselves.

use herdgate_actors::domain::{AgentName, JobId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ids::Id, time::Time};

/// Which dead letters.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DeadLettersQuery {
    /// Only of this agent.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Only of jobs that were made then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Only of jobs that were made before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// The dead letters of one agent for one reason. `GET /jobs?state=discarded&agent=…&reason=…` lists
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetters {
    /// Whose.
    #[schema(value_type = String)]
    pub agent: AgentName,
    /// Why, in one word.
    pub reason: String,
    /// How many.
    pub jobs: u64,
    /// When the job of the oldest was made.
    pub oldest: Time,
    /// When the job of the newest was made.
    pub newest: Time,
}

/// What was done to dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLettersMoved {
    /// To which.
    #[schema(value_type = Vec<Id>)]
    pub jobs: Vec<JobId>,
}
