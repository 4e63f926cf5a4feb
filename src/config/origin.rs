//! Where a value was set.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// Nowhere, so it is the default.
    Default,
    /// In a file.
    File {
        /// Which.
        #[schema(value_type = String)]
        file: Arc<Path>,
        /// The line, from 1.
        line: usize,
    },
    /// In the environment of the gate.
    Variable {
        /// Its name.
        name: String,
    },
    /// On the command line of the gate.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Variable { name } => write!(f, "${name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// Where each key of a project, or of an agent, was set: by path like `gateway.port`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Where `path` was set, or the first of several that was; it was left to its default where
    /// none was.
    pub fn first_of(&self, paths: &[&str]) -> Origin {
        paths.iter().find_map(|path| self.get(path)).cloned().unwrap_or(Origin::Default)
    }

    /// Where `path` was set, if anywhere.
    pub(super) fn get(&self, path: &str) -> Option<&Origin> {
        self.0.get(path)
    }

    /// Lays an origin over what was known before.
    pub(super) fn insert(&mut self, path: impl Into<String>, origin: Origin) {
        self.0.insert(path.into(), origin);
    }
}

impl Extend<(String, Origin)> for Origins {
    fn extend<Items: IntoIterator<Item = (String, Origin)>>(&mut self, items: Items) {
        self.0.extend(items);
    }
}
