//! Which sources vouch for a request.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{RateLimits, freshness, rate_limits::Limiter};
use crate::{
    domain::{
        Headers, ProviderName, RejectReason, Source, SourceName, SourceSelector, Timestamp, VerifiedBy,
        Voucher, feed,
    },
    provider,
    telemetry::metrics,
};

/// How many secrets are tried on one request to `/webhooks/<type>`: what a forged body costs grows
/// with each. Sources behind them are reached by their own address alone.
const MOST_SECRETS: usize = 16;

/// All sources, and how to find those that a request may belong to.
#[derive(Clone, Default)]
pub struct Sources {
    all: Arc<HashMap<ProviderName, Vec<LimitedSource>>>,
}

struct LimitedSource {
    source: Source,
    limiter: Option<Limiter>,
}

impl Sources {
    /// Takes the sources in the order in which configuration names them.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        Self::with_limits(sources, &RateLimits::default())
    }

    /// The same, with the rate limits of those that were there before.
    pub(crate) fn with_limits(sources: impl IntoIterator<Item = Source>, limits: &RateLimits) -> Self {
        let mut all: HashMap<ProviderName, Vec<LimitedSource>> = HashMap::new();
        for source in sources {
            metrics().source(source.provider, &source.name);
            let limiter = limits.of(&source);
            all.entry(source.provider).or_default().push(LimitedSource { source, limiter });
        }
        Self { all: Arc::new(all) }
    }

    /// Whether anything listens at this URL.
    pub fn has(&self, provider: ProviderName, selector: &SourceSelector) -> bool {
        self.selected(provider, selector).next().is_some()
    }

    /// The source that a request to this URL must be meant for: the one that it names, or the only one of
    /// its type.
    pub fn meant(&self, provider: ProviderName, selector: &SourceSelector) -> Option<SourceName> {
        let mut selected = self.selected(provider, selector);
        let first = selected.next()?;
        selected.next().is_none().then(|| first.source.name.clone())
    }

    /// Whether a request without a signature header can be refused before its body is read.
    pub fn refuses_unsigned(
        &self,
        provider: ProviderName,
        selector: &SourceSelector,
        headers: &Headers,
    ) -> bool {
        self.selected(provider, selector)
            .all(|entry| !entry.source.secrets.is_empty() && entry.source.signature(headers).is_none())
    }

    /// The headers that are worth taking from a request: signatures and what is kept.
    pub fn wanted_headers(&self, provider: ProviderName) -> Vec<String> {
        let kept = provider::spec(provider).wanted_headers().map(str::to_owned);
        let signatures = self
            .selected(provider, &SourceSelector::Any)
            .flat_map(|entry| entry.source.signatures.iter().map(|signature| signature.header.to_string()));
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
        provider: ProviderName,
        selector: &SourceSelector,
        headers: &Headers,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Voucher>, RejectReason> {
        let entries: Vec<_> = self.selected(provider, selector).collect();
        let signed = signed_by(&entries, headers, body);
        let mut verified_by = Vec::new();
        let mut reason = RejectReason::Unsigned;
        for (entry, signed) in entries.iter().zip(signed) {
            match signed.and_then(|by| entry.check(headers, body, now).map(|()| by)) {
                Ok(by) => verified_by.push(Voucher { source: entry.source.name.clone(), by }),
                // What is nearest to being accepted tells the operator most.
                Err(why) if rank(why) > rank(reason) => reason = why,
                Err(_) => {}
            }
        }
        if verified_by.is_empty() { Err(reason) } else { Ok(verified_by) }
    }

    /// Counts a delivery against the limits of all sources that it belongs to. Taken for some of them
    /// alone, it would be lost for the agents of the others without anybody being told.
    ///
    /// # Errors
    /// The source whose limit is used up.
    pub fn admit(&self, provider: ProviderName, verified_by: &[SourceName]) -> Result<(), SourceName> {
        let over =
            |entry: &&LimitedSource| entry.limiter.as_ref().is_some_and(|limiter| limiter.check().is_err());
        let entries = self.all.get(&provider).into_iter().flatten();
        let mut limited = entries.filter(|entry| verified_by.contains(&entry.source.name));
        limited.find(over).map_or(Ok(()), |entry| Err(entry.source.name.clone()))
    }

    /// How long those of the sources remember deliveries that have a time of their own.
    pub(super) fn windows(&self, provider: ProviderName, of: &[SourceName]) -> Vec<(SourceName, Duration)> {
        let entries = self.all.get(&provider).into_iter().flatten();
        let of_them = entries.filter(|entry| of.contains(&entry.source.name));
        of_them.filter_map(|entry| Some((entry.source.name.clone(), entry.source.dedupe_window?))).collect()
    }

    fn selected<'a>(
        &'a self,
        provider: ProviderName,
        selector: &'a SourceSelector,
    ) -> impl Iterator<Item = &'a LimitedSource> {
        self.all.get(&provider).into_iter().flatten().filter(move |entry| match selector {
            SourceSelector::Any => true,
            SourceSelector::Source(name) => entry.source.name == *name,
        })
    }
}

