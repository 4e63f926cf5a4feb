//! Configurations.

use crate::{
    domain::{Parts, Revision, Timestamp},
    store::{LastRevision, NewRevision, RevisionQuery, RevisionRow},
};

/// All that are remembered, and what the newest consists of.
#[derive(Default)]
pub(super) struct Revisions {
    rows: Vec<RevisionRow>,
    parts: Parts,
}

impl Revisions {
    pub(super) fn add(&mut self, new: NewRevision) -> Revision {
        let number = self.rows.last().map(|last| last.number).unwrap_or_default().next();
        let NewRevision { at, parts, changes } = new;
        self.rows.push(RevisionRow { number, at, digest: parts.digest(), changes });
        self.parts = parts;
        number
    }

    pub(super) fn last(&self) -> Option<LastRevision> {
        let last = self.rows.last()?;
        Some(LastRevision { number: last.number, at: last.at, parts: self.parts.clone() })
    }

    pub(super) fn list(&self, query: RevisionQuery) -> Vec<RevisionRow> {
        self.of(query).take(query.limit as usize).cloned().collect()
    }

    /// Those from the place on that a query names.
    pub(super) fn of(&self, query: RevisionQuery) -> impl Iterator<Item = &RevisionRow> {
        let is_behind = move |row: &&RevisionRow| query.before.is_none_or(|before| row.number < before);
        self.rows.iter().rev().filter(is_behind).filter(move |row| query.span.has(row.at))
    }

    /// The newest of those that began before `before` was in force then.
    pub(super) fn prune(&mut self, before: Timestamp) {
        let first = self.rows.iter().rposition(|row| row.at < before).unwrap_or(0);
        self.rows.drain(..first);
    }
}
