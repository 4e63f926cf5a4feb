//! Deliveries. Each is known by the id of its receipt.

use herdgate_actors::{
    domain::{AgentName, JobId, ReceiptId, SourceName, VerifiedBy},
    store::{DeliveryOutcome, ReceiptRow},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{ids::Id, jobs::Job, list::Listed, time::Time, verdict::Verdict};

/// Which deliveries; the newest come first.
pub type DeliveriesQuery = Listed<DeliveriesFilter>;

/// Which of them; all that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesFilter {
    /// Only of this source.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Only those of which this came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Only of this event, as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only of this repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Only those that made a job of this agent.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Only with this delivery id of the provider, like `X-GitHub-Delivery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// Only those that say this somewhere: in a title, a name, a comment. Case does not matter for
    /// ASCII letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It made a job.
    Matched,
    /// Nobody wanted it, or whoever wanted it had its job already.
    Unmatched,
    /// The same delivery had come before.
    Duplicate,
    /// Its body is no event.
    Unparsable,
    /// It is stored and yet to be routed.
    Unrouted,
    /// It was routed, and somebody has not answered yet.
    Gapped,
    /// It is not routed any more, for a reason that stands beside it.
    Quarantined,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// The id of its receipt.
    #[schema(value_type = Id)]
    pub id: ReceiptId,
    /// When it arrived.
    pub at: Time,
    /// The type in its URL.
    pub provider: String,
    /// Every source that vouched for it.
    #[schema(value_type = Vec<String>)]
    pub sources: Vec<SourceName>,
    /// What came of it.
    pub outcome: Outcome,
    /// The event, as the provider names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What happened to the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// What its subject is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How many jobs it made.
    pub matched: u32,
    /// The first receipt of the same delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub duplicate_of: Option<ReceiptId>,
    /// The receipt that it replays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub replay_of: Option<ReceiptId>,
    /// Why it is not routed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantine>,
}

/// Why a delivery is not routed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quarantine {
    /// In one word.
    pub reason: String,
    /// In full.
    pub detail: String,
}

/// A delivery with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryDetail {
    /// The delivery.
    pub delivery: Delivery,
    /// The id that its provider gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// By which it is known as a duplicate, within one source.
    pub key: String,
    /// The key that it shares with the delivery of which it is a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_key: Option<String>,
    /// The revision of the configuration that judged it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// By what each of its sources knew its sender; empty where that was not written down.
    pub verified_by: Vec<Verified>,
    /// The headers that were kept. Signatures never are.
    pub headers: Vec<Header>,
    /// The size of its body.
    pub bytes: usize,
    /// What it says, as agents are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Value>,
    /// Why its body is no event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What the agents said of it when it came. Of many that said no, 64 are kept.
    pub verdicts: Vec<Verdict>,
    /// What all enabled agents that listen to its sources would say today.
    pub today: Vec<Verdict>,
    /// The jobs that it made.
    pub jobs: Vec<Job>,
}

/// How a source came to vouch for a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verified {
    /// Which source.
    #[schema(value_type = String)]
    pub source: SourceName,
    /// By which of its secrets.
    pub secret: Secret,
}

/// Which secret of a source signed a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SigningSecret)]
pub enum Secret {
    /// The one in force.
    Current,
    /// The one before, which is accepted while it is rotated.
    Previous,
    /// None: the source has no secret, and anybody may send.
    Unsigned,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// To whom a delivery is replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Replay {
    /// To this agent alone, as if it matched; to all whom it matches today where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub agent: Option<AgentName>,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// The new receipt; that of the delivery itself where it went to one agent.
    #[schema(value_type = Id)]
    pub receipt: ReceiptId,
    /// The delivery that was replayed.
    #[schema(value_type = Id)]
    pub replay_of: ReceiptId,
    /// How many jobs it made.
    pub matched: u32,
    /// How many agents wanted it but got no new job.
    pub skipped: u32,
    /// The job of the agent to whom alone it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub job: Option<JobId>,
}

impl From<VerifiedBy> for Secret {
    fn from(by: VerifiedBy) -> Self {
        match by {
            VerifiedBy::Current => Self::Current,
            VerifiedBy::Previous => Self::Previous,
            VerifiedBy::Unsigned => Self::Unsigned,
        }
    }
}

impl From<DeliveryOutcome> for Outcome {
    fn from(outcome: DeliveryOutcome) -> Self {
        match outcome {
            DeliveryOutcome::Matched => Self::Matched,
            DeliveryOutcome::Unmatched => Self::Unmatched,
            DeliveryOutcome::Duplicate => Self::Duplicate,
            DeliveryOutcome::Unparsable => Self::Unparsable,
            DeliveryOutcome::Unrouted => Self::Unrouted,
            DeliveryOutcome::Gapped => Self::Gapped,
            DeliveryOutcome::Quarantined => Self::Quarantined,
        }
    }
}

impl From<Outcome> for DeliveryOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Matched => Self::Matched,
            Outcome::Unmatched => Self::Unmatched,
            Outcome::Duplicate => Self::Duplicate,
            Outcome::Unparsable => Self::Unparsable,
            Outcome::Unrouted => Self::Unrouted,
            Outcome::Gapped => Self::Gapped,
            Outcome::Quarantined => Self::Quarantined,
        }
    }
}

impl From<ReceiptRow> for Delivery {
    fn from(row: ReceiptRow) -> Self {
        let outcome = DeliveryOutcome::of(&row).into();
        let quarantine = row
            .quarantine
            .map(|reason| Quarantine { reason: reason.as_str().to_owned(), detail: reason.to_string() });
        Self {
            id: row.id,
            at: row.at.into(),
            provider: row.provider.to_string(),
            sources: row.sources,
            outcome,
            event: row.event,
            action: row.action,
            repo: row.repo,
            title: row.title,
            matched: row.matched,
            duplicate_of: row.duplicate_of,
            replay_of: row.replay_of,
            quarantine,
        }
    }
}
