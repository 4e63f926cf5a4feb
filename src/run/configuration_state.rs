//! Which configuration is in force, and what became of the last attempt at another one.

use std::sync::Arc;

use herdgate_actors::domain::{Revision, Timestamp};
use serde::Serialize;

/// Which configuration is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigurationState {
    /// Its number.
    pub revision: Revision,
    /// Since when it has been in force.
    pub since: Timestamp,
    /// Keys whose new values wait for the next start.
    pub waiting: Vec<&'static str>,
    /// What the files say instead, where that was not taken.
    pub refused: Option<Arc<Refused>>,
}

/// Files that were not taken: what was in force before them is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Since when no attempt has succeeded.
    pub since: Timestamp,
    /// When it was last tried.
    pub tried_at: Timestamp,
    /// How many things are wrong.
    pub problems: usize,
    /// The first of them in one line, with its file and line.
    pub first: String,
    /// All of them, each with the line on which it stands and a caret below it.
    pub report: String,
}
