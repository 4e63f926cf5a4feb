//! What is fixed about Linear, as data.

use crate::{
    domain::{FIELD, FactName, FieldSpec, KeyForm, Matcher, Place, ProviderName, Signature, fact},
    provider::{CredentialSpec, KnownEvent, ProviderSpec, Sample, fields},
};

/// What is fixed about it.
pub(super) static LINEAR: ProviderSpec = ProviderSpec {
    name: ProviderName::new("linear"),
    title: "Linear",
    documentation: Some("https://linear.app/developers/webhooks"),
    credential: CredentialSpec { r#type: "linear_webhook_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &["linear-delivery", "linear-event", "content-type", "user-agent"],
    fields: &FIELDS,
    key_facts: &[
        fact::REPO,
        fact::NUMBER,
        fact::TITLE,
        fact::URL,
        fact::AUTHOR,
        fact::ASSIGNEE,
        fact::COMMENTER,
        fact::ORG,
    ],
    signs_time: true,
    // Retries come after a minute, an hour and six, with the time of the first try.
    tolerance: None,
    body_window: None,
    sends_forms: false,
    asked_by_name: &[],
    known_events: &KNOWN,
    shapes: &[],
    shaped: None,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 1] = [Signature::sha256("linear-signature", "")];

/// What Linear calls the entity.
pub(super) const TYPE: FactName = FactName::text("type");

static FIELDS: [FieldSpec; 7] = [
    // Issues and comments go by GitHub's names for them, and by Linear's own.
    FieldSpec {
        also: &[Place::Fact(TYPE)],
        synonyms: &[("Issue", "issues"), ("Comment", "issue_comment")],
        ..fields::EVENTS
    },
    // Linear sends `remove`, and its users think of `delete`.
    FieldSpec { synonyms: &[("delete", "remove"), ("remove", "delete")], ..fields::ACTIONS },
    // By id, or by the slug in URLs.
    FieldSpec {
        name: "organizations",
        values: &[Place::Fact(fact::REPO), Place::Fact(fact::ORG)],
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
