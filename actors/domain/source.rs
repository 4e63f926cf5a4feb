//! A webhook source: who may send, and how it is checked.

use std::time::Duration;

use super::{
    DigestWriter, Headers, ProviderName, RejectReason, Secret, Signature, SourceName, VerifiedBy,
    signature::Check,
};

/// What a secret is hashed under where only its change is to be seen.
const PART: &[u8] = b"herdgate source";

/// One `[webhooks.<name>]` table, resolved.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub name: SourceName,
    /// Whose webhooks it takes.
    pub provider: ProviderName,
    /// Any of these may have signed; none at all takes unsigned webhooks.
    pub secrets: Vec<Secret>,
    /// Where its signature stands, the best first.
    pub signatures: Vec<Signature>,
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
    /// All that can be different about it.
    pub fn write_digest(&self, digest: &mut DigestWriter) {
        let Self { name, provider, secrets, signatures, tolerance, rate_limit, dedupe_window } = self;
        digest.text(name.as_str()).text(provider.as_str());
        digest.all(secrets.iter(), |digest, secret| {
            digest.bytes(&secret.fingerprint(PART));
        });
        digest.all(signatures.iter(), |digest, signature| {
            let Signature { header, scheme, legacy } = signature;
            digest.text(header).text(&format!("{scheme:?}")).number(*legacy);
        });
        digest.option(*tolerance, |digest, span| {
            digest.span(span);
        });
        digest.option(*rate_limit, |digest, rate| {
            digest.number(rate.per_second).number(rate.burst);
        });
        digest.option(*dedupe_window, |digest, span| {
            digest.span(span);
        });
    }

    /// The signature of a request: the best header that it has.
    pub(crate) fn signature<'a>(&'a self, headers: &'a Headers) -> Option<(&'a Signature, &'a str)> {
        self.signatures
            .iter()
            .find_map(|signature| headers.get(&signature.header).map(|value| (signature, value)))
    }

    /// Begins to check which of the secrets signed a request.
    ///
    /// # Errors
    /// No signature, or nothing that could be one of ours.
    pub(crate) fn checks(&self, headers: &Headers) -> Result<Vec<(VerifiedBy, Check)>, RejectReason> {
        let (signature, value) = self.signature(headers).ok_or(RejectReason::Unsigned)?;
        let secrets = self.secrets.iter().enumerate();
        let checks: Vec<_> = secrets
            .filter_map(|(place, secret)| {
                Some((VerifiedBy::secret(place), secret.check(signature, value, headers)?))
            })
            .collect();
        if checks.is_empty() { Err(RejectReason::BadSignature) } else { Ok(checks) }
    }
}
