//! One shape for every event of every provider.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::ProviderName;

/// What an event says, whoever sent it. The keys are those that prompts show; an absent value is
/// left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookContext {
    /// The provider.
    pub source: ProviderName,
    /// The provider's name of the event, like `issues` or `event_alert`.
    pub event: String,
    /// What happened to the subject, like `labeled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// GitHub: `owner/name`. Sentry: project slug. Linear: organization id. Mintlify: project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Number of the issue, pull request, discussion or alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Title of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Text of the subject, cut at [`BODY_LIMIT`](crate::domain::BODY_LIMIT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Where a person reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who wrote the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The first assignee, or the one that was just assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// All assignees, under every name by which a filter may know them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<String>,
    /// Labels of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The label that was just added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The branch; for a pull request its head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The branch a pull request goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// All branches, where the event names several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
    /// The tag, where the event is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// How something ended: `failure`, `success`, `approved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<String>,
    /// Text of the comment or review, cut at [`BODY_LIMIT`](crate::domain::BODY_LIMIT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Who wrote the comment or review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commenter: Option<String>,
    /// Who caused the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// When it happened, as the provider wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Organization login, slug or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Every repository of an event that is about several (GitHub App installations), or every
    /// project of a Sentry alert.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repos: Vec<String>,
    /// What only this provider knows, by its own names.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
    /// Other names of `author` by which a filter may know them, like an e-mail address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub author_aliases: Vec<String>,
    /// What events of this kind can carry; decides how filters treat an absent value.
    #[serde(default, rename = "carries")]
    pub kind_fields: KindFields,
}

/// What events of a kind can carry, whether or not this one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindFields {
    /// A `branches` filter applies to this kind of event.
    pub branch: bool,
    /// A `conclusions` filter applies to this kind of event.
    pub conclusion: bool,
}

impl WebhookContext {
    /// An event of which nothing is known yet but its name.
    pub fn new(source: ProviderName, event: impl Into<String>) -> Self {
        Self {
            source,
            event: event.into(),
            action: None,
            repo: None,
            number: None,
            title: None,
            body: None,
            url: None,
            author: None,
            assignee: None,
            assignees: Vec::new(),
            labels: Vec::new(),
            label: None,
            branch: None,
            base_branch: None,
            branches: Vec::new(),
            tag: None,
            conclusion: None,
            comment: None,
            commenter: None,
            sender: None,
            timestamp: None,
            org: None,
            repos: Vec::new(),
            details: Map::new(),
            author_aliases: Vec::new(),
            kind_fields: KindFields::default(),
        }
    }
}
