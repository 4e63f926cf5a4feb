//! Facts about what operators do.

use serde::Serialize;

use crate::domain::JobId;

/// Something that an operator changed, or tried to.
#[derive(Debug, Clone, Serialize)]
pub struct OperatorChange {
    /// Who, by the name of a key.
    pub by: String,
    /// From which address.
    pub from: Option<String>,
    /// What was done, like `agent.pause`: the label of the metric.
    pub action: &'static str,
    /// To what.
    pub subject: Option<String>,
    /// Why it was not done.
    pub problem: Option<String>,
}

/// How far a bulk action is.
#[derive(Debug, Clone, Serialize)]
pub struct BulkProgress {
    /// Which.
    pub bulk: JobId,
    /// Where it stands.
    pub state: &'static str,
    /// To how many it was done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}
