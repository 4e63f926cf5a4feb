//! What comes due by itself.

use herdgate_actors::domain::AgentName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;

/// The schedule of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scheduled {
    /// Whose.
    #[schema(value_type = String)]
    pub agent: AgentName,
    /// As its file has it.
    pub expression: String,
    /// In which zone.
    pub timezone: String,
    /// Whether one run makes up for times that passed while the gate was down.
    pub catches_up: bool,
    /// Whether the agent is paused: what comes due waits then.
    pub paused: bool,
    /// The last time that came due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Time>,
    /// The next times.
    pub next: Vec<Time>,
}
