//! What a provider must be able to do.

use bytes::Bytes;

use super::{ProviderSpec, Sample, keys};
use crate::domain::{DedupeKey, DeliveryKey, Event, Headers, HttpReply, Timestamp, Unparsable};

/// How one provider talks. Pure: headers and bytes in, facts out.
///
/// Everything else in the system is the same for all providers. A new one is one folder that
/// implements this, and one line in the registry.
pub trait Provider: Send + Sync + 'static {
    /// What is fixed about it.
    fn spec(&self) -> &'static ProviderSpec;

    /// What makes two deliveries the same event, within one source.
    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey;

    /// Whether equal bytes can only be the same event, whatever the headers say. Not so where a
    /// provider repeats itself by nature; and of no use where the signature covers the id.
    fn bytes_come_once(&self, _headers: &Headers) -> bool {
        false
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

impl dyn Provider {
    /// What makes two deliveries the same event, within one source, each with how long that is
    /// remembered: what the provider calls it, and its very bytes. No signature covers the headers
    /// with its id and the name of its event, so that whoever has seen one signed body could
    /// deliver it under new ones for ever.
    pub fn identify(&self, headers: &Headers, body: &[u8]) -> Vec<DedupeKey> {
        let key = self.delivery_key(headers, body);
        let window = |key: &DeliveryKey| self.spec().body_window.filter(|_| keys::is_hash(key));
        let mut known = vec![DedupeKey { window: window(&key), key }];
        if self.bytes_come_once(headers) {
            let key = keys::hashed_key(&[body]);
            if known[0].key != key {
                known.push(DedupeKey { window: window(&key), key });
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
