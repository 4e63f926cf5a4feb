//! The configurations that the gate has had.

use super::{Pending, Span};
use crate::domain::{Digest, Parts, Revision, RevisionChanges, Timestamp};

/// What is remembered of configurations. A receipt names the one that judged it.
pub trait Revisions: Send + Sync + 'static {
    /// Gives a configuration the next number, and remembers it as the newest. No number is given
    /// twice, also not that of a configuration which is forgotten meanwhile.
    fn add_revision(&self, revision: NewRevision) -> Pending<Revision>;

    /// The newest configuration and what it consisted of; `None` before the first.
    fn last_revision(&self) -> Pending<Option<LastRevision>>;
}

/// A configuration that is about to be in force.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// The current time.
    pub at: Timestamp,
    /// What it consists of.
    pub parts: Parts,
    /// What is different from the one before.
    pub changes: RevisionChanges,
}

/// The newest configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRevision {
    /// Its number.
    pub number: Revision,
    /// Since when it has been in force.
    pub at: Timestamp,
    /// What it consists of.
    pub parts: Parts,
}

/// A configuration in a listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RevisionRow {
    /// Its number.
    pub number: Revision,
    /// Since when it was in force.
    pub at: Timestamp,
    /// Tells it from others.
    pub digest: Digest,
    /// What was different from the one before.
    pub changes: RevisionChanges,
}

/// Which part of the listing, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionQuery {
    /// Only those that were put in force then.
    pub span: Span,
    /// At most this many.
    pub limit: u32,
    /// Only those with a smaller number.
    pub before: Option<Revision>,
}

impl Default for RevisionQuery {
    fn default() -> Self {
        Self { span: Span::default(), limit: 50, before: None }
    }
}
