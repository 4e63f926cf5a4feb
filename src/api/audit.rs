//! Who changed what.

use herdgate_actors::domain::JobId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{ids::Id, list::Listed, time::Time};

/// Which changes; the newest come first.
pub type AuditQuery = Listed<AuditFilter>;

/// Which of them; all that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only by this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only of this kind, like `agent.pause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only of this thing: an agent's name, an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A change that somebody asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Its id.
    #[schema(value_type = Id)]
    pub id: JobId,
    /// When.
    pub at: Time,
    /// Who, by the name of the key.
    pub by: String,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What was done, like `agent.pause`.
    pub action: String,
    /// To what: an agent's name, an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// How it is since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// Why it was not done, where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
