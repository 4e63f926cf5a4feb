//! What is fixed about GitHub.

use crate::{
    domain::{FieldSpec, KeyForm, ProviderName, Signature, WhenAbsent, fact},
    provider::{CredentialSpec, ProviderSpec, Sample, fields},
};

/// GitHub.
pub(in crate::provider) static GITHUB: ProviderSpec = ProviderSpec {
    name: ProviderName::new("github"),
    title: "GitHub",
    documentation: Some("https://docs.github.com/en/webhooks"),
    credential: CredentialSpec { r#type: "github_webhook_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &[
        "x-github-event",
        "x-github-delivery",
        "x-github-hook-id",
        "x-github-hook-installation-target-type",
        "x-github-hook-installation-target-id",
        "x-github-enterprise-host",
        "x-github-enterprise-version",
        "content-type",
        "user-agent",
    ],
    fields: &FIELDS,
    key_facts: &[
        fact::REPO,
        fact::NUMBER,
        fact::TITLE,
        fact::URL,
        fact::AUTHOR,
        fact::ASSIGNEE,
        fact::LABEL,
        fact::BRANCH,
        fact::BASE_BRANCH,
        fact::TAG,
        fact::CONCLUSION,
        fact::COMMENTER,
        fact::ORG,
    ],
    signs_time: false,
    tolerance: None,
    body_window: None,
    sends_forms: true,
    // Sent when a webhook is made.
    asked_by_name: &["ping"],
    known_events: super::events::KNOWN,
    shapes: super::shapes::SHAPES,
    shaped: None,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 2] =
    [Signature::sha256("x-hub-signature-256", "sha256="), Signature::sha1("x-hub-signature", "sha1=")];

static FIELDS: [FieldSpec; 11] = [
    fields::EVENTS,
    fields::ACTIONS,
    fields::REPOS,
    fields::ORGS,
    fields::LABELS,
    fields::ASSIGNEE,
    fields::AUTHOR,
    fields::SENDER,
    FieldSpec { when_absent: WhenAbsent::PassForOtherKinds(WITH_BRANCH), ..fields::BRANCHES },
    FieldSpec { when_absent: WhenAbsent::PassForOtherKinds(WITH_BASE), ..fields::BASE_BRANCHES },
    FieldSpec { when_absent: WhenAbsent::PassForOtherKinds(WITH_CONCLUSION), ..fields::CONCLUSIONS },
];

/// Events that can have a branch.
const WITH_BRANCH: &[&str] = &[
    "pull_request*",
    "deployment*",
    "push",
    "create",
    "delete",
    "workflow_run",
    "workflow_job",
    "workflow_dispatch",
    "check_run",
    "check_suite",
    "status",
    "release",
    "merge_group",
    "code_scanning_alert",
    "repository_dispatch",
    "branch_protection_rule",
];

/// What goes to a branch is a pull request, its reviews and comments, or a queue of them.
const WITH_BASE: &[&str] = &["pull_request*", "merge_group"];

/// Events that can have a conclusion.
const WITH_CONCLUSION: &[&str] = &[
    "workflow_run",
    "workflow_job",
    "check_run",
    "check_suite",
    "status",
    "deployment_status",
    "page_build",
    "pull_request_review",
    "repository_import",
];

const fn sample(name: &'static str, event: &'static str, body: &'static str) -> Sample {
    Sample { name, event, body }
}

static SAMPLES: [Sample; 6] = [
    sample("issues.labeled", "issues", include_str!("samples/issues.labeled.json")),
    sample("issue_comment.created", "issue_comment", include_str!("samples/issue_comment.created.json")),
    sample("pull_request.opened", "pull_request", include_str!("samples/pull_request.opened.json")),
    sample("push", "push", include_str!("samples/push.json")),
    sample("workflow_run.completed", "workflow_run", include_str!("samples/workflow_run.completed.json")),
    sample("ping", "ping", include_str!("samples/ping.json")),
];
