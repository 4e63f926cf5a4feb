//! A verified request.

use std::time::Duration;

use bytes::Bytes;

use super::Headers;
use crate::domain::{DedupeKey, ProviderName, SourceName, Timestamp};

/// A request whose sources are known. Made by verification, or read back from the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Who sent it.
    pub provider: ProviderName,
    /// Every source that vouches for it; never empty.
    pub sources: Vec<SourceName>,
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

impl Delivery {
    /// The key that names it; empty where it has none.
    pub fn key(&self) -> &str {
        self.keys.first().map_or("", |first| first.key.as_str())
    }

    /// How long `source` remembers one of the keys; `None` is as long as the project does.
    pub fn window(&self, source: &SourceName, key: &DedupeKey) -> Option<Duration> {
        let own = self.own_windows.iter().find(|(name, _)| name == source);
        own.map(|(_, window)| *window).or(key.window)
    }
}
