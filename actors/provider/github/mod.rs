//! GitHub and GitHub Enterprise Server.
//!
//! Facts: <https://docs.github.com/en/webhooks/webhook-events-and-payloads> and example payloads of
//! every event. The list of events grows every few months, so none is required to be known: what
//! an event has in the usual places is read, whatever its name.
//!
//! - `payload`, `objects`: the places, as types.
//! - `subject`: what the event is about: number, title, text, link, people, labels.
//! - `branch`: branches, tags and conclusions.
//! - `details`: what only some kinds of events have.
//! - `shapes`: which bodies can be which event.
//! - `spec`, `events`: what is fixed about it.

mod branch;
mod details;
mod events;
mod objects;
mod payload;
mod shapes;
mod spec;
mod subject;

#[cfg(test)]
mod tests;

pub(super) use spec::GITHUB;

use payload::Payload;

use super::{
    Provider, ProviderSpec, SameBytes, Sample,
    keys::{hashed_key, id_key},
    lenient::{self, Keyed},
    payload as json_of,
};
use crate::domain::{DeliveryKey, Event, Headers, Timestamp, Unparsable, fact};

/// GitHub.
pub(super) struct Github;

impl Provider for Github {
    fn spec(&self) -> &'static ProviderSpec {
        &GITHUB
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

    fn same_bytes(&self, headers: &Headers) -> SameBytes {
        match headers.get("x-github-event") {
            Some(event) if events::REPEATED.contains(&event) => SameBytes::MayRepeat,
            _ => SameBytes::SameEvent,
        }
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let event = headers.get("x-github-event").filter(|event| !event.is_empty()).ok_or_else(|| {
            Unparsable("the header X-GitHub-Event is missing, or is no short text".to_owned())
        })?;
        let json = json_of(headers, body)?;
        lenient::read(&json, |bytes| {
            let Keyed { value: payload, keys } = serde_json::from_slice::<Keyed<'_, Payload<'_>>>(bytes)?;
            Ok(shapes::fits(event, &keys, &payload).map(|()| event_of(event, &payload)))
        })?
    }

    fn sample_headers(&self, sample: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![
            ("x-github-event", sample.event.to_owned()),
            ("x-github-delivery", id.to_owned()),
            ("x-github-hook-id", "4711".to_owned()),
            ("user-agent", "GitHub-Hookshot/herdgate".to_owned()),
        ]
    }
}

fn event_of(name: &str, payload: &Payload<'_>) -> Event {
    let mut event = Event::new(GITHUB.name, name);
    let Event { header, facts, details } = &mut event;
    header.action = payload.action.owned();
    header.sender = payload.sender.get().and_then(|sender| sender.login.owned());
    facts.set(fact::REPO, payload.repository.get().and_then(|repository| repository.full_name.get()));
    facts.set_list(fact::REPOS, payload.repositories());
    facts.set(fact::ORG, payload.org());
    header.time = subject::describe(facts, payload);
    branch::describe(header, facts, payload);
    details::describe(details, name, payload);
    event
}
