//! What an agent decided about a delivery.

use serde::{Deserialize, Serialize};

use crate::domain::{AgentName, SourceName, TriggerId};

/// What one agent decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It wants a job.
    Matched(Match),
    /// None of its triggers holds.
    #[serde(rename = "refused")]
    NotMatched {
        /// Who.
        agent: AgentName,
        /// One for each of its triggers that listens to the delivery's sources.
        #[serde(rename = "refusals")]
        mismatches: Vec<TriggerMismatch>,
    },
}

/// An agent's wish for a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Who.
    pub agent: AgentName,
    /// Index of the trigger that holds, as in the agent's `[[webhooks]]`.
    pub trigger: usize,
    /// The same by its name, which outlives the order; absent in what earlier versions stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<TriggerId>,
    /// The source of that trigger.
    pub source: SourceName,
}

/// Why one trigger does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerMismatch {
    /// Index of the trigger, as in the agent's `[[webhooks]]`.
    pub trigger: usize,
    /// Every clause that said no.
    pub failed: Vec<FailedClause>,
}

/// A clause that said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedClause {
    /// The field, named as in configuration.
    pub field: String,
    /// What would have done.
    pub wanted: Vec<String>,
    /// What was there.
    pub actual: Actual,
}

/// What a delivery has in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Actual {
    /// Nothing.
    Absent,
    /// One value.
    One(String),
    /// Several values.
    Many(Vec<String>),
}