const fn rank(reason: RejectReason) -> u8 {
    match reason {
        RejectReason::Unsigned => 0,
        RejectReason::BadSignature => 1,
        RejectReason::Stale => 2,
        RejectReason::RateLimited => 3,
    }
}

/// Which of its secrets signed the body, for each entry: the one in force, where two did. All secrets are tried in one pass over
/// the body; a source without secrets takes everything.
fn signed_by(
    entries: &[&LimitedSource],
    headers: &Headers,
    body: &[u8],
) -> Vec<Result<VerifiedBy, RejectReason>> {
    let mut checks = Vec::new();
    let mut owners = Vec::new();
    let mut signed = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        if entry.source.secrets.is_empty() {
            signed.push(Ok(VerifiedBy::Unsigned));
            continue;
        }
        let begun = if checks.len() < MOST_SECRETS { entry.source.checks(headers) } else { Ok(Vec::new()) };
        signed.push(Err(begun.as_ref().err().copied().unwrap_or(RejectReason::BadSignature)));
        for (by, check) in begun.unwrap_or_default() {
            checks.push(check);
            owners.push((at, by));
        }
    }
    feed(&mut checks, body);
    for (check, (owner, by)) in checks.into_iter().zip(owners) {
        if check.holds() {
            signed[owner] = Ok(signed[owner].map_or(by, |known| known.min(by)));
        }
    }
    signed
}

