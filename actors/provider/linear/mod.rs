//! Linear.
//!
//! Facts: <https://linear.app/developers/webhooks> and the schema in Linear's SDK. Entities are
//! named in the body; issues and comments go by the names that GitHub has for them (`issues`,
//! `issue_comment`), and filters may use either name.
//!
//! - `payload`: the places, as types.
//! - `context`: what they say.
//! - `details`: what only Linear knows.

mod context;
mod details;
mod payload;

#[cfg(test)]
mod tests;

use payload::{Payload, Slot};

use super::{Protocol, SignatureHeader, hashed_key, id_key, lenient};
use crate::domain::{DeliveryKey, Field, Headers, Provider, Timestamp, Unparsable, WebhookContext};

/// Linear's protocol.
pub(super) struct Linear;

static SIGNATURES: [SignatureHeader; 1] = [SignatureHeader::sha256("linear-signature", "")];

impl Protocol for Linear {
    fn provider(&self) -> Provider {
        Provider::Linear
    }

    fn signatures(&self) -> &'static [SignatureHeader] {
        &SIGNATURES
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &["linear-delivery", "linear-event", "content-type", "user-agent"]
    }

    fn fields(&self) -> &'static [Field] {
        &[
            Field::Organizations,
            Field::Events,
            Field::Actions,
            Field::Labels,
            Field::Assignee,
            Field::Author,
            Field::Sender,
        ]
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("linear-delivery")
    }

    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        headers.get("linear-delivery").map_or_else(|| hashed_key(&[body]), id_key)
    }

    /// The body says it, and the signature covers the body.
    fn signed_at(&self, _: &Headers, body: &[u8]) -> Option<Timestamp> {
        let stamp = lenient::read(body, |bytes| serde_json::from_slice::<Slot>(bytes)).ok()?;
        stamp.webhook_timestamp.0.map(Timestamp::from_millis)
    }

    fn is_event(&self, wanted: &str, context: &WebhookContext) -> bool {
        match wanted {
            "Issue" => context.event == "issues",
            "Comment" => context.event == "issue_comment",
            _ => {
                wanted == context.event || context.details.get("type").is_some_and(|native| native == wanted)
            }
        }
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable> {
        let of_header = headers.get("linear-event");
        let context = lenient::read(body, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| context::of(of_header, &payload))
        })?;
        context.ok_or_else(|| {
            Unparsable("the body has no `type`, and there is no header Linear-Event".to_owned())
        })
    }
}
