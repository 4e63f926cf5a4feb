//! The names that users and providers give to things.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as the user wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a webhook source: `my-github` in `[webhooks.my-github]`.
    SourceName
}
name! {
    /// The name of an agent: its folder under `agents/`.
    AgentName
}
name! {
    /// What makes two deliveries the same event, within one source.
    DeliveryKey
}

/// A key under which a delivery is known as a duplicate, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupeKey {
    /// The key, within one source.
    pub key: DeliveryKey,
    /// How long it is remembered.
    pub window: KeyWindow,
}

/// How long a key is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWindow {
    /// As long as the source says, else the project.
    Project,
    /// As long as the source says, else this: bodies that a provider repeats by nature are remembered
    /// for minutes only.
    Default(Duration),
    /// No longer than this, whatever the source says.
    AtMost(Duration),
}

impl<T: Into<DeliveryKey>> From<T> for DedupeKey {
    fn from(key: T) -> Self {
        Self { key: key.into(), window: KeyWindow::Project }
    }
}