impl LimitedSource {
    /// What else must be so of a request that one of the secrets signed.
    fn check(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<(), RejectReason> {
        if let Some(tolerance) = self.source.tolerance {
            let signed_at = provider::provider(self.source.provider).signed_at(headers, body);
            freshness::check(signed_at, now, tolerance)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RateLimit, Secret};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn source(name: &str, provider: ProviderName, secrets: &[&str]) -> Source {
        Source {
            name: name.into(),
            provider,
            secrets: secrets.iter().map(|secret| Secret::new(secret.as_bytes()).unwrap()).collect(),
            signatures: provider::spec(provider).signatures.to_vec(),
            tolerance: None,
            rate_limit: None,
            dedupe_window: None,
        }
    }

    fn signed(provider: ProviderName, secret: &str, body: &[u8]) -> Headers {
        let signature = &provider::spec(provider).signatures[0];
        let value = Secret::new(secret.as_bytes()).unwrap().sign(signature, &Headers::new(), body).unwrap();
        [(signature.header.to_string(), value)].into_iter().collect()
    }

    fn verify(
        sources: &Sources,
        selector: &SourceSelector,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Vec<String>, RejectReason> {
        sources
            .verify(ProviderName::new("linear"), selector, headers, body, NOW)
            .map(|vouchers| vouchers.iter().map(|voucher| voucher.source.to_string()).collect())
    }

    #[test]
    fn a_delivery_belongs_to_every_source_whose_secret_verifies_it() {
        let sources = Sources::new([
            source("one", ProviderName::new("linear"), &["a"]),
            source("two", ProviderName::new("linear"), &["b", "a"]),
            source("three", ProviderName::new("linear"), &["c"]),
            source("open", ProviderName::new("linear"), &[]),
        ]);
        let headers = signed(ProviderName::new("linear"), "a", b"{}");
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
        let sources = Sources::new([source("one", ProviderName::new("linear"), &["new", "old"])]);
        let linear = ProviderName::new("linear");
        for (secret, by) in [("new", VerifiedBy::Current), ("old", VerifiedBy::Previous)] {
            let headers = signed(linear, secret, b"body");
            let vouchers = sources.verify(linear, &SourceSelector::Any, &headers, b"body", NOW);
            assert_eq!(vouchers, Ok(vec![Voucher { source: "one".into(), by }]), "{secret}");
        }
        let same = Sources::new([source("one", linear, &["same", "same"])]);
        let headers = signed(linear, "same", b"body");
        let vouchers = same.verify(linear, &SourceSelector::Any, &headers, b"body", NOW).unwrap();
        assert_eq!(vouchers[0].by, VerifiedBy::Current);
    }

    #[test]
    fn a_refused_request_is_told_of_the_source_that_it_must_have_been_meant_for() {
        let linear = ProviderName::new("linear");
        let (one, two) = (source("one", linear, &["a"]), source("two", linear, &["b"]));
        assert_eq!(Sources::new([one.clone()]).meant(linear, &SourceSelector::Any), Some("one".into()));
        let both = Sources::new([one, two]);
        assert_eq!(both.meant(linear, &SourceSelector::Any), None);
        assert_eq!(both.meant(linear, &SourceSelector::Source("two".into())), Some("two".into()));
    }

    #[test]
    fn unsigned_requests_to_signed_sources_are_refused_without_their_body() {
        let signed_only = Sources::new([source("one", ProviderName::new("linear"), &["a"])]);
        let none = Headers::default();
        assert!(signed_only.refuses_unsigned(ProviderName::new("linear"), &SourceSelector::Any, &none));
        let with = signed(ProviderName::new("linear"), "wrong", b"");
        assert!(!signed_only.refuses_unsigned(ProviderName::new("linear"), &SourceSelector::Any, &with));
        let open = Sources::new([source("open", ProviderName::new("linear"), &[])]);
        assert!(!open.refuses_unsigned(ProviderName::new("linear"), &SourceSelector::Any, &none));
    }

    #[test]
    fn a_stale_signed_timestamp_is_refused_where_the_source_looks_at_it() {
        let body = br#"{"type":"Issue","webhookTimestamp":1799999000000}"#;
        let headers = signed(ProviderName::new("linear"), "a", body);
        let relaxed = Sources::new([source("one", ProviderName::new("linear"), &["a"])]);
        assert!(verify(&relaxed, &SourceSelector::Any, &headers, body).is_ok());
        let strict = Sources::new([Source {
            tolerance: Some(Duration::from_secs(60)),
            ..source("one", ProviderName::new("linear"), &["a"])
        }]);
        assert_eq!(verify(&strict, &SourceSelector::Any, &headers, body), Err(RejectReason::Stale));
    }

    fn limited(name: &str, burst: u32) -> Source {
        let rate_limit = Some(RateLimit { per_second: 1, burst });
        Source { rate_limit, ..source(name, ProviderName::new("linear"), &["a"]) }
    }

    #[test]
    fn a_delivery_is_refused_when_any_of_its_sources_is_over_its_limit() {
        let linear = ProviderName::new("linear");
        let sources = Sources::new([limited("narrow", 1), limited("wide", 10)]);
        let both = ["narrow".into(), "wide".into()];
        assert_eq!(sources.admit(linear, &both), Ok(()));
        assert_eq!(sources.admit(linear, &both), Err("narrow".into()));
        assert_eq!(sources.admit(linear, &["wide".into()]), Ok(()));
    }

    #[test]
    fn a_reload_gives_nobody_a_fresh_burst_unless_the_limit_changed() {
        let (linear, one) = (ProviderName::new("linear"), ["one".into()]);
        let limits = RateLimits::default();
        assert_eq!(Sources::with_limits([limited("one", 1)], &limits).admit(linear, &one), Ok(()));
        let same = Sources::with_limits([limited("one", 1)], &limits);
        assert_eq!(same.admit(linear, &one), Err("one".into()));
        let wider = Sources::with_limits([limited("one", 2)], &limits);
        assert_eq!(wider.admit(linear, &one), Ok(()));
    }
}
