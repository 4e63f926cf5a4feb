//! Sentry's integration platform.
//!
//! Facts: <https://docs.sentry.io/integrations/integration-platform/webhooks/> and Sentry's own source.
//! The resource stands in a header alone, and every resource keeps its project elsewhere. The
//! timestamp header is not signed, so it proves nothing; a retry has a new request id, so the body
//! is what makes a delivery the same.
//!
//! - `payload`: the places, as types.
//! - `context`: one function for each shape of data.
//! - `redact`: blanks the OAuth grant of an installation.

mod context;
mod payload;
mod redact;

#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::{Protocol, SignatureHeader, hashed_key, lenient};
use crate::domain::{DeliveryKey, Field, Headers, Provider, Unparsable, WebhookContext};

/// Sentry's protocol.
pub(super) struct Sentry;

/// The second one signs requests of UI components.
static SIGNATURES: [SignatureHeader; 2] = [
    SignatureHeader::sha256("sentry-hook-signature", ""),
    SignatureHeader::sha256("sentry-app-signature", ""),
];

impl Protocol for Sentry {
    fn provider(&self) -> Provider {
        Provider::Sentry
    }

    fn signatures(&self) -> &'static [SignatureHeader] {
        &SIGNATURES
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &["sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type"]
    }

    fn fields(&self) -> &'static [Field] {
        &[Field::Resources, Field::Actions, Field::Projects]
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("request-id")
    }

    /// Made of the bytes that are given, which are those that were sent: it is asked for before
    /// [`Self::redact`], and is never made again from what is stored.
    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        hashed_key(&[headers.get("sentry-hook-resource").unwrap_or_default().as_bytes(), body])
    }

    fn redact(&self, headers: &Headers, body: Bytes) -> Bytes {
        let resource = headers.get("sentry-hook-resource").unwrap_or_default();
        // Without the header it may be anything, and is stored nevertheless.
        if resource.is_empty() || resource.eq_ignore_ascii_case("installation") {
            redact::code(&body)
        } else {
            body
        }
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable> {
        let resource =
            headers.get("sentry-hook-resource").filter(|resource| !resource.is_empty()).ok_or_else(|| {
                Unparsable(
                "the header Sentry-Hook-Resource is missing: only webhooks of an integration are understood, \
                 not those of the legacy plugin"
                    .to_owned(),
            )
            })?;
        lenient::read(body, |bytes| {
            serde_json::from_slice::<payload::Payload<'_>>(bytes)
                .map(|payload| context::of(resource, &payload))
        })
    }
}
