//! Signals that something changed. They say what to look at again, and nothing else.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something of this topic has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// Of what.
    pub topic: Topic,
    /// Grows with every change of the topic; starts anew with the gate.
    pub version: u64,
}

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Deliveries, and what sources count.
    Deliveries,
    /// Jobs, dead letters among them.
    Jobs,
    /// Runs.
    Runs,
    /// What agents may do.
    Agents,
    /// What came due.
    Schedule,
    /// Bulk actions.
    Bulk,
    /// The configuration in force.
    Config,
    /// Who changed what.
    Audit,
    /// The state of the gate and its actors.
    Nodes,
}

impl Topic {
    /// Every topic, in its order.
    pub const ALL: [Self; 9] = [
        Self::Deliveries,
        Self::Jobs,
        Self::Runs,
        Self::Agents,
        Self::Schedule,
        Self::Bulk,
        Self::Config,
        Self::Audit,
        Self::Nodes,
    ];
}
