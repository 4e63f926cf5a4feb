//! The configuration in force, and those before it.

use herdgate_actors::{
    domain::{self, AgentName, RevisionChanges},
    store::RevisionRow,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{list::Listed, time::Time};
use crate::config::EffectiveConfig;

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// The revision that is in force.
    pub revision: u64,
    /// All that is different from the revision before, in words.
    pub differences: String,
    /// Agents that are new.
    #[schema(value_type = Vec<String>)]
    pub added: Vec<AgentName>,
    /// Agents that are gone.
    #[schema(value_type = Vec<String>)]
    pub removed: Vec<AgentName>,
    /// Agents that are different.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<AgentName>,
    /// Keys whose new values wait for the next start.
    pub waits_for_restart: Vec<String>,
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InForce {
    /// Which configuration it is, and what is wrong with the files where they are not.
    pub state: State,
    /// Every key with where it was set.
    pub effective: EffectiveConfig,
}

/// Which configuration is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ConfigurationState)]
pub struct State {
    /// Its number.
    pub revision: u64,
    /// Since when it has been in force.
    pub since: Time,
    /// Keys whose new values wait for the next start.
    pub waiting: Vec<String>,
    /// What the files say instead, where that was not taken.
    pub refused: Option<Refused>,
}

/// Files that were not taken: what was in force before them is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RefusedConfiguration)]
pub struct Refused {
    /// Since when no attempt has succeeded.
    pub since: Time,
    /// When it was last tried.
    pub tried_at: Time,
    /// How many things are wrong.
    pub problems: u64,
    /// The first of them in one line, with its file and line.
    pub first: String,
    /// All of them, each with the line on which it stands and a caret below it.
    pub report: String,
}

/// Which configurations; the newest come first.
pub type RevisionsQuery = Listed<RevisionsFilter>;

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
pub struct RevisionsFilter {}

/// A configuration that was in force, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Its number. Deliveries name the one that judged them.
    pub number: u64,
    /// Since when it was in force.
    pub at: Time,
    /// Tells it from others.
    pub digest: String,
    /// Keys of the whole gate that differ from the one before.
    pub settings: NameChanges,
    /// Sources that do.
    pub sources: NameChanges,
    /// Agents that do.
    pub agents: NameChanges,
}

/// Names of what is new, gone or different.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameChanges {
    /// New.
    pub added: Vec<String>,
    /// Gone.
    pub removed: Vec<String>,
    /// Different.
    pub changed: Vec<String>,
}

impl From<RevisionRow> for Revision {
    fn from(row: RevisionRow) -> Self {
        let RevisionChanges { settings, sources, agents } = row.changes;
        Self {
            number: row.number.0,
            at: row.at.into(),
            digest: row.digest.as_str().to_owned(),
            settings: settings.into(),
            sources: sources.into(),
            agents: agents.into(),
        }
    }
}

impl From<domain::NameChanges> for NameChanges {
    fn from(changes: domain::NameChanges) -> Self {
        let domain::NameChanges { added, removed, changed } = changes;
        Self { added, removed, changed }
    }
}
