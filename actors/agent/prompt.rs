//! What a run is told.
//!
//! Instructions are the user's own text. Everything else stands in blocks of one JSON line each,
//! in which `<`, `>` and `&` are escaped, so that no text of a webhook can close its block.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    domain::{Event, FactName, Input, ReceiptId, SourceName, StandsFor, entry, fact, is_unseen, push_escape},
    store::JobTrigger,
};

/// A delivery as a run gets to know it.
#[derive(Debug, Clone, Copy)]
pub struct Delivered<'a> {
    /// What it says.
    pub event: &'a Event,
    /// The source of the trigger that matched.
    pub source: Option<&'a SourceName>,
    /// The receipt under which it is kept.
    pub receipt: Option<ReceiptId>,
    /// The provider's id of it.
    pub delivery_id: Option<&'a str>,
    /// What the run stands for beside it.
    pub stands_for: Option<&'a StandsFor>,
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

/// The same, with what somebody who asked for this very run wants of it.
#[must_use]
pub fn with_request(mut prompt: String, input: Option<&Input>) -> String {
    if let Some(Input(request)) = input.filter(|input| !input.0.trim().is_empty()) {
        prompt.push_str("\n<operator-request>\n");
        // A text is always JSON.
        push_escaped(&mut prompt, &serde_json::Value::from(request.as_str()).to_string());
        prompt.push_str("\n</operator-request>\n\nDo what the operator asks for above.\n");
    }
    prompt
}

/// The context as one line of JSON that can stand between tags.
pub fn context_json(delivered: &Delivered<'_>) -> String {
    // A context holds nothing that JSON cannot write.
    let json = serde_json::to_string(&Shown(delivered)).unwrap_or_else(|_| "{}".to_owned());
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

/// What prompts have always told, in its order.
const FIRST: [FactName; 11] = [
    fact::REPO,
    fact::NUMBER,
    fact::TITLE,
    fact::BODY,
    fact::URL,
    fact::AUTHOR,
    fact::ASSIGNEE,
    fact::LABELS,
    fact::BRANCH,
    fact::CONCLUSION,
    fact::COMMENT,
];
/// What stands behind the receipt.
const THEN: [FactName; 8] = [
    fact::ORG,
    fact::ASSIGNEES,
    fact::LABEL,
    fact::BASE_BRANCH,
    fact::BRANCHES,
    fact::TAG,
    fact::COMMENTER,
    fact::REPOS,
];

/// An event as a prompt shows it.
struct Shown<'a>(&'a Delivered<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(delivered) = self;
        let Event { header, facts, .. } = delivered.event;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("source", &header.provider)?;
        object.serialize_entry("event", &header.event)?;
        entry(&mut object, "action", header.action.as_ref())?;
        for name in FIRST {
            entry(&mut object, name.as_str(), facts.get(name))?;
        }
        entry(&mut object, "sender", header.sender.as_ref())?;
        entry(&mut object, "timestamp", header.time.as_ref())?;
        entry(&mut object, "receiptId", delivered.receipt)?;
        for name in THEN {
            entry(&mut object, name.as_str(), facts.get(name))?;
        }
        entry(&mut object, "details", delivered.event.shown_details())?;
        entry(&mut object, "source_name", delivered.source)?;
        entry(&mut object, "delivery_id", delivered.delivery_id)?;
        entry(&mut object, "stands_for", delivered.stands_for)?;
        object.end()
    }
}

#[cfg(test)]
mod tests;
