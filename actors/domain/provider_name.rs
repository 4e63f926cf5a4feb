//! What a webhook provider is called.

use std::fmt;

use serde::Serialize;

/// The name of a provider in `type = "github"`, in URLs and in contexts.
///
/// Which names there are, the registry of providers knows: it reads a name from a text, and from
/// what the store holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ProviderName(&'static str);

impl ProviderName {
    /// The name that a provider gives itself.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as it is written.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A text that names no provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown webhook type `{0}`")]
pub struct UnknownProvider(pub String);
