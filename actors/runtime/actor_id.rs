//! The names of actors.

use std::fmt;

/// Who an actor is, in logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorId {
    /// Its kind: `agent`.
    pub actor: &'static str,
    /// Its name among its kind.
    pub name: String,
}

impl ActorId {
    /// The actor `name` of kind `actor`.
    pub fn new(actor: &'static str, name: impl Into<String>) -> Self {
        Self { actor, name: name.into() }
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.actor, self.name)
    }
}
