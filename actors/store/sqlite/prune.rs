//! Deleting what is older than it needs to be kept.

use rusqlite::{Connection, OptionalExtension, params};

use super::{dedupe_keys, revisions};
use crate::{
    domain::{JobId, ReceiptId, RunId, Timestamp},
    store::{Prune, Pruned, rules::trusted_now},
};

/// Pages that go back to the disk after each step.
const FREED_PAGES: u32 = 2_000;

pub(super) fn prune(connection: &Connection, prune: &Prune) -> rusqlite::Result<Pruned> {
    let newest = newest(connection)?;
    let now = trusted_now(prune.now, newest, prune.trusted);
    let before = now.minus(prune.retention);
    let limit = prune.limit;
    let (jobs, runs) = jobs(connection, before, now, limit)?;
    let receipts = receipts(connection, before, limit)?;
    revisions::prune(connection, before)?;
    let keys = dedupe_keys::prune(connection, now, limit)?;
    let changes = connection
        .prepare_cached("DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? LIMIT ?)")?
        .execute(params![before, limit])?;
    connection.execute_batch(&format!("PRAGMA incremental_vacuum({FREED_PAGES})"))?;
    let more = receipts == limit || [jobs, keys, changes].contains(&(limit as usize));
    Ok(Pruned { receipts: receipts.into(), runs, more, newest })
}

/// The newest time that the store knows of: of the last receipt and the last job, and of the end of
/// a job. Their ids grow even where a clock is set back, so that the last one is the newest.
fn newest(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT max(at) FROM (
                 SELECT (SELECT at FROM receipts ORDER BY id DESC LIMIT 1) AS at
                 UNION ALL SELECT (SELECT created_at FROM jobs ORDER BY id DESC LIMIT 1)
                 UNION ALL SELECT (SELECT max(ended_at) FROM jobs WHERE ended_at IS NOT NULL))",
        )?
        .query_row([], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

fn jobs(
    connection: &Connection,
    before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> rusqlite::Result<(usize, Vec<RunId>)> {
    let ended: Vec<JobId> = connection
        .prepare_cached(
            "SELECT id FROM jobs WHERE ended_at < ? AND (keep_until IS NULL OR keep_until < ?)
             ORDER BY ended_at LIMIT ?",
        )?
        .query_map(params![before, now, limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut attempts = connection.prepare_cached("DELETE FROM attempts WHERE job = ? RETURNING attempt")?;
    let mut job = connection.prepare_cached("DELETE FROM jobs WHERE id = ?")?;
    let mut runs = Vec::new();
    for id in &ended {
        for attempt in attempts.query_map([id], |row| row.get(0))? {
            runs.push(RunId { job: *id, attempt: attempt? });
        }
        job.execute([id])?;
    }
    Ok((ended.len(), runs))
}

/// Duplicates go first, and then the originals whose bodies they shared.
fn receipts(connection: &Connection, before: Timestamp, limit: u32) -> rusqlite::Result<u32> {
    let mut deleted = 0;
    for _ in 0..2 {
        deleted += unneeded(connection, before, limit - deleted)?;
    }
    Ok(deleted)
}

fn unneeded(connection: &Connection, before: Timestamp, limit: u32) -> rusqlite::Result<u32> {
    let old: Vec<ReceiptId> = connection
        .prepare_cached(
            "SELECT id FROM receipts AS old
             WHERE at < ? AND state NOT IN ('unrouted', 'gapped')
               AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.receipt = old.id)
               AND NOT EXISTS (
                   SELECT 1 FROM receipts AS later WHERE later.duplicate_of = old.id
                   AND NOT EXISTS (SELECT 1 FROM bodies WHERE bodies.receipt = later.id))
             ORDER BY at, id LIMIT ?",
        )?
        .query_map(params![before, limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut body = connection.prepare_cached("DELETE FROM bodies WHERE receipt = ?")?;
    let mut receipt = connection.prepare_cached("DELETE FROM receipts WHERE id = ?")?;
    let mut deleted = 0;
    for id in &old {
        body.execute([id])?;
        receipt.execute([id])?;
        deleted += 1;
    }
    Ok(deleted)
}
