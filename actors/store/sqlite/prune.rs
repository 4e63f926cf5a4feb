//! Deleting what is older than it needs to be kept.

use rusqlite::{Connection, params};

use crate::{
    domain::{IdSource, JobId, ReceiptId, RunId, Timestamp},
    store::Pruned,
};

/// Pages that go back to the disk after each step.
const FREED_PAGES: u32 = 2_000;

pub(super) fn prune(
    connection: &Connection,
    before: Timestamp,
    marks_before: Timestamp,
    limit: u32,
) -> rusqlite::Result<Pruned> {
    let (jobs, runs) = jobs(connection, before, limit)?;
    let receipts = receipts(connection, before, limit)?;
    let keys = connection
        .prepare_cached(
            "DELETE FROM marks WHERE (source, key) IN (SELECT source, key FROM marks WHERE at < ? LIMIT ?)",
        )?
        .execute(params![marks_before, limit])?;
    connection.execute_batch(&format!("PRAGMA incremental_vacuum({FREED_PAGES})"))?;
    let more = receipts == limit || [jobs, keys].contains(&(limit as usize));
    Ok(Pruned { receipts: receipts.into(), runs, more })
}

fn jobs(connection: &Connection, before: Timestamp, limit: u32) -> rusqlite::Result<(usize, Vec<RunId>)> {
    let ended: Vec<JobId> = connection
        .prepare_cached("SELECT id FROM jobs WHERE ended_at < ? ORDER BY ended_at LIMIT ?")?
        .query_map(params![before, limit], |row| row.get(0))?
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
    // Ids grow with time, so that no index on the time is needed.
    let oldest_kept = IdSource::after(0).receipt(before);
    let old: Vec<ReceiptId> = connection
        .prepare_cached(
            "SELECT id FROM receipts AS old
             WHERE id < ? AND at < ?
               AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.receipt = old.id)
               AND NOT EXISTS (
                   SELECT 1 FROM receipts AS later WHERE later.duplicate_of = old.id
                   AND NOT EXISTS (SELECT 1 FROM bodies WHERE bodies.receipt = later.id))
             ORDER BY id LIMIT ?",
        )?
        .query_map(params![oldest_kept, before, limit], |row| row.get(0))?
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
