//! `[webhooks.<name>]`: sources, and how their requests are checked.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use herdgate_actors::{
    domain::{BadSecret, ProviderName, RateLimit, Secret, Signature, Source, SourceName},
    provider,
};

use super::{Resolver, is_usable_name};
use crate::{
    config::{
        ConfigError, ResolvedGateway, Verification, Warning, files::DEFAULT_INSTANCE, providers,
        settings::Webhook, suggest::nearest,
    },
    credentials::{Credential, CredentialError, Exposure, Keyring, secret_type},
};

/// How long a previous secret is a rotation, and not a second key.
const ROTATION: Duration = Duration::from_hours(30 * 24);
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

/// What a source says of its credential.
enum Named<'w> {
    /// The key, and the instance it names.
    Instance(String, &'w str),
    /// Nothing.
    Nothing,
    /// Something that was reported.
    Wrong,
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

    /// The secrets of a source: of the instance that it names, or else of the default one. Without
    /// either it takes everything, as Action Llama's documentation says, unless somebody forbids it.
    fn trust(
        &mut self,
        path: &str,
        name: &SourceName,
        webhook: &Webhook,
        provider: ProviderName,
        gateway: &ResolvedGateway,
    ) -> (Vec<Secret>, Verification) {
        let kind = secret_type(provider);
        let (key, instance, by_default) = match self.named(path, name, webhook, provider) {
            Named::Instance(key, instance) => {
                if webhook.allow_unsigned == Some(true) {
                    self.warnings.push(Warning::SignedAnyway { source_name: name.clone() });
                }
                (key, instance, false)
            }
            Named::Nothing if webhook.allow_unsigned != Some(true) => (String::new(), DEFAULT_INSTANCE, true),
            Named::Nothing => return self.unsigned(path, name, webhook, provider),
            Named::Wrong => return (Vec::new(), Verification::Unsigned),
        };
        let files = self.files;
        match files.secrets.get(kind, instance) {
            Some(Ok(ring)) => {
                let path = if by_default { path.to_owned() } else { format!("{path}.{key}") };
                self.signed(&path, name, provider, ring, by_default, gateway)
            }
            Some(Err(CredentialError::Missing { .. })) if by_default => {
                self.unsigned(path, name, webhook, provider)
            }
            Some(Err(error)) => {
                let path = if by_default { path.to_owned() } else { format!("{path}.{key}") };
                self.problems.push(files.layers.problem(&path, error.clone().into()));
                (Vec::new(), Verification::Unsigned)
            }
            None => {
                let instance = format!("{kind}/{instance}");
                (Vec::new(), Verification::NotRead { instance, by_default })
            }
        }
    }

    /// What is given and empty names nothing, and is not the same as what is not given: a variable
    /// that is not set is an empty text in most orchestrators.
    fn named<'w>(
        &mut self,
        path: &str,
        name: &SourceName,
        webhook: &'w Webhook,
        provider: ProviderName,
    ) -> Named<'w> {
        let own_type = secret_type(provider);
        let by_type = webhook.credentials.iter().map(|(key, instance)| (key.as_str(), instance));
        let given = webhook.credential.iter().map(|instance| ("credential", instance)).chain(by_type);
        let mut named = Named::Nothing;
        for (key, instance) in given {
            let instance = instance.trim();
            let cause = if key != "credential" && key != own_type {
                let why = format!("the source is of type {provider}");
                ConfigError::BadValue { key: key.to_owned(), why }
            } else if instance.is_empty() {
                ConfigError::EmptyCredential { key: key.to_owned(), source_name: name.to_string() }
            } else if matches!(named, Named::Instance(_, other) if other != instance) {
                let why = "`credential` names another instance".to_owned();
                ConfigError::BadValue { key: key.to_owned(), why }
            } else {
                if !matches!(named, Named::Wrong) {
                    named = Named::Instance(key.to_owned(), instance);
                }
                continue;
            };
            named = Named::Wrong;
            self.problems.push(self.files.layers.problem(&format!("{path}.{key}"), cause));
        }
        // A key whose value was wrong is no key that was left out.
        let left_out = ["credential", own_type].iter().any(|key| {
            matches!(named, Named::Nothing) && self.files.layers.mentions(&format!("{path}.{key}"))
        });
        if left_out { Named::Wrong } else { named }
    }

    /// The current secret, and the one before it while a secret is rotated.
    fn signed(
        &mut self,
        path: &str,
        name: &SourceName,
        provider: ProviderName,
        ring: &Keyring,
        by_default: bool,
        gateway: &ResolvedGateway,
    ) -> (Vec<Secret>, Verification) {
        let open = !(gateway.public.ip().is_loopback() && gateway.admin.ip().is_loopback());
        let mut secrets = Vec::new();
        for credential in [Some(&ring.current), ring.previous.as_ref()].into_iter().flatten() {
            if credential.exposure == Exposure::Others {
                self.warnings.push(Warning::Exposed { path: credential.path.clone() });
            }
            let cause = if open && credential.is_published() {
                let path = credential.path.clone();
                ConfigError::PublishedSecret { source_name: name.to_string(), path }
            } else {
                let path = credential.path.clone();
                match Secret::read(provider::spec(provider).credential.key, credential.expose()) {
                    Ok(secret) => {
                        secrets.push(secret);
                        continue;
                    }
                    Err(BadSecret::Empty) => CredentialError::Empty { path }.into(),
                    Err(bad @ BadSecret::NotBase64) => {
                        ConfigError::BadValue { key: path.display().to_string(), why: bad.to_string() }
                    }
                }
            };
            self.problems.push(self.files.layers.problem(path, cause));
        }
        let verification = Verification::Signed {
            path: ring.current.path.clone(),
            by_default,
            previous: ring.previous.as_ref().map(|previous| self.age(previous)),
        };
        (secrets, verification)
    }

    /// How long a previous secret has been one.
    fn age(&mut self, previous: &Credential) -> Duration {
        let age = self.around.now.since(previous.changed_at);
        if age > ROTATION {
            let days = age.as_secs() / (24 * 3_600);
            self.warnings.push(Warning::OldSecret { path: previous.path.clone(), days });
        }
        age
    }

    fn unsigned(
        &mut self,
        path: &str,
        name: &SourceName,
        webhook: &Webhook,
        provider: ProviderName,
    ) -> (Vec<Secret>, Verification) {
        let demanded_by = if self.files.settings.gateway.require_signatures {
            Some("require_signatures = true")
        } else {
            (webhook.allow_unsigned == Some(false)).then_some("allow_unsigned = false")
        };
        if let Some(demanded_by) = demanded_by {
            let credential_type = secret_type(provider).to_owned();
            let cause = ConfigError::Unsigned { source_name: name.to_string(), credential_type, demanded_by };
            self.problems.push(self.files.layers.problem(path, cause));
        } else {
            self.warnings.push(Warning::Unsigned { source_name: name.clone(), provider });
        }
        (Vec::new(), Verification::Unsigned)
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
