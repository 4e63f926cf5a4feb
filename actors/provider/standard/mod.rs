//! Standard Webhooks, which many services send.
//!
//! Facts: <https://www.standardwebhooks.com/> and its specification. The id, the time and the body
//! are signed; while a secret is rotated a request carries a signature of each. An event has a
//! `type`; what else stands in the body is the sender's own.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use serde_json::Value;

use super::{
    CredentialSpec, Provider, ProviderSpec, Sample, fields,
    keys::{hashed_key, id_key},
    lenient::{self, Object, Scalar, SmallEntries, Text, places},
};
use crate::domain::{
    DeliveryKey, Encoding, Event, FIELD, FactName, FieldSpec, Hash, Headers, KeyForm, Matcher, Part, Place,
    ProviderName, Scheme, Signature, Timestamp, Unparsable,
};

/// Standard Webhooks.
pub(super) struct Standard;

/// What is fixed about it.
static STANDARD: ProviderSpec = ProviderSpec {
    name: ProviderName::new("standard"),
    title: "Standard Webhooks",
    documentation: Some("https://www.standardwebhooks.com/"),
    credential: CredentialSpec { r#type: "standard_webhook_secret", key: KeyForm::Base64("whsec_") },
    signatures: &SIGNATURES,
    kept_headers: &["webhook-id", "webhook-timestamp", "content-type", "user-agent"],
    fields: &FIELDS,
    key_facts: &[],
    signs_time: true,
    // As its libraries have it.
    tolerance: Some(Duration::from_secs(300)),
    body_window: None,
    sends_forms: false,
    asked_by_name: &[],
    known_events: &[],
    shapes: &[],
    shaped: None,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 1] = [Signature {
    header: Cow::Borrowed("webhook-signature"),
    scheme: Scheme::Hmac {
        prefix: Cow::Borrowed("v1,"),
        hash: Hash::Sha256,
        encoding: Encoding::Base64,
        before: &[
            Part::Header("webhook-id"),
            Part::Text("."),
            Part::Header("webhook-timestamp"),
            Part::Text("."),
        ],
        several: true,
    },
    legacy: false,
}];

/// What the event is about, where its data names it: most senders of this form do.
const ID: FactName = FactName::within("data.id");

static FIELDS: [FieldSpec; 2] = [
    // Types are words with dots between them, so that `invoice.*` is of use.
    FieldSpec { matcher: Matcher::Glob, ..fields::EVENTS },
    FieldSpec { name: "ids", aliases: &["id"], values: &[Place::Fact(ID)], selectivity: 9, ..FIELD },
];

static SAMPLES: [Sample; 1] =
    [Sample { name: "invoice.paid", event: "invoice.paid", body: include_str!("samples/invoice.paid.json") }];

impl Provider for Standard {
    fn spec(&self) -> &'static ProviderSpec {
        &STANDARD
    }

    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        self.delivery_id(headers).map_or_else(|| hashed_key(&[body]), id_key)
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("webhook-id").filter(|id| !id.is_empty())
    }

    fn signed_at(&self, headers: &Headers, _: &[u8]) -> Option<Timestamp> {
        let seconds: i64 = headers.get("webhook-timestamp")?.parse().ok()?;
        Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
    }

    fn parse(&self, _: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let event = lenient::read(body, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| event(&payload))
        })?;
        event.ok_or_else(|| Unparsable("the body has no `type`".to_owned()))
    }

    fn sample_headers(&self, _: &Sample, id: &str, now: Timestamp) -> Vec<(&'static str, String)> {
        vec![("webhook-id", id.to_owned()), ("webhook-timestamp", (now.as_millis() / 1000).to_string())]
    }
}

places! {
    "snake_case";
    /// A whole payload.
    Payload {
        r#type: Text<'a>,
        timestamp: Scalar<'a>,
        data: Object<SmallEntries>,
    }
}

fn event(payload: &Payload<'_>) -> Option<Event> {
    let mut event = Event::new(STANDARD.name, payload.r#type.get()?);
    event.header.time = payload.timestamp.owned();
    if let Some(SmallEntries(data)) = payload.data.get() {
        event.facts.set(ID, data.get("id").and_then(Value::as_str));
        event.details.add("data", Some(Value::Object(data.clone().into_iter().collect())));
    }
    Some(event)
}
