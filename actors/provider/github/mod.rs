//! GitHub and GitHub Enterprise Server.
//!
//! Facts: <https://docs.github.com/en/webhooks/webhook-events-and-payloads> and example payloads of
//! every event. The list of events grows every few months, so none is required to be known: what
//! an event has in the usual places is read, whatever its name.
//!
//! - `payload`: the places, as types.
//! - `subject`: what the event is about: number, title, text, link, people, labels.
//! - `branch`: branches, tags and conclusions.
//! - `details`: what only some kinds of events have.

mod branch;
mod details;
mod payload;
mod subject;

#[cfg(test)]
mod tests;

use payload::Payload;

use super::{Protocol, SignatureHeader, hashed_key, id_key, lenient, payload as json_of};
use crate::domain::{DeliveryKey, Field, Headers, Provider, Unparsable, WebhookContext};

/// GitHub's protocol.
pub(super) struct Github;

/// The legacy header is judged only where the better one is missing.
static SIGNATURES: [SignatureHeader; 2] = [
    SignatureHeader::sha256("x-hub-signature-256", "sha256="),
    SignatureHeader::sha1("x-hub-signature", "sha1="),
];

impl Protocol for Github {
    fn provider(&self) -> Provider {
        Provider::Github
    }

    fn signatures(&self) -> &'static [SignatureHeader] {
        &SIGNATURES
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &[
            "x-github-event",
            "x-github-delivery",
            "x-github-hook-id",
            "x-github-hook-installation-target-type",
            "x-github-hook-installation-target-id",
            "x-github-enterprise-host",
            "x-github-enterprise-version",
            "content-type",
            "user-agent",
        ]
    }

    fn fields(&self) -> &'static [Field] {
        &[
            Field::Events,
            Field::Actions,
            Field::Repos,
            Field::Orgs,
            Field::Labels,
            Field::Assignee,
            Field::Author,
            Field::Sender,
            Field::Branches,
            Field::BaseBranches,
            Field::Conclusions,
        ]
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("x-github-delivery")
    }

    /// The GUID names the event, not the delivery: two hooks send the same one. A redelivery
    /// carries the GUID of the original.
    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        let text = |name| headers.get(name).unwrap_or_default();
        let (hook, guid) = (text("x-github-hook-id"), text("x-github-delivery"));
        if guid.is_empty() {
            hashed_key(&[text("x-github-event").as_bytes(), body])
        } else if hook.contains(':') {
            // No hook of GitHub's; it must not pass for another hook with a longer GUID.
            hashed_key(&[hook.as_bytes(), guid.as_bytes()])
        } else {
            id_key(&format!("{hook}:{guid}"))
        }
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable> {
        let event = headers
            .get("x-github-event")
            .filter(|event| !event.is_empty())
            .ok_or_else(|| Unparsable("the header X-GitHub-Event is missing".to_owned()))?;
        let json = json_of(headers, body)?;
        lenient::read(&json, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| context(event, &payload))
        })
    }
}

fn context(event: &str, payload: &Payload<'_>) -> WebhookContext {
    let mut context = WebhookContext::new(Provider::Github, event);
    context.action = payload.action.owned();
    context.repo = payload.repository.get().and_then(|repository| repository.full_name.owned());
    context.repos = payload.repositories();
    context.org = payload.org();
    context.sender = payload.sender.get().and_then(|sender| sender.login.owned());
    subject::describe(&mut context, payload);
    branch::describe(&mut context, payload);
    context.details = details::of(event, payload);
    context
}
