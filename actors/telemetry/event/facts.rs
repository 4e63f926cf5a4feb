//! What several facts have in common, or one fact has much of.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::{
    domain::{
        AgentName, Cost, DeliveryTrace, ProviderName, RunId, SourceName, Timestamp, Tokens, TraceParent,
    },
    telemetry::Millis,
};

pub(super) fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A verified delivery that was answered.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// The type in the URL.
    pub provider: ProviderName,
    /// The first source that verified it.
    pub source: SourceName,
    /// The id that its provider gave it.
    pub delivery_id: Option<Arc<str>>,
    /// The size of its body.
    pub bytes: usize,
    /// From complete body to answer.
    pub took_ms: Millis,
    /// From the head of the request to the answer.
    pub since_head_ms: Millis,
    /// The trace that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<DeliveryTrace>,
}

/// The end of a run.
#[derive(Debug, Clone, Serialize)]
pub struct RunEnded {
    /// Which.
    #[serde(serialize_with = "text")]
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// Why it was there.
    pub trigger: &'static str,
    /// How, in one word: `completed`, `failed`, `timed_out`.
    pub outcome: &'static str,
    /// How, in full, where there is more to say: `exit code 3`.
    pub detail: Option<String>,
    /// What happens to the job, in words.
    pub then: String,
    /// Whether the job is tried again.
    pub retried: bool,
    /// Whether the job ended with it.
    pub ends_job: bool,
    /// When it ended.
    pub at: Timestamp,
    /// When its job was made.
    pub made_at: Timestamp,
    /// From claim to end.
    pub took_ms: Millis,
    /// What its model read and wrote, where it told that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// What that cost, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The trace that its job is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}
