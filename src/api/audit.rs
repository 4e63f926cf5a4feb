//! Who changed what.

use herdgate_actors::domain::JobId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{ids::Id, time::Time};

/// Which changes; the newest come first.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only by this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only of this kind, like `agent.pause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only of this thing: an agent's name, an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Only then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Only before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// At most so many rows.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those behind this place, which `next` of the page before gave.
    #[param(value_type = Option<Id>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<JobId>,
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
