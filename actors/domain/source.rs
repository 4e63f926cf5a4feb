//! A webhook source: who may send, and how it is checked.

use std::time::Duration;

use super::{Headers, Provider, RejectReason, Secret, SignatureHeader, SourceName};

/// One `[webhooks.<name>]` table, resolved.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub name: SourceName,
    /// Whose webhooks it takes.
    pub provider: Provider,
    /// Any of these may have signed; none at all takes unsigned webhooks.
    pub secrets: Vec<Secret>,
    /// Where its signature stands, the best first.
    pub signatures: Vec<SignatureHeader>,
    /// How far a signed timestamp may lie from now; `None` does not look.
    pub tolerance: Option<Duration>,
    /// How many deliveries it may bring.
    pub rate_limit: Option<RateLimit>,
    /// How long its deliveries are known as duplicates; where absent as long as the project's are,
    /// or as keys made of bodies are at its provider.
    pub dedupe_window: Option<Duration>,
}

/// `rate_limit`: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Deliveries per second in the long run.
    pub per_second: u32,
    /// How many may come at once.
    pub burst: u32,
}

impl Source {
    /// The signature of a request: the best header that it has.
    pub(crate) fn signature<'a>(&'a self, headers: &'a Headers) -> Option<(&'a SignatureHeader, &'a str)> {
        self.signatures.iter().find_map(|header| headers.get(&header.name).map(|value| (header, value)))
    }

    /// Whether one of the secrets signed this body; a source without secrets takes everything.
    ///
    /// # Errors
    /// No signature, or none of ours.
    pub(crate) fn verifies(&self, headers: &Headers, body: &[u8]) -> Result<(), RejectReason> {
        if self.secrets.is_empty() {
            return Ok(());
        }
        let (header, value) = self.signature(headers).ok_or(RejectReason::Unsigned)?;
        if self.secrets.iter().any(|secret| secret.verifies(header, value, body)) {
            Ok(())
        } else {
            Err(RejectReason::BadSignature)
        }
    }
}
