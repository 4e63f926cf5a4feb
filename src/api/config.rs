//! The configuration in force.

use herdgate_actors::domain::AgentName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// The revision that is in force.
    pub revision: u64,
    /// All that is different from the revision before, in words.
    pub differences: String,
    /// Agents that are new.
    #[schema(value_type = Vec<String>)]
    pub added: Vec<AgentName>,
    /// Agents that are gone.
    #[schema(value_type = Vec<String>)]
    pub removed: Vec<AgentName>,
    /// Agents that are different.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<AgentName>,
    /// Keys whose new values wait for the next start.
    pub waits_for_restart: Vec<String>,
}
