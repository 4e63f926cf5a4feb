//! `[webhooks.<name>]`: sources, and how their requests are checked.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use herdgate_actors::{
    domain::{ProviderName, RateLimit, Signature, Source, SourceName},
    provider,
};

use super::{Resolver, is_usable_name};
use crate::config::{
    ConfigError, ResolvedGateway, Verification, Warning, providers, settings::Webhook, suggest::nearest,
};

/// How many signed sources may share one URL before each request there costs more than it should.
const SHARED_URL: usize = 8;

/// What is known of a source that was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    /// Its provider.
    Served(ProviderName),
    /// Its type is Action Llama's alone.
    Unavailable,
    /// Its type is wrong.
    Wrong,
}

/// What comes of all `[webhooks]`.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) sources: Vec<Source>,
    /// How each of them is checked.
    pub(super) verification: BTreeMap<SourceName, Verification>,
    pub(super) declared: BTreeMap<String, Declared>,
}

impl Resolver<'_> {
    pub(super) fn sources(&mut self, gateway: &ResolvedGateway) -> Sources {
        let files = self.files;
        let mut all = Sources::default();
        for (name, webhook) in &files.settings.webhooks {
            let path = format!("webhooks.{name}");
            if !is_usable_name(name) {
                let cause = ConfigError::BadName { name: name.clone(), what: "a webhook source" };
                self.problems.push(files.layers.problem(&path, cause));
            }
            let declared = self.declared(&path, name, webhook);
            all.declared.insert(name.clone(), declared);
            if let Declared::Served(provider) = declared {
                let (source, verification) = self.source(&path, name, webhook, provider, gateway);
                all.verification.insert(source.name.clone(), verification);
                all.sources.push(source);
            }
        }
        self.shared_urls(&all.sources);
        all
    }

    fn declared(&mut self, path: &str, name: &str, webhook: &Webhook) -> Declared {
        let type_path = format!("{path}.type");
        let Some(found) = &webhook.r#type else {
            if !self.files.layers.mentions(&type_path) {
                let cause = ConfigError::NoType { source_name: name.to_owned() };
                self.problems.push(self.files.layers.problem(path, cause));
            }
            return Declared::Wrong;
        };
        if let Ok(provider) = found.parse() {
            return Declared::Served(provider);
        }
        if providers::is_of_action_llama_alone(found) {
            let source_name = SourceName::from(name);
            self.warnings.push(Warning::Unavailable { source_name, found: found.clone() });
            return Declared::Unavailable;
        }
        let nearest = nearest(found, providers::types());
        let cause = ConfigError::UnknownType { found: found.clone(), nearest };
        self.problems.push(self.files.layers.problem(&type_path, cause));
        Declared::Wrong
    }

    fn source(
        &mut self,
        path: &str,
        name: &str,
        webhook: &Webhook,
        provider: ProviderName,
        gateway: &ResolvedGateway,
    ) -> (Source, Verification) {
        let name = SourceName::from(name);
        let (secrets, verification) = self.trust(path, &name, webhook, provider, gateway);
        let source = Source {
            name,
            provider,
            secrets,
            signatures: self.signatures(path, webhook, provider),
            tolerance: self.tolerance(path, webhook, provider),
            rate_limit: self.rate_limit(path, webhook),
            dedupe_window: webhook.dedupe_window.map(|window| *window),
        };
        (source, verification)
    }

    /// A request to the URL of a type is hashed for each secret of all its sources.
    fn shared_urls(&mut self, sources: &[Source]) {
        let mut counts = BTreeMap::<&str, (ProviderName, usize)>::new();
        for source in sources.iter().filter(|source| !source.secrets.is_empty()) {
            counts.entry(source.provider.as_str()).or_insert((source.provider, 0)).1 += 1;
        }
        let many = counts.into_values().filter(|(_, count)| *count > SHARED_URL);
        self.warnings.extend(many.map(|(provider, count)| Warning::ManySources { provider, count }));
    }

    fn signatures(&mut self, path: &str, webhook: &Webhook, provider: ProviderName) -> Vec<Signature> {
        let spec = provider::spec(provider);
        let allow_legacy = webhook.allow_sha1;
        if allow_legacy && !spec.signatures.iter().any(|signature| signature.legacy) {
            let why = format!("{provider} does not sign with SHA-1");
            let cause = ConfigError::BadValue { key: "allow_sha1".to_owned(), why };
            self.problems.push(self.files.layers.problem(&format!("{path}.allow_sha1"), cause));
        }
        let usual = spec.signatures.iter().filter(|signature| allow_legacy || !signature.legacy).cloned();
        let prefix = webhook.signature_prefix.clone();
        let Some(name) = webhook.signature_header.as_deref().filter(|name| !name.is_empty()) else {
            return match prefix {
                Some(prefix) => usual.take(1).map(|first| first.with_prefix(prefix.clone())).collect(),
                None => usual.collect(),
            };
        };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
            let why = "it is not the name of a header".to_owned();
            let cause = ConfigError::BadValue { key: "signature_header".to_owned(), why };
            self.problems.push(self.files.layers.problem(&format!("{path}.signature_header"), cause));
        }
        let mut signature = Signature::sha256("", "").with_prefix(prefix.unwrap_or_default());
        signature.header = Cow::Owned(name.to_ascii_lowercase());
        vec![signature]
    }

    /// A time that anybody can write proves nothing.
    fn tolerance(&mut self, path: &str, webhook: &Webhook, provider: ProviderName) -> Option<Duration> {
        let spec = provider::spec(provider);
        if webhook.tolerance.is_some() && !spec.signs_time {
            let signing =
                provider::all().iter().map(|provider| provider.spec()).filter(|spec| spec.signs_time);
            let signing: Vec<_> = signing.map(|spec| spec.name.as_str()).collect();
            let why = format!("{provider} does not sign the time of a delivery, only {}", signing.join(", "));
            let cause = ConfigError::BadValue { key: "tolerance".to_owned(), why };
            self.problems.push(self.files.layers.problem(&format!("{path}.tolerance"), cause));
        }
        webhook.tolerance.map(|tolerance| *tolerance).or(spec.tolerance)
    }

    fn rate_limit(&mut self, path: &str, webhook: &Webhook) -> Option<RateLimit> {
        let rate = webhook.rate_limit?;
        let Some(per_second) = rate.per_second else {
            if !self.files.layers.mentions(&format!("{path}.rate_limit.per_second")) {
                let why = "it needs `per_second`, the deliveries per second in the long run".to_owned();
                let cause = ConfigError::BadValue { key: "rate_limit".to_owned(), why };
                self.problems.push(self.files.layers.problem(&format!("{path}.rate_limit"), cause));
            }
            return None;
        };
        Some(RateLimit { per_second, burst: rate.burst.unwrap_or(per_second) })
    }
}
