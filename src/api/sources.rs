//! Sources of webhooks.

use std::collections::BTreeMap;

use herdgate_actors::domain::{ReceiptId, SourceName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ids::Id, time::Time};

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Its name.
    #[schema(value_type = String)]
    pub name: SourceName,
    /// Whose webhooks it takes.
    pub provider: String,
    /// The paths at which it takes them; the first tries every source of its type.
    pub paths: Vec<String>,
    /// The URL to give to the provider, where `[gateway] url` says how the world reaches the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How its deliveries are verified.
    pub secret: Secret,
    /// The headers in which a signature may stand, the best first.
    pub signature_headers: Vec<String>,
    /// What it brought since the gate was started.
    pub since_start: Counters,
    /// The last delivery that it vouched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<LastDelivery>,
}

/// How the deliveries of a source are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// By its secret.
    Present,
    /// By its secret, or the one before it.
    PresentAndPrevious,
    /// Not at all: anybody may send.
    Unsigned,
}

/// What a source brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counters {
    /// Deliveries that made a job.
    pub matched: u64,
    /// Deliveries that nobody wanted.
    pub unmatched: u64,
    /// Deliveries that had come before.
    pub duplicates: u64,
    /// Verified bodies that are no event.
    pub unparsable: u64,
    /// Verified deliveries that could not be stored and were answered 503.
    pub unavailable: u64,
    /// Requests that were not verified, by why: those to its own path, and, where it is the only source of
    /// its type, those to the path of the type.
    pub refused: BTreeMap<String, u64>,
    /// Requests to the path of its type that no source of that type verified, by why. Whose they were to
    /// be nobody knows, so each source of the type tells of all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused_at_type: BTreeMap<String, u64>,
}

/// The last delivery of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastDelivery {
    /// Which.
    #[schema(value_type = Id)]
    pub receipt: ReceiptId,
    /// When it arrived.
    pub at: Time,
}
