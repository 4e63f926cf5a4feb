//! The few request headers that matter.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A small list of headers with lower-case names, picked by the provider's protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(Cow<'static, str>, String)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for `count` headers.
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Appends a header. `name` must be lower-case; a repeated name keeps its first value.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of `name`, which must be lower-case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Drops every header whose name is not in `kept`.
    pub fn retain(&mut self, kept: &[&str]) {
        self.0.retain(|(name, _)| kept.contains(&name.as_ref()));
    }

    /// All headers in the order of their arrival.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }
}

impl<Name: AsRef<str>, Value: Into<String>> FromIterator<(Name, Value)> for Headers {
    fn from_iter<Items: IntoIterator<Item = (Name, Value)>>(items: Items) -> Self {
        Self(
            items
                .into_iter()
                .map(|(name, value)| (Cow::Owned(name.as_ref().to_ascii_lowercase()), value.into()))
                .collect(),
        )
    }
}
