//! `[webhooks.<name>]`: sources and their secrets.

use std::{borrow::Cow, collections::BTreeMap};

use herdgate_actors::{
    domain::{BadSecret, KeyForm, ProviderName, RateLimit, Secret, Signature, Source, SourceName},
    provider::{self, PREVIOUS_SECRET_FILE, SECRET_FILE},
};

use super::{Resolver, is_usable_name};
use crate::{
    config::{ConfigError, Warning, cause::nearest, model::Webhook},
    credentials::{Credential, CredentialError, Credentials, Exposure, secret_type},
};

/// Every source that was declared; without a provider where its type is wrong.
pub(super) type Declared = BTreeMap<String, Option<ProviderName>>;

impl Resolver<'_> {
    pub(super) fn sources(&mut self, credentials: &Credentials) -> (Vec<Source>, Declared) {
        let files = self.files;
        let mut sources = Vec::new();
        let mut declared = Declared::new();
        for (name, webhook) in &files.project.webhooks {
            let path = format!("webhooks.{name}");
            if !is_usable_name(name) {
                let cause = ConfigError::BadName { name: name.clone(), what: "a webhook source" };
                self.problems.push(files.problem(&path, cause));
            }
            let provider = self.provider(&path, name, webhook);
            declared.insert(name.clone(), provider);
            if let Some(provider) = provider {
                sources.push(self.source(&path, name, webhook, provider, credentials));
            }
        }
        (sources, declared)
    }

    fn provider(&mut self, path: &str, name: &str, webhook: &Webhook) -> Option<ProviderName> {
        let type_path = format!("{path}.type");
        let Some(found) = &webhook.r#type else {
            if !self.files.mentions(&type_path) {
                let cause = ConfigError::NoType { source_name: name.to_owned() };
                self.problems.push(self.files.problem(path, cause));
            }
            return None;
        };
        let provider = found.parse().ok();
        if provider.is_none() {
            let nearest = nearest(found, provider::names());
            let cause = ConfigError::UnknownType { found: found.clone(), nearest };
            self.problems.push(self.files.problem(&type_path, cause));
        }
        provider
    }

    fn source(
        &mut self,
        path: &str,
        name: &str,
        webhook: &Webhook,
        provider: ProviderName,
        credentials: &Credentials,
    ) -> Source {
        let source_name = SourceName::from(name);
        let secrets = if let Some((key, instance)) = self.instance(path, webhook, provider) {
            if webhook.allow_unsigned == Some(true) {
                self.warnings.push(Warning::SignedAnyway { source_name: source_name.clone() });
            }
            self.secrets(&format!("{path}.{key}"), provider, instance, credentials)
        } else {
            self.unsigned(path, &source_name, webhook, provider);
            Vec::new()
        };
        Source {
            name: source_name,
            provider,
            secrets,
            signatures: self.signatures(path, webhook, provider),
            tolerance: self.tolerance(path, webhook, provider),
            rate_limit: self.rate_limit(path, webhook),
            dedupe_window: None,
        }
    }

    /// The key that names the credential, and the instance it names.
    fn instance<'w>(
        &mut self,
        path: &str,
        webhook: &'w Webhook,
        provider: ProviderName,
    ) -> Option<(&'static str, &'w str)> {
        let mut chosen = webhook.credential.as_deref().map(|instance| ("credential", instance));
        // Keys of Action Llama that name the credential by its type.
        let specific = [
            ("github_webhook_secret", &webhook.github_webhook_secret),
            ("sentry_client_secret", &webhook.sentry_client_secret),
            ("linear_webhook_secret", &webhook.linear_webhook_secret),
            ("mintlify_webhook_secret", &webhook.mintlify_webhook_secret),
        ];
        for (key, instance) in specific {
            let Some(instance) = instance.as_deref() else { continue };
            let why = if key != secret_type(provider) {
                format!("the source is of type {provider}")
            } else if chosen.is_some_and(|(_, other)| other != instance) {
                "`credential` names another instance".to_owned()
            } else {
                chosen = Some((key, instance));
                continue;
            };
            let cause = ConfigError::BadValue { key: key.to_owned(), why };
            self.problems.push(self.files.problem(&format!("{path}.{key}"), cause));
        }
        chosen.filter(|(_, instance)| !instance.is_empty())
    }

    /// The current secret, and the one before it while a secret is rotated.
    fn secrets(
        &mut self,
        path: &str,
        provider: ProviderName,
        instance: &str,
        credentials: &Credentials,
    ) -> Vec<Secret> {
        let kind = secret_type(provider);
        let form = provider::spec(provider).credential.key;
        let current = credentials.read(kind, instance, SECRET_FILE).map(Some);
        let previous = match &current {
            Ok(_) => credentials.read_if_present(kind, instance, PREVIOUS_SECRET_FILE),
            Err(_) => Ok(None),
        };
        [current, previous].into_iter().filter_map(|read| self.secret(path, form, read)).collect()
    }

    fn secret(
        &mut self,
        path: &str,
        form: KeyForm,
        read: Result<Option<Credential>, CredentialError>,
    ) -> Option<Secret> {
        let credential = match read {
            Ok(credential) => credential?,
            Err(error) => {
                self.problems.push(self.files.problem(path, error.into()));
                return None;
            }
        };
        if credential.exposure == Exposure::Others {
            self.warnings.push(Warning::Exposed { path: credential.path.clone() });
        }
        let error = match Secret::read(form, credential.expose()) {
            Ok(secret) => return Some(secret),
            Err(BadSecret::Empty) => CredentialError::Empty { path: credential.path }.into(),
            Err(bad @ BadSecret::NotBase64) => {
                ConfigError::BadValue { key: credential.path.display().to_string(), why: bad.to_string() }
            }
        };
        self.problems.push(self.files.problem(path, error));
        None
    }

    /// As in Action Llama a source without a credential takes everything; but Mintlify documents no
    /// signature at all, so there the user has to say that it is meant.
    fn unsigned(&mut self, path: &str, name: &SourceName, webhook: &Webhook, provider: ProviderName) {
        if webhook.allow_unsigned.unwrap_or(provider::spec(provider).may_be_unsigned) {
            self.warnings.push(Warning::Unsigned { source_name: name.clone(), provider });
        } else {
            let cause = ConfigError::Unsigned { source_name: name.to_string(), provider };
            self.problems.push(self.files.problem(path, cause));
        }
    }

    fn signatures(&mut self, path: &str, webhook: &Webhook, provider: ProviderName) -> Vec<Signature> {
        let spec = provider::spec(provider);
        let allow_legacy = webhook.allow_sha1 == Some(true);
        if allow_legacy && !spec.signatures.iter().any(|signature| signature.legacy) {
            let why = format!("{provider} does not sign with SHA-1");
            let cause = ConfigError::BadValue { key: "allow_sha1".to_owned(), why };
            self.problems.push(self.files.problem(&format!("{path}.allow_sha1"), cause));
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
            self.problems.push(self.files.problem(&format!("{path}.signature_header"), cause));
        }
        let mut signature = Signature::sha256("", "").with_prefix(prefix.unwrap_or_default());
        signature.header = Cow::Owned(name.to_ascii_lowercase());
        vec![signature]
    }

    /// A time that anybody can write proves nothing.
    fn tolerance(
        &mut self,
        path: &str,
        webhook: &Webhook,
        provider: ProviderName,
    ) -> Option<std::time::Duration> {
        let spec = provider::spec(provider);
        if webhook.tolerance.is_some() && !spec.signs_time {
            let signing =
                provider::all().iter().map(|provider| provider.spec()).filter(|spec| spec.signs_time);
            let signing: Vec<_> = signing.map(|spec| spec.name.as_str()).collect();
            let why =
                format!("{provider} does not sign the time of a delivery, only {} does", signing.join(", "));
            let cause = ConfigError::BadValue { key: "tolerance".to_owned(), why };
            self.problems.push(self.files.problem(&format!("{path}.tolerance"), cause));
        }
        webhook.tolerance.or(spec.tolerance)
    }

    fn rate_limit(&mut self, path: &str, webhook: &Webhook) -> Option<RateLimit> {
        let rate = webhook.rate_limit?;
        let Some(per_second) = rate.per_second else {
            if !self.files.mentions(&format!("{path}.rate_limit.per_second")) {
                let why = "it needs `per_second`, the deliveries per second in the long run".to_owned();
                let cause = ConfigError::BadValue { key: "rate_limit".to_owned(), why };
                self.problems.push(self.files.problem(&format!("{path}.rate_limit"), cause));
            }
            return None;
        };
        Some(RateLimit { per_second, burst: rate.burst.unwrap_or(per_second) })
    }
}
