//! Whom a source trusts: its secrets, or nobody in particular.

use std::time::Duration;

use herdgate_actors::{
    domain::{BadSecret, ProviderName, Secret, SourceName},
    provider,
};

use super::Resolver;
use crate::{
    config::{
        ConfigError, ResolvedGateway, Verification, Warning, files::DEFAULT_INSTANCE, settings::Webhook,
    },
    credentials::{Credential, CredentialError, Exposure, Keyring, secret_type},
};

/// How long a previous secret is a rotation, and not a second key.
const ROTATION: Duration = Duration::from_hours(30 * 24);
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
    /// The secrets of a source: of the instance that it names, or else of the default one. Without
    /// either it takes everything, as Action Llama's documentation says, unless somebody forbids it.
    pub(super) fn trust(
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
        let age = self.inputs.now.since(previous.changed_at);
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
}
