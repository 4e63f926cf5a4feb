//! One key after the other.

use std::collections::BTreeMap;

use herdgate_actors::domain::fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::config::Origin;

/// Keys with their tables, like `gateway.port`.
pub type Keys = BTreeMap<String, Setting>;

/// The value of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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

/// How secrets are shown.
pub(super) struct Secrets<'a> {
    pub(super) key: Option<&'a [u8]>,
}

impl Secrets<'_> {
    /// A text that is not shown.
    pub(super) fn hide(&self, text: &str, origin: Origin) -> Setting {
        self.hidden(origin, |key| fingerprint(key, text.as_bytes()))
    }

    pub(super) fn hidden(&self, origin: Origin, fingerprint: impl Fn(&[u8]) -> [u8; 8]) -> Setting {
        let fingerprint = self.key.map(|key| const_hex::encode(fingerprint(key)));
        Setting { value: Value::Null, origin, secret: true, fingerprint }
    }
}

/// Collects keys, each with its value and its origin.
pub(super) struct Collected<Of: Fn(&[&str]) -> Origin> {
    pub(super) keys: Keys,
    /// Where the first of these paths was set that was set at all.
    pub(super) origin: Of,
}

impl<Of: Fn(&[&str]) -> Origin> Collected<Of> {
    pub(super) fn new(origin: Of) -> Self {
        Self { keys: Keys::new(), origin }
    }

    /// Adds a key that is set at its own path.
    pub(super) fn add(&mut self, key: &str, value: impl Into<Value>) {
        self.add_from(key, value, &[key]);
    }

    /// Adds a key that may be set in several places.
    pub(super) fn add_from(&mut self, key: &str, value: impl Into<Value>, paths: &[&str]) {
        let origin = (self.origin)(paths);
        self.put(key, Setting { value: value.into(), origin, secret: false, fingerprint: None });
    }

    pub(super) fn put(&mut self, key: &str, setting: Setting) {
        self.keys.insert(key.to_owned(), setting);
    }
}
