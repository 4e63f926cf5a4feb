//! Which sources vouch for a request.

use std::{collections::HashMap, sync::Arc};

use super::{bucket::Bucket, freshness};
use crate::{
    domain::{Headers, Provider, RejectReason, Source, SourceName, SourceSelector, Timestamp},
    provider::protocol,
    telemetry::metrics,
};

/// All sources, and how to find those that a request may belong to.
#[derive(Clone, Default)]
pub struct Sources {
    all: Arc<HashMap<Provider, Vec<Entry>>>,
}

struct Entry {
    source: Source,
    bucket: Option<Bucket>,
}

impl Sources {
    /// Takes the sources in the order in which configuration names them.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        let mut all: HashMap<Provider, Vec<Entry>> = HashMap::new();
        for source in sources {
            metrics().source(source.provider, &source.name);
            all.entry(source.provider)
                .or_default()
                .push(Entry { bucket: source.rate_limit.map(Bucket::new), source });
        }
        Self { all: Arc::new(all) }
    }

    /// Whether anything listens behind this URL.
    pub fn has(&self, provider: Provider, door: &SourceSelector) -> bool {
        self.behind(provider, door).next().is_some()
    }

    /// Whether a request without a signature header can be refused before its body is read.
    pub fn refuses_unsigned(&self, provider: Provider, door: &SourceSelector, headers: &Headers) -> bool {
        self.behind(provider, door)
            .all(|entry| !entry.source.secrets.is_empty() && entry.source.signature(headers).is_none())
    }

    /// The headers that are worth taking from a request: signatures and what is kept.
    pub fn wanted_headers(&self, provider: Provider) -> Vec<String> {
        let kept = protocol(provider).kept_headers().iter().map(|name| (*name).to_owned());
        let signatures = self
            .behind(provider, &SourceSelector::Any)
            .flat_map(|entry| entry.source.signatures.iter().map(|header| header.name.to_string()));
        let mut names: Vec<_> = kept.chain(signatures).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The sources that vouch for a request: those with a secret that verifies it, and the
    /// unsigned ones.
    ///
    /// # Errors
    /// Why there is none.
    pub fn verify(
        &self,
        provider: Provider,
        door: &SourceSelector,
        headers: &Headers,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<SourceName>, RejectReason> {
        let mut verified_by = Vec::new();
        let mut refusal = RejectReason::Unsigned;
        for entry in self.behind(provider, door) {
            match entry.check(headers, body, now) {
                Ok(()) => verified_by.push(entry.source.name.clone()),
                // What is nearest to being accepted tells the operator most.
                Err(why) if rank(why) > rank(refusal) => refusal = why,
                Err(_) => {}
            }
        }
        if verified_by.is_empty() { Err(refusal) } else { Ok(verified_by) }
    }

    fn behind<'a>(&'a self, provider: Provider, door: &'a SourceSelector) -> impl Iterator<Item = &'a Entry> {
        self.all.get(&provider).into_iter().flatten().filter(move |entry| match door {
            SourceSelector::Any => true,
            SourceSelector::Source(name) => entry.source.name == *name,
        })
    }
}

const fn rank(refusal: RejectReason) -> u8 {
    match refusal {
        RejectReason::Unsigned => 0,
        RejectReason::BadSignature => 1,
        RejectReason::Stale => 2,
        RejectReason::RateLimited => 3,
    }
}

impl Entry {
    fn check(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<(), RejectReason> {
        self.source.verifies(headers, body)?;
        if let Some(tolerance) = self.source.tolerance {
            let signed_at = protocol(self.source.provider).signed_at(headers, body);
            freshness::check(signed_at, now, tolerance)?;
        }
        // Last, so that only real deliveries use the limit up.
        match &self.bucket {
            Some(bucket) if !bucket.take(now) => Err(RejectReason::RateLimited),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{RateLimit, Secret};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn source(name: &str, provider: Provider, secrets: &[&str]) -> Source {
        Source {
            name: name.into(),
            provider,
            secrets: secrets.iter().map(|secret| Secret::new(secret.as_bytes()).unwrap()).collect(),
            signatures: protocol(provider).signatures().to_vec(),
            tolerance: None,
            rate_limit: None,
            dedupe_window: None,
        }
    }

    fn signed(provider: Provider, secret: &str, body: &[u8]) -> Headers {
        let header = &protocol(provider).signatures()[0];
        let value = Secret::new(secret.as_bytes()).unwrap().sign(header, body);
        [(header.name.to_string(), value)].into_iter().collect()
    }

    fn verify(
        sources: &Sources,
        door: &SourceSelector,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Vec<String>, RejectReason> {
        sources
            .verify(Provider::Linear, door, headers, body, NOW)
            .map(|names| names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_delivery_belongs_to_every_source_whose_secret_verifies_it() {
        let sources = Sources::new([
            source("one", Provider::Linear, &["a"]),
            source("two", Provider::Linear, &["b", "a"]),
            source("three", Provider::Linear, &["c"]),
            source("open", Provider::Linear, &[]),
        ]);
        let headers = signed(Provider::Linear, "a", b"{}");
        assert_eq!(
            verify(&sources, &SourceSelector::Any, &headers, b"{}"),
            Ok(vec!["one".into(), "two".into(), "open".into()])
        );
        assert_eq!(
            verify(&sources, &SourceSelector::Source("three".into()), &headers, b"{}"),
            Err(RejectReason::BadSignature)
        );
        assert_eq!(
            verify(&sources, &SourceSelector::Any, &Headers::default(), b"{}"),
            Ok(vec!["open".into()])
        );
    }

    #[test]
    fn a_previous_secret_is_accepted_while_it_is_rotated() {
        let sources = Sources::new([source("one", Provider::Linear, &["new", "old"])]);
        for secret in ["new", "old"] {
            let headers = signed(Provider::Linear, secret, b"body");
            assert!(verify(&sources, &SourceSelector::Any, &headers, b"body").is_ok(), "{secret}");
        }
    }

    #[test]
    fn unsigned_requests_to_signed_sources_are_refused_without_their_body() {
        let signed_only = Sources::new([source("one", Provider::Linear, &["a"])]);
        let none = Headers::default();
        assert!(signed_only.refuses_unsigned(Provider::Linear, &SourceSelector::Any, &none));
        let with = signed(Provider::Linear, "wrong", b"");
        assert!(!signed_only.refuses_unsigned(Provider::Linear, &SourceSelector::Any, &with));
        let open = Sources::new([source("open", Provider::Linear, &[])]);
        assert!(!open.refuses_unsigned(Provider::Linear, &SourceSelector::Any, &none));
    }

    #[test]
    fn a_stale_signed_timestamp_is_refused_where_the_source_looks_at_it() {
        let body = br#"{"type":"Issue","webhookTimestamp":1799999000000}"#;
        let headers = signed(Provider::Linear, "a", body);
        let relaxed = Sources::new([source("one", Provider::Linear, &["a"])]);
        assert!(verify(&relaxed, &SourceSelector::Any, &headers, body).is_ok());
        let strict = Sources::new([Source {
            tolerance: Some(Duration::from_secs(60)),
            ..source("one", Provider::Linear, &["a"])
        }]);
        assert_eq!(verify(&strict, &SourceSelector::Any, &headers, body), Err(RejectReason::Stale));
    }

    #[test]
    fn forged_requests_do_not_use_up_the_rate_limit() {
        let limited = Sources::new([Source {
            rate_limit: Some(RateLimit { per_second: 1, burst: 1 }),
            ..source("one", Provider::Linear, &["a"])
        }]);
        let forged = signed(Provider::Linear, "wrong", b"{}");
        for _ in 0..10 {
            assert_eq!(
                verify(&limited, &SourceSelector::Any, &forged, b"{}"),
                Err(RejectReason::BadSignature)
            );
        }
        let real = signed(Provider::Linear, "a", b"{}");
        assert!(verify(&limited, &SourceSelector::Any, &real, b"{}").is_ok());
        assert_eq!(verify(&limited, &SourceSelector::Any, &real, b"{}"), Err(RejectReason::RateLimited));
    }
}
