//! Which files a user means by a provider or a credential type.

use std::collections::BTreeMap;

use clap::Args;
use herdgate_actors::provider::{self, PREVIOUS_SECRET_FILE, SECRET_FILE};

use crate::{
    cli::{globals::Globals, outcome::usage},
    config::Verification,
    credentials::Credentials,
};

/// The type and the field of the key of the control API.
const API_KEY: (&str, &str) = ("gateway_api_key", "key");

/// Which credential.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// A provider, like `github`, or a credential type, like `github_webhook_secret` or
    /// `gateway_api_key`.
    #[arg(value_name = "PROVIDER OR TYPE")]
    kind: String,
    /// Which one of that type, as `credential` in `[webhooks.<name>]` names it.
    #[arg(default_value = "default")]
    pub(super) instance: String,
    /// The file in its folder; known for providers and `gateway_api_key`.
    #[arg(long)]
    field: Option<String>,
}

impl Which {
    /// Its type.
    pub(super) fn kind(&self) -> &str {
        provider::find(&self.kind).map_or(&self.kind, |provider| provider.spec().credential.r#type)
    }

    /// The provider that signs with it.
    pub(super) fn provider(&self) -> Option<&'static dyn provider::Provider> {
        let mut all = provider::all().iter();
        all.find(|provider| provider.spec().credential.r#type == self.kind()).copied()
    }

    /// Its file.
    pub(super) fn field(&self, previous: bool) -> miette::Result<&str> {
        let field = match &self.field {
            Some(field) => field,
            None if self.provider().is_some() => SECRET_FILE,
            None if self.kind() == API_KEY.0 => API_KEY.1,
            None => return Err(usage(&self.unknown())),
        };
        match (previous, field) {
            (false, field) => Ok(field),
            (true, SECRET_FILE) => Ok(PREVIOUS_SECRET_FILE),
            (true, _) => Err(usage("only secrets of webhooks have a previous one")),
        }
    }

    fn unknown(&self) -> String {
        let types: Vec<_> =
            provider::all().iter().map(|provider| provider.spec().credential.r#type).collect();
        format!(
            "`{}` is neither a provider nor a credential type that Herdgate reads ({}, {}): for another type name its `--field`",
            self.kind,
            types.join(", "),
            API_KEY.0
        )
    }
}

/// Where the project keeps its credentials, also while its configuration is broken.
pub(super) fn credentials(globals: &Globals) -> miette::Result<Credentials> {
    Ok(globals.project().located()?.credentials)
}

/// Which sources of the project use which credentials.
pub(super) struct Users(BTreeMap<String, Vec<String>>);

impl Users {
    /// Nobody, where the configuration cannot be read.
    pub(super) fn of(globals: &Globals) -> Self {
        let mut users = BTreeMap::<_, Vec<_>>::new();
        if let Ok(config) = globals.project().handle().without_secrets().load() {
            for (source, how) in config.verification {
                if let Verification::NotRead { instance, .. } = how {
                    users.entry(instance).or_default().push(source.to_string());
                }
            }
        }
        Self(users)
    }

    /// Those that use an instance of a type.
    pub(super) fn sources(&self, kind: &str, instance: &str) -> &[String] {
        self.0.get(&format!("{kind}/{instance}")).map_or(&[], Vec::as_slice)
    }
}
