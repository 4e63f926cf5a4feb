//! Linear.
//!
//! Facts: <https://linear.app/developers/webhooks> and the schema in Linear's SDK. Entities are
//! named in the body; issues and comments go by the names that GitHub has for them (`issues`,
//! `issue_comment`), and filters may use either name.
//!
//! - `payload`: the places, as types.
//! - `context`: what they say.
//! - `details`: what only Linear knows.
//! - `updated_from`: what was there before a change.

mod context;
mod details;
mod payload;
mod updated_from;

#[cfg(test)]
mod tests;

use payload::{Payload, Slot};

use super::{
    CredentialSpec, KnownEvent, Provider, ProviderSpec, Sample, fields,
    keys::{hashed_key, id_key},
    lenient,
};
use crate::domain::{
    DeliveryKey, FIELD, FieldSpec, Headers, KeyForm, Matcher, Place, ProviderName, Signature, Timestamp,
    Unparsable, WebhookContext,
};

/// Linear.
pub(super) struct Linear;

/// What is fixed about it.
static LINEAR: ProviderSpec = ProviderSpec {
    name: ProviderName::new("linear"),
    title: "Linear",
    documentation: Some("https://linear.app/developers/webhooks"),
    credential: CredentialSpec { r#type: "linear_webhook_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &["linear-delivery", "linear-event", "content-type", "user-agent"],
    fields: &FIELDS,
    signs_time: true,
    // Retries come after a minute, an hour and six, with the time of the first try.
    tolerance: None,
    body_window: None,
    sends_forms: false,
    may_be_unsigned: true,
    asked_by_name: &[],
    known_events: &KNOWN,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 1] = [Signature::sha256("linear-signature", "")];

static FIELDS: [FieldSpec; 7] = [
    // Issues and comments go by GitHub's names for them, and by Linear's own.
    FieldSpec {
        also: &[Place::Detail("type")],
        synonyms: &[("Issue", "issues"), ("Comment", "issue_comment")],
        ..fields::EVENTS
    },
    // Linear sends `remove`, and its users think of `delete`.
    FieldSpec { synonyms: &[("delete", "remove"), ("remove", "delete")], ..fields::ACTIONS },
    // By id, or by the slug in URLs.
    FieldSpec {
        name: "organizations",
        values: &[Place::Fact("repo"), Place::Fact("org")],
        matcher: Matcher::IgnoreCase,
        selectivity: 4,
        ..FIELD
    },
    fields::LABELS,
    fields::ASSIGNEE,
    fields::AUTHOR,
    fields::SENDER,
];

/// Entities that are made, changed and removed.
const CHANGES: &[&str] = &["create", "update", "remove"];

static KNOWN: [KnownEvent; 24] = [
    KnownEvent { name: "Issue", actions: CHANGES },
    KnownEvent { name: "Comment", actions: CHANGES },
    KnownEvent { name: "IssueLabel", actions: CHANGES },
    KnownEvent { name: "Project", actions: CHANGES },
    KnownEvent { name: "ProjectUpdate", actions: CHANGES },
    KnownEvent { name: "ProjectLabel", actions: CHANGES },
    KnownEvent { name: "Cycle", actions: CHANGES },
    KnownEvent { name: "Reaction", actions: CHANGES },
    KnownEvent { name: "Attachment", actions: CHANGES },
    KnownEvent { name: "Document", actions: CHANGES },
    KnownEvent { name: "Initiative", actions: CHANGES },
    KnownEvent { name: "InitiativeUpdate", actions: CHANGES },
    KnownEvent { name: "Customer", actions: CHANGES },
    KnownEvent { name: "CustomerNeed", actions: CHANGES },
    KnownEvent { name: "User", actions: CHANGES },
    KnownEvent { name: "Release", actions: CHANGES },
    KnownEvent { name: "ReleaseNote", actions: CHANGES },
    KnownEvent { name: "AuditEntry", actions: CHANGES },
    KnownEvent { name: "IssueSLA", actions: &["set", "highRisk", "breached"] },
    KnownEvent { name: "OAuthApp", actions: &["revoked"] },
    KnownEvent { name: "OAuthAuthorization", actions: &["revoked"] },
    KnownEvent { name: "AppUserNotification", actions: &[] },
    KnownEvent { name: "PermissionChange", actions: &[] },
    KnownEvent { name: "AgentSessionEvent", actions: &["created", "prompted"] },
];

static SAMPLES: [Sample; 2] = [
    Sample { name: "Issue.create", event: "Issue", body: include_str!("samples/Issue.create.json") },
    Sample { name: "Comment.create", event: "Comment", body: include_str!("samples/Comment.create.json") },
];

impl Provider for Linear {
    fn spec(&self) -> &'static ProviderSpec {
        &LINEAR
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("linear-delivery").filter(|id| !id.is_empty())
    }

    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        self.delivery_id(headers).map_or_else(|| hashed_key(&[body]), id_key)
    }

    /// The body says it, and the signature covers the body.
    fn signed_at(&self, _: &Headers, body: &[u8]) -> Option<Timestamp> {
        let stamp = lenient::read(body, |bytes| serde_json::from_slice::<Slot>(bytes)).ok()?;
        stamp.webhook_timestamp.0.map(Timestamp::from_millis)
    }

    fn bytes_come_once(&self, _: &Headers) -> bool {
        true
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable> {
        let of_header = headers.get("linear-event");
        let context = lenient::read(body, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| context::of(of_header, &payload))
        })?;
        context.ok_or_else(|| {
            Unparsable("the body has no `type`, and there is no header Linear-Event".to_owned())
        })
    }

    fn sample_headers(&self, sample: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![("linear-event", sample.event.to_owned()), ("linear-delivery", id.to_owned())]
    }
}
