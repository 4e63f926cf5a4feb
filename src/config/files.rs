//! Everything that is read from disk before anything is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use herdgate_actors::{
    domain::ProviderName,
    provider::{PREVIOUS_SECRET_FILE, SECRET_FILE},
};

use super::{
    ConfigError, Diagnostic, Env, Warning,
    agents::AgentFiles,
    environment::unknown_variables,
    layers::{Layers, expand},
    settings::{Settings, Webhook},
    watched::Watched,
};
use crate::credentials::{CredentialError, Credentials, Keyring, secret_type};

/// The instance that holds the secret of sources which name none.
pub(super) const DEFAULT_INSTANCE: &str = "default";

/// All files of a project, read.
pub(super) struct Files {
    pub(super) layers: Layers,
    pub(super) settings: Settings,
    /// What was set elsewhere than in `config.toml`: key and origin.
    pub(super) origins: Vec<(String, String)>,
    pub(super) agents_dir: PathBuf,
    pub(super) agents: Vec<AgentFiles>,
    pub(super) credentials: Credentials,
    pub(super) secrets: Secrets,
    pub(super) warnings: Vec<Warning>,
}

impl Files {
    /// `None` where no settings come of the layers.
    pub(super) fn read(
        layers: Layers,
        env: &Env,
        with_secrets: bool,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let merged = match layers.merge() {
            Ok(merged) => merged,
            Err(error) => {
                problems.push(layers.problem("", ConfigError::Unreadable(error.to_string())));
                return None;
            }
        };
        let mut warnings = layers.warnings();
        warnings.extend(unknown_variables(env));
        let agents_dir = expand(&merged.settings.agents_dir, &layers.root, env);
        let agents = AgentFiles::read_all(&agents_dir, &layers.root, problems, &mut warnings);
        let credentials = Credentials::at(expand(&merged.settings.credentials_dir, &layers.root, env));
        let secrets =
            if with_secrets { Secrets::read(&merged.settings, &credentials) } else { Secrets::NotRead };
        Some(Self {
            layers,
            settings: merged.settings,
            origins: merged.origins,
            agents_dir,
            agents,
            credentials,
            secrets,
            warnings,
        })
    }

    /// All that was read, and would have been, had it been there.
    pub(super) fn watched(&self) -> Watched {
        let mut files: BTreeSet<_> = self.layers.files().map(PathBuf::from).collect();
        files.insert(self.layers.root.join(".env.toml"));
        if let Secrets::Read(rings) = &self.secrets {
            let of_instance = |(kind, instance): &(String, String)| {
                let folder = self.credentials.root().join(kind).join(instance);
                [SECRET_FILE, PREVIOUS_SECRET_FILE].map(|file| folder.join(file))
            };
            files.extend(rings.keys().flat_map(of_instance));
        }
        Watched::new(files, self.agents_dir.clone())
    }
}

/// The secrets that the sources of a project may want.
pub(super) enum Secrets {
    /// By type and instance.
    Read(BTreeMap<(String, String), Result<Keyring, CredentialError>>),
    /// Nobody looked: a check of a project on a machine that does not have them.
    NotRead,
}

impl Secrets {
    fn read(settings: &Settings, credentials: &Credentials) -> Self {
        let mut rings = BTreeMap::new();
        for webhook in settings.webhooks.values() {
            let Some(provider) = webhook.r#type.as_deref().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let kind = secret_type(provider);
            for instance in instances(webhook, provider) {
                let key = (kind.to_owned(), instance.to_owned());
                rings.entry(key).or_insert_with(|| credentials.keyring(kind, instance));
            }
        }
        Self::Read(rings)
    }

    /// What lies at an instance; `None` where nobody looked.
    pub(super) fn get(&self, kind: &str, instance: &str) -> Option<&Result<Keyring, CredentialError>> {
        match self {
            Self::Read(rings) => rings.get(&(kind.to_owned(), instance.to_owned())),
            Self::NotRead => None,
        }
    }
}

/// The instances whose secret a source may want.
fn instances(webhook: &Webhook, provider: ProviderName) -> impl Iterator<Item = &str> {
    let by_type = webhook.credentials.get(secret_type(provider));
    let named = webhook.credential.iter().chain(by_type).map(|instance| instance.trim());
    named.filter(|instance| !instance.is_empty()).chain([DEFAULT_INSTANCE])
}
