//! What each webhook provider really sends. One file, or folder, each.
//!
//! A [`Protocol`] is pure: headers and bytes in, facts out. Everything else in the system is the
//! same for all providers; a new one is one more implementation, registered in [`protocol`].

#[cfg(test)]
mod arbitrary;
mod form;
mod github;
pub mod lenient;
mod linear;
mod mintlify;
mod sentry;

#[cfg(test)]
mod corpus;

use bytes::Bytes;
use sha2::{Digest, Sha256};

pub use form::{FORM, payload};

use crate::domain::{
    DeliveryKey, Field, Headers, Provider, SignatureHeader, Timestamp, Unparsable, WebhookContext,
};

/// How one provider talks.
pub trait Protocol: Send + Sync + 'static {
    /// Whose protocol this is.
    fn provider(&self) -> Provider;

    /// Where signatures stand, the best first: a request is judged by the first header it has.
    fn signatures(&self) -> &'static [SignatureHeader];

    /// Headers that are kept with the delivery, lower-case; never a signature.
    fn kept_headers(&self) -> &'static [&'static str];

    /// The fields which a filter on this provider may name.
    fn fields(&self) -> &'static [Field];

    /// What makes two deliveries the same event, within one source.
    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey;

    /// The provider's own name of the delivery, by which its delivery log knows it.
    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str>;

    /// When the provider signed the request, where the signature covers that.
    fn signed_at(&self, _headers: &Headers, _body: &[u8]) -> Option<Timestamp> {
        None
    }

    /// Blanks secrets which the provider puts into bodies. Called right after verification.
    fn redact(&self, _headers: &Headers, body: Bytes) -> Bytes {
        body
    }

    /// Whether a filter that wants `wanted` means this event, by whatever name.
    fn is_event(&self, wanted: &str, context: &WebhookContext) -> bool {
        wanted == context.event
    }

    /// Reads an event. Unknown events, unknown fields and fields of the wrong type are fine.
    ///
    /// # Errors
    /// Says why the provider cannot have meant this: a body that is no JSON object, a header
    /// missing without which the event has no name.
    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable>;
}

/// The protocol of `provider`.
pub fn protocol(provider: Provider) -> &'static dyn Protocol {
    match provider {
        Provider::Github => &github::Github,
        Provider::Sentry => &sentry::Sentry,
        Provider::Linear => &linear::Linear,
        Provider::Mintlify => &mintlify::Mintlify,
    }
}

/// A key for providers that send no usable id: the hash of what makes the event.
pub(crate) fn hashed_key(parts: &[&[u8]]) -> DeliveryKey {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab","c") apart from ("a","bc").
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut key = String::with_capacity(7 + 64);
    key.push_str("sha256:");
    for byte in digest {
        use std::fmt::Write;
        let _ = write!(key, "{byte:02x}");
    }
    DeliveryKey::from(key)
}

/// A key from an id in a header, which is hostile text until proven short and printable.
pub(crate) fn id_key(id: &str) -> DeliveryKey {
    if !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        DeliveryKey::from(id)
    } else {
        hashed_key(&[id.as_bytes()])
    }
}
