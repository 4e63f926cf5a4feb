//! What a run is told.
//!
//! Instructions are the user's own text. Everything else stands in blocks of one JSON line each,
//! in which `<`, `>` and `&` are escaped, so that no text of a webhook can close its block.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    domain::{ProviderName, ReceiptId, SourceName, WebhookContext, is_unseen, push_escape},
    store::JobTrigger,
};

/// A delivery as a run gets to know it.
#[derive(Debug, Clone, Copy)]
pub struct Delivered<'a> {
    /// What it says.
    pub context: &'a WebhookContext,
    /// The source of the trigger that matched.
    pub source: Option<&'a SourceName>,
    /// The receipt under which it is kept.
    pub receipt: Option<ReceiptId>,
    /// The provider's id of it.
    pub delivery_id: Option<&'a str>,
}

/// The prompt of a run. `params` is JSON already.
pub fn render(
    instructions: &str,
    params: &str,
    cause: &JobTrigger,
    delivered: Option<&Delivered<'_>>,
) -> String {
    let mut prompt = String::with_capacity(instructions.len() + params.len() + 4096);
    prompt.push_str(instructions.trim_end());
    if !prompt.is_empty() {
        prompt.push_str("\n\n");
    }
    prompt.push_str("<agent-config>\n");
    push_escaped(&mut prompt, params);
    prompt.push_str("\n</agent-config>\n\n");
    if let Some(delivered) = delivered {
        prompt.push_str("<webhook-trigger>\n");
        prompt.push_str(&context_json(delivered));
        prompt.push_str("\n</webhook-trigger>\n\n");
    }
    prompt.push_str(match cause {
        JobTrigger::Webhook { .. } => {
            "A webhook event just fired. Review the trigger context above and take appropriate action."
        }
        JobTrigger::Schedule { .. } => {
            "You are running on a schedule. Check for new work and act on anything you find."
        }
        JobTrigger::Manual | JobTrigger::Unreadable => {
            "You have been triggered manually. Check for new work and act on anything you find."
        }
    });
    prompt.push('\n');
    prompt
}

/// The context as one line of JSON that can stand between tags.
pub fn context_json(delivered: &Delivered<'_>) -> String {
    // A context holds nothing that JSON cannot write.
    let json = serde_json::to_string(&Shown::from(delivered)).unwrap_or_else(|_| "{}".to_owned());
    let mut line = String::with_capacity(json.len() + 64);
    push_escaped(&mut line, &json);
    line
}

/// Escapes what could end a block, and what is not seen. In JSON these stand only in texts; plain
/// ends of lines and tabs stand only between them, where they mean nothing.
fn push_escaped(out: &mut String, json: &str) {
    for letter in json.chars() {
        match letter {
            '\n' | '\r' => {}
            '\t' => out.push(' '),
            '<' | '>' | '&' => push_escape(out, letter),
            other if is_unseen(other) => push_escape(out, other),
            other => out.push(other),
        }
    }
}

/// The keys in their order.
#[derive(Serialize)]
struct Shown<'a> {
    source: ProviderName,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    labels: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'a str>,
    #[serde(rename = "receiptId", skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    assignees: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_branch: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    branches: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commenter: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    repos: &'a [String],
    #[serde(skip_serializing_if = "Map::is_empty")]
    details: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<&'a str>,
}

impl<'a> From<&Delivered<'a>> for Shown<'a> {
    fn from(delivered: &Delivered<'a>) -> Self {
        let context = delivered.context;
        Self {
            source: context.source,
            event: &context.event,
            action: context.action.as_deref(),
            repo: context.repo.as_deref(),
            number: context.number,
            title: context.title.as_deref(),
            body: context.body.as_deref(),
            url: context.url.as_deref(),
            author: context.author.as_deref(),
            assignee: context.assignee.as_deref(),
            labels: &context.labels,
            branch: context.branch.as_deref(),
            conclusion: context.conclusion.as_deref(),
            comment: context.comment.as_deref(),
            sender: context.sender.as_deref(),
            timestamp: context.timestamp.as_deref(),
            receipt: delivered.receipt,
            org: context.org.as_deref(),
            assignees: &context.assignees,
            label: context.label.as_deref(),
            base_branch: context.base_branch.as_deref(),
            branches: &context.branches,
            tag: context.tag.as_deref(),
            commenter: context.commenter.as_deref(),
            repos: &context.repos,
            details: &context.details,
            source_name: delivered.source.map(SourceName::as_str),
            delivery_id: delivered.delivery_id,
        }
    }
}

#[cfg(test)]
mod tests;
