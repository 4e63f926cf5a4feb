//! What a provider must be able to do.

use std::time::Duration;

use bytes::Bytes;

use super::{ProviderSpec, Sample, keys};
use crate::domain::{DedupeKey, DeliveryKey, Event, Headers, HttpReply, KeyWindow, Timestamp, Unparsable};

/// How one provider talks. Pure: headers and bytes in, facts out.
///
/// Everything else in the system is the same for all providers. A new one is one folder that
/// implements this, and one line in the registry.
pub trait Provider: Send + Sync + 'static {
    /// What is fixed about it.
    fn spec(&self) -> &'static ProviderSpec;

    /// What makes two deliveries the same event, within one source.
    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey;

    /// What equal bytes are, whatever the headers say.
    fn same_bytes(&self, _headers: &Headers) -> SameBytes {
        SameBytes::OtherId
    }

    /// The provider's own name of the delivery, by which its delivery log knows it.
    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str>;

    /// When the provider signed the request, where the signature covers that.
    fn signed_at(&self, _headers: &Headers, _body: &[u8]) -> Option<Timestamp> {
        None
    }

    /// What a request that only tries the address is answered. Asked after verification; what is
    /// answered here is no delivery.
    fn handshake(&self, _headers: &Headers, _body: &[u8]) -> Option<HttpReply> {
        None
    }

    /// Blanks secrets which the provider puts into bodies. Called right after verification.
    fn redact(&self, _headers: &Headers, body: Bytes) -> Bytes {
        body
    }

    /// Reads an event. Unknown events, unknown fields and fields of the wrong type are fine.
    ///
    /// # Errors
    /// Says why the provider cannot have meant this: a body that is no JSON object, a header
    /// missing without which the event has no name.
    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable>;

    /// The headers that would come with a sample, but for the signature and the content type.
    /// `id` makes it a delivery of its own.
    fn sample_headers(&self, sample: &Sample, id: &str, now: Timestamp) -> Vec<(&'static str, String)>;

    /// The body that would come with it. `id` makes its bytes those of a delivery of its own, in a
    /// member that nobody reads.
    fn sample_body(&self, sample: &Sample, id: &str) -> String {
        sample.body.replacen('{', &format!("{{\n  \"herdgate_sample\": {},", serde_json::json!(id)), 1)
    }
}

/// What the very bytes of an earlier delivery are, when they come under another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameBytes {
    /// The same event: nothing that happens twice is written in the same bytes.
    SameEvent,
    /// Perhaps another one in the same words, since the provider repeats itself by nature: a button is
    /// pressed again. Within [`REPEAT_WINDOW`] they are the same event.
    MayRepeat,
    /// Another event: the signature covers the id.
    OtherId,
}

/// How soon after one another equal bytes of a provider that repeats itself are still the same event.
/// Long enough that one captured body is no flood of runs, short enough for who presses a button again.
const REPEAT_WINDOW: Duration = Duration::from_secs(60);

impl dyn Provider {
    /// What makes two deliveries the same event, within one source, each with how long that is
    /// remembered: what the provider calls it, and its very bytes. No signature covers the headers
    /// with its id and the name of its event, so that whoever has seen one signed body could
    /// deliver it under new ones for ever.
    pub fn identify(&self, headers: &Headers, body: &[u8]) -> Vec<DedupeKey> {
        let key = self.delivery_key(headers, body);
        let window = |key: &DeliveryKey| match self.spec().body_window {
            Some(window) if keys::is_hash(key) => KeyWindow::Default(window),
            _ => KeyWindow::Project,
        };
        let mut known = vec![DedupeKey { window: window(&key), key }];
        let same_bytes = self.same_bytes(headers);
        if same_bytes != SameBytes::OtherId {
            let key = keys::hashed_key(&[body]);
            let window = match same_bytes {
                SameBytes::MayRepeat => KeyWindow::AtMost(REPEAT_WINDOW),
                _ => window(&key),
            };
            if known[0].key != key {
                known.push(DedupeKey { key, window });
            }
        }
        known
    }

    /// Reads an event and cuts what is too long to keep.
    ///
    /// # Errors
    /// As [`Provider::parse`].
    pub fn read(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let mut event = self.parse(headers, body)?;
        event.bound();
        Ok(event)
    }
}
