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

use std::time::Duration;

use bytes::Bytes;

use super::{CredentialSpec, KnownEvent, Provider, ProviderSpec, Sample, fields, keys::hashed_key, lenient};
use crate::domain::{
    DeliveryKey, FIELD, FieldSpec, Headers, KeyForm, Place, ProviderName, Signature, Timestamp, Unparsable,
    WebhookContext,
};

/// Sentry.
pub(super) struct Sentry;

/// What is fixed about it.
static SENTRY: ProviderSpec = ProviderSpec {
    name: ProviderName::new("sentry"),
    title: "Sentry",
    documentation: Some("https://docs.sentry.io/integrations/integration-platform/webhooks/"),
    credential: CredentialSpec { r#type: "sentry_client_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &["sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type"],
    fields: &FIELDS,
    // Its timestamp is a header that is not signed.
    signs_time: false,
    tolerance: None,
    body_window: Some(Duration::from_secs(24 * 3600)),
    sends_forms: false,
    may_be_unsigned: true,
    asked_by_name: &[],
    known_events: &KNOWN,
    samples: &SAMPLES,
};

/// The second one signs requests of UI components.
static SIGNATURES: [Signature; 2] =
    [Signature::sha256("sentry-hook-signature", ""), Signature::sha256("sentry-app-signature", "")];

static FIELDS: [FieldSpec; 3] = [
    fields::ACTIONS,
    FieldSpec { name: "resources", values: &[Place::Event], selectivity: 2, ..FIELD },
    fields::PROJECTS,
];

static KNOWN: [KnownEvent; 9] = [
    KnownEvent { name: "installation", actions: &["created", "deleted"] },
    KnownEvent { name: "event_alert", actions: &["triggered"] },
    KnownEvent { name: "activity_alert", actions: &["triggered"] },
    KnownEvent { name: "metric_alert", actions: &["critical", "warning", "resolved", "open"] },
    // The documentation says `archived`, the wire says `ignored`.
    KnownEvent {
        name: "issue",
        actions: &["created", "resolved", "assigned", "ignored", "archived", "unresolved"],
    },
    KnownEvent { name: "error", actions: &["created"] },
    KnownEvent { name: "comment", actions: &["created", "updated", "deleted"] },
    KnownEvent { name: "seer", actions: &[] },
    KnownEvent {
        name: "preprod_artifact",
        actions: &["size_analysis_completed", "build_distribution_completed"],
    },
];

static SAMPLES: [Sample; 3] = [
    Sample {
        name: "event_alert.triggered",
        event: "event_alert",
        body: include_str!("samples/event_alert.triggered.json"),
    },
    Sample { name: "issue.created", event: "issue", body: include_str!("samples/issue.created.json") },
    Sample {
        name: "metric_alert.critical",
        event: "metric_alert",
        body: include_str!("samples/metric_alert.critical.json"),
    },
];

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

    fn bytes_come_once(&self, _: &Headers) -> bool {
        true
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

    fn sample_headers(&self, sample: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![("sentry-hook-resource", sample.event.to_owned()), ("request-id", id.to_owned())]
    }
}
