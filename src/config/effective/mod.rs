//! Everything that is in force, as it is shown: key, value and origin, without secrets.
//!
//! - here: the form, which is also that of the API.
//! - `gate`, `source`, `agent`: how each part of a [`ResolvedConfig`] comes to it.
//! - `difference`: what two of them do not have in common.

mod agent;
mod difference;
mod gate;
mod source;

use std::{collections::BTreeMap, path::PathBuf};

use herdgate_actors::domain::fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use difference::{Difference, Part, Way};

use super::{Origin, ResolvedConfig};

/// Keys with their tables, like `gateway.port`.
pub type Keys = BTreeMap<String, Setting>;

/// What is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectiveConfig {
    /// The project's file; it need not exist.
    pub file: PathBuf,
    /// What holds for all of it.
    pub settings: Keys,
    /// Sources by name.
    pub sources: BTreeMap<String, Keys>,
    /// Agents by name; disabled ones too.
    pub agents: BTreeMap<String, Keys>,
}

/// The value of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// As a file would say it; `null` where it is not set, and where it is a secret.
    pub value: Value,
    /// Where it was set.
    pub origin: Origin,
    /// Whether there is a value that is not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Tells a secret from another one, among those who share the key that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl EffectiveConfig {
    /// What is in force by a configuration.
    pub fn of(config: &ResolvedConfig) -> Self {
        Self::made(config, None)
    }

    /// The same with fingerprints of its secrets, which say nothing to who does not know `key`.
    pub fn with_fingerprints(config: &ResolvedConfig, key: &[u8]) -> Self {
        Self::made(config, Some(key))
    }

    fn made(config: &ResolvedConfig, key: Option<&[u8]>) -> Self {
        let secrets = Secrets { key };
        let sources = config.sources.iter();
        let agents = config.agents.iter();
        Self {
            file: config.file.clone(),
            settings: gate::keys(config),
            sources: sources
                .map(|source| (source.name.to_string(), source::keys(source, config, &secrets)))
                .collect(),
            agents: agents
                .map(|agent| (agent.name().to_string(), agent::keys(agent, &config.places, &secrets)))
                .collect(),
        }
    }
}

/// How secrets are shown.
struct Secrets<'a> {
    key: Option<&'a [u8]>,
}

impl Secrets<'_> {
    /// A text that is not shown.
    fn hide(&self, text: &str, origin: Origin) -> Setting {
        self.hidden(origin, |key| fingerprint(key, text.as_bytes()))
    }

    fn hidden(&self, origin: Origin, fingerprint: impl Fn(&[u8]) -> [u8; 8]) -> Setting {
        let fingerprint = self.key.map(|key| const_hex::encode(fingerprint(key)));
        Setting { value: Value::Null, origin, secret: true, fingerprint }
    }
}

/// Collects keys, each with its value and its origin.
struct Collected<Of: Fn(&[&str]) -> Origin> {
    keys: Keys,
    /// Where the first of these paths was set that was set at all.
    origin: Of,
}

impl<Of: Fn(&[&str]) -> Origin> Collected<Of> {
    fn new(origin: Of) -> Self {
        Self { keys: Keys::new(), origin }
    }

    /// Adds a key that is set at its own path.
    fn add(&mut self, key: &str, value: impl Into<Value>) {
        self.add_from(key, value, &[key]);
    }

    /// Adds a key that may be set in several places.
    fn add_from(&mut self, key: &str, value: impl Into<Value>, paths: &[&str]) {
        let origin = (self.origin)(paths);
        self.put(key, Setting { value: value.into(), origin, secret: false, fingerprint: None });
    }

    fn put(&mut self, key: &str, setting: Setting) {
        self.keys.insert(key.to_owned(), setting);
    }
}

#[cfg(test)]
mod tests;
