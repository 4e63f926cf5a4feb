//! Sentry's integration platform.
//!
//! Facts: <https://docs.sentry.io/integrations/integration-platform/webhooks/> and Sentry's own source.
//! The resource stands in a header alone, and every resource keeps its project elsewhere. The
//! timestamp header is not signed, so it proves nothing; a retry has a new request id, so the body
//! is what makes a delivery the same.
//!
//! - `payload`: the places, as types.
//! - `context`: one function for each shape of data.
//! - `spec`: what is fixed about it.
//! - `redact`: blanks the OAuth grant of an installation.

mod context;
mod payload;
mod redact;
mod spec;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use spec::SENTRY;

use super::{
    Provider, ProviderSpec, SameBytes, Sample,
    keys::hashed_key,
    lenient::{self, Keys},
    shape,
};
use crate::domain::{DeliveryKey, Event, Headers, Timestamp, Unparsable};

/// Sentry.
pub(super) struct Sentry;

impl Provider for Sentry {
    fn spec(&self) -> &'static ProviderSpec {
        &SENTRY
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

    fn same_bytes(&self, _: &Headers) -> SameBytes {
        SameBytes::SameEvent
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let resource =
            headers.get("sentry-hook-resource").filter(|resource| !resource.is_empty()).ok_or_else(|| {
                Unparsable(
                "the header Sentry-Hook-Resource is missing: only webhooks of an integration are understood, \
                 not those of the legacy plugin"
                    .to_owned(),
            )
            })?;
        lenient::read(body, |bytes| {
            let payload = serde_json::from_slice::<payload::Payload<'_>>(bytes)?;
            let members = payload.data.get().map(|data| &data.keys);
            Ok(shape::fits(spec::SHAPES, resource, "its `data`", members.unwrap_or(&Keys::default()))
                .map(|()| context::of(resource, &payload)))
        })?
    }

    fn sample_headers(&self, sample: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![("sentry-hook-resource", sample.event.to_owned()), ("request-id", id.to_owned())]
    }
}
