//! Linear.
//!
//! Facts: <https://linear.app/developers/webhooks> and the schema in Linear's SDK. Entities are
//! named in the body; issues and comments go by the names that GitHub has for them (`issues`,
//! `issue_comment`), and filters may use either name.
//!
//! - `payload`: the places, as types.
//! - `context`: what they say.
//! - `spec`: what is fixed about it.
//! - `details`: what only Linear knows.
//! - `updated_from`: what was there before a change.

mod context;
mod details;
mod payload;
mod spec;
mod updated_from;

#[cfg(test)]
mod tests;

use payload::{Payload, Slot};
use spec::LINEAR;

use super::{
    Provider, ProviderSpec, SameBytes, Sample,
    keys::{hashed_key, id_key},
    lenient,
};
use crate::domain::{DeliveryKey, Event, Headers, Timestamp, Unparsable};

/// Linear.
pub(super) struct Linear;

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

    fn same_bytes(&self, _: &Headers) -> SameBytes {
        SameBytes::SameEvent
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let of_header = headers.get("linear-event");
        let event = lenient::read(body, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| context::of(of_header, &payload))
        })?;
        event.ok_or_else(|| {
            Unparsable("the body has no `type`, and there is no header Linear-Event".to_owned())
        })
    }

    fn sample_headers(&self, sample: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![("linear-event", sample.event.to_owned()), ("linear-delivery", id.to_owned())]
    }
}
