//! A verified request.

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
}

impl Delivery {
    /// The key that names it; empty where it has none.
    pub fn key(&self) -> &str {
        self.keys.first().map_or("", |first| first.key.as_str())
    }
}
