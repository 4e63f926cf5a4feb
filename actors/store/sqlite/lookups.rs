//! What the rules may ask, as statements.

use rusqlite::{Connection, OptionalExtension, params};

use super::dedupe_keys;
use crate::{
    domain::{AgentName, DeliveryKey, GroupKey, JobState, SourceName},
    store::rules::{KeyOwner, KnownJob, LookUp, MOST_MEMBERS, Member},
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

    fn members(&self, agent: &AgentName, key: &GroupKey) -> rusqlite::Result<Vec<Member>> {
        self.prepare_cached(
            "SELECT id, state, created_at, due_at, receipt, attempts, stand_in FROM jobs
             WHERE agent = ?1 AND group_key = ?2 AND ended_at IS NULL AND state = 'executing'
             UNION ALL
             SELECT * FROM (
                 SELECT id, state, created_at, due_at, receipt, attempts, stand_in FROM jobs
                 WHERE agent = ?1 AND group_key = ?2 AND ended_at IS NULL
                   AND state IN ('available', 'scheduled', 'retryable', 'held')
                 ORDER BY id DESC LIMIT ?3)
             ORDER BY id",
        )?
        .query_map(params![agent, key.0, MOST_MEMBERS], member)?
        .collect()
    }
}

fn member(row: &rusqlite::Row<'_>) -> rusqlite::Result<Member> {
    let state: JobState = row.get("state")?;
    Ok(Member {
        id: row.get("id")?,
        state,
        created_at: row.get("created_at")?,
        due: row.get("due_at")?,
        receipt: row.get("receipt")?,
        is_tried: row.get::<_, u32>("attempts")? > 0,
        is_superseded: row.get::<_, Option<i64>>("stand_in")?.is_some(),
    })
}

fn known_job(row: &rusqlite::Row<'_>) -> rusqlite::Result<KnownJob> {
    Ok(KnownJob { id: row.get(0)?, state: row.get(1)? })
}
