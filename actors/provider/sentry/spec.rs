//! What is fixed about Sentry, as data.

use std::time::Duration;

use crate::{
    domain::{FIELD, FieldSpec, KeyForm, Place, ProviderName, Signature, fact},
    provider::{CredentialSpec, KnownEvent, ProviderSpec, Sample, fields, shape::Shape},
};

/// What is fixed about it.
pub(super) static SENTRY: ProviderSpec = ProviderSpec {
    name: ProviderName::new("sentry"),
    title: "Sentry",
    documentation: Some("https://docs.sentry.io/integrations/integration-platform/webhooks/"),
    credential: CredentialSpec { r#type: "sentry_client_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &["sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type"],
    fields: &FIELDS,
    key_facts: &[
        fact::REPO,
        fact::NUMBER,
        fact::TITLE,
        fact::URL,
        fact::AUTHOR,
        fact::ASSIGNEE,
        fact::BRANCH,
        fact::BASE_BRANCH,
        fact::COMMENTER,
        fact::ORG,
    ],
    // Its timestamp is a header that is not signed.
    signs_time: false,
    tolerance: None,
    body_window: Some(Duration::from_secs(24 * 3600)),
    sends_forms: false,
    asked_by_name: &[],
    known_events: &KNOWN,
    shapes: SHAPES,
    shaped: Some("data"),
    samples: &SAMPLES,
};

/// The second one signs requests of UI components.
static SIGNATURES: [Signature; 2] =
    [Signature::sha256("sentry-hook-signature", ""), Signature::sha256("sentry-app-signature", "")];

static FIELDS: [FieldSpec; 3] = [
    fields::ACTIONS,
    FieldSpec { name: "resources", values: &[Place::Event], selectivity: 2, ..FIELD },
    fields::PROJECTS,
];

static KNOWN: [KnownEvent; 9] = [
    KnownEvent { name: "installation", actions: &["created", "deleted"] },
    KnownEvent { name: "event_alert", actions: &["triggered"] },
    KnownEvent { name: "activity_alert", actions: &["triggered"] },
    KnownEvent { name: "metric_alert", actions: &["critical", "warning", "resolved", "open"] },
    // The documentation says `archived`, the wire says `ignored`.
    KnownEvent {
        name: "issue",
        actions: &["created", "resolved", "assigned", "ignored", "archived", "unresolved"],
    },
    KnownEvent { name: "error", actions: &["created"] },
    KnownEvent { name: "comment", actions: &["created", "updated", "deleted"] },
    KnownEvent { name: "seer", actions: &[] },
    KnownEvent {
        name: "preprod_artifact",
        actions: &["size_analysis_completed", "build_distribution_completed"],
    },
];

/// What the data of a resource has; the newest ones are told by what they have not.
pub(super) static SHAPES: &[Shape] = &[
    Shape { event: "activity_alert", has: &["activity"], lacks: &[] },
    Shape { event: "comment", has: &["comment"], lacks: &[] },
    Shape { event: "error", has: &["error"], lacks: &[] },
    Shape { event: "event_alert", has: &["event"], lacks: &[] },
    Shape { event: "installation", has: &["installation"], lacks: &[] },
    Shape { event: "issue", has: &["issue"], lacks: &[&["activity"]] },
    Shape { event: "metric_alert", has: &["metric_alert"], lacks: &[] },
    Shape { event: "preprod_artifact", has: &[], lacks: &[OF_OTHERS] },
    Shape { event: "seer", has: &[], lacks: &[OF_OTHERS] },
];

const OF_OTHERS: &[&str] =
    &["activity", "comment", "error", "event", "installation", "issue", "metric_alert"];

static SAMPLES: [Sample; 3] = [
    Sample {
        name: "event_alert.triggered",
        event: "event_alert",
        body: include_str!("samples/event_alert.triggered.json"),
    },
    Sample { name: "issue.created", event: "issue", body: include_str!("samples/issue.created.json") },
    Sample {
        name: "metric_alert.critical",
        event: "metric_alert",
        body: include_str!("samples/metric_alert.critical.json"),
    },
];
