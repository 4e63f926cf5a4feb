//! A verified request, as it is kept.

use std::time::Duration;

use bytes::Bytes;

use super::{Headers, TRACE_HEADER, TraceParent};
use crate::domain::{DedupeKey, KeyWindow, ProviderName, SourceName, Timestamp, VerifiedBy};

/// A request whose sources are known. Made by verification, or read back from the store; complete from
/// its first moment, and changed by nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery(DeliveryParts);

/// What a [`Delivery`] is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryParts {
    /// Who sent it.
    pub provider: ProviderName,
    /// Every source that vouches for it.
    pub sources: Vec<SourceName>,
    /// By what each of them knew its sender, in their order; empty where that was not written down.
    pub verified_by: Vec<VerifiedBy>,
    /// The event headers; signatures are gone.
    pub headers: Headers,
    /// The raw body, byte for byte, but for secrets which the provider put into it.
    pub body: Bytes,
    /// When it arrived.
    pub at: Timestamp,
    /// What makes two deliveries the same event, within one source: any of these. The first one names
    /// it in listings.
    pub keys: Vec<DedupeKey>,
    /// The sources that remember deliveries for a time of their own, by whatever key.
    pub own_windows: Vec<(SourceName, Duration)>,
}

/// A delivery for which nobody vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery belongs to at least one source")]
pub struct NoSource;

impl Delivery {
    /// The delivery of these parts.
    ///
    /// # Errors
    /// It has no source.
    pub fn new(parts: DeliveryParts) -> Result<Self, NoSource> {
        if parts.sources.is_empty() { Err(NoSource) } else { Ok(Self(parts)) }
    }

    /// The same, arriving once more.
    #[must_use]
    pub fn again(self, at: Timestamp) -> Self {
        Self(DeliveryParts { at, ..self.0 })
    }

    /// The same as part of a trace, in place of the one that its sender told.
    #[must_use]
    pub fn within(mut self, trace: TraceParent) -> Self {
        self.0.headers.push(TRACE_HEADER, trace.to_string());
        self
    }

    /// Who sent it.
    pub const fn provider(&self) -> ProviderName {
        self.0.provider
    }

    /// Every source that vouches for it; never empty.
    pub fn sources(&self) -> &[SourceName] {
        &self.0.sources
    }

    /// By what each source knew its sender, in their order; empty where that was not written down.
    pub fn verified_by(&self) -> &[VerifiedBy] {
        &self.0.verified_by
    }

    /// The event headers, without signatures.
    pub const fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// The raw body, byte for byte, but for secrets which the provider put into it.
    pub const fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// When it arrived.
    pub const fn at(&self) -> Timestamp {
        self.0.at
    }

    /// What makes two deliveries the same event, within one source: any of these.
    pub fn keys(&self) -> &[DedupeKey] {
        &self.0.keys
    }

    /// The key that names it; empty where it has none.
    pub fn key(&self) -> &str {
        self.keys().first().map_or("", |first| first.key.as_str())
    }

    /// The trace that its jobs belong to: kept among its headers, so that it is there again when the
    /// delivery is routed later, or replayed.
    pub fn trace(&self) -> Option<TraceParent> {
        self.headers().get(TRACE_HEADER)?.parse().ok()
    }

    /// How long `source` remembers one of the keys; `None` is as long as the project does.
    pub fn window(&self, source: &SourceName, key: &DedupeKey) -> Option<Duration> {
        let own = self.0.own_windows.iter().find(|(name, _)| name == source);
        let own = own.map(|(_, window)| *window);
        match key.window {
            KeyWindow::Project => own,
            KeyWindow::Default(window) => own.or(Some(window)),
            KeyWindow::AtMost(window) => Some(own.map_or(window, |own| own.min(window))),
        }
    }
}
