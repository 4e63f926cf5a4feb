//! What the rules may ask, as statements.

use rusqlite::{Connection, OptionalExtension, params};

use super::dedupe_keys;
use crate::{
    domain::{AgentName, DeliveryKey, SourceName},
    store::rules::{KeyOwner, KnownJob, LookUp},
};

impl LookUp for Connection {
    type Error = rusqlite::Error;

    fn key_owner(&self, source: &SourceName, key: &DeliveryKey) -> rusqlite::Result<Option<KeyOwner>> {
        dedupe_keys::owner(self, source, key)
    }

    fn job_of_key(&self, agent: &AgentName, key: &str) -> rusqlite::Result<Option<KnownJob>> {
        self.prepare_cached("SELECT id, state FROM jobs WHERE agent = ? AND key = ?")?
            .query_row(params![agent, key], known_job)
            .optional()
    }

    fn waiting_schedule(&self, agent: &AgentName) -> rusqlite::Result<Option<KnownJob>> {
        self.prepare_cached(
            "SELECT id, state FROM jobs WHERE agent = ? AND kind = 'schedule'
             AND state IN ('available', 'scheduled', 'retryable', 'held') LIMIT 1",
        )?
        .query_row([agent], known_job)
        .optional()
    }

    fn waiting(&self, agent: &AgentName) -> rusqlite::Result<u64> {
        self.prepare_cached(
            "SELECT coalesce(sum(jobs), 0) FROM backlog
             WHERE agent = ? AND state IN ('available', 'scheduled', 'retryable', 'held')",
        )?
        .query_row([agent], |row| row.get(0))
    }
}

fn known_job(row: &rusqlite::Row<'_>) -> rusqlite::Result<KnownJob> {
    Ok(KnownJob { id: row.get(0)?, state: row.get(1)? })
}
