//! Writing receipts and their jobs: one change.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{dedupe_keys, jobs, prepare::Prepared};
use crate::{
    domain::{CommitResult, Created, Origin, ReceiptId},
    store::{
        Inserted, ReceiptState,
        rules::{Dedupe, Owners, key_of},
    },
};

/// Writes a receipt.
pub(super) fn record(
    connection: &Connection,
    prepared: &Prepared,
    window: Duration,
) -> rusqlite::Result<CommitResult> {
    let batch = &prepared.batch;
    match batch.origin {
        Origin::Request => {
            let found = dedupe_keys::take(connection, batch, window)?;
            insert(connection, prepared, &found, None)
        }
        Origin::Replay { of } => {
            let new = Dedupe { take: Vec::new(), duplicate_of: None, owners: Owners::Replay };
            insert(connection, prepared, &new, Some(of))
        }
        Origin::Reroute => fill_in(connection, prepared),
    }
}

fn insert(
    connection: &Connection,
    prepared: &Prepared,
    found: &Dedupe,
    replay_of: Option<ReceiptId>,
) -> rusqlite::Result<CommitResult> {
    let batch = &prepared.batch;
    let mut committed = create_jobs(connection, prepared, &found.owners)?;
    committed.duplicate_of = found.duplicate_of.as_ref().map(|(original, _)| *original);
    let (event, action, repo) = prepared.told();
    connection
        .prepare_cached(
            "INSERT INTO receipts (id, provider, sources, verified_by, headers, key, at, state, replay_of, duplicate_of,
                                   same_key, matched, revision, event, action, repo, context, verdicts, problem)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            batch.id,
            batch.delivery.provider(),
            prepared.sources,
            prepared.verified_by,
            prepared.headers,
            batch.delivery.key(),
            batch.delivery.at(),
            prepared.state,
            replay_of,
            committed.duplicate_of,
            found.duplicate_of.as_ref().map(|(_, key)| key.as_str()),
            committed.created.len(),
            batch.revision.0.cast_signed(),
            event,
            action,
            repo,
            prepared.context,
            prepared.verdicts,
            prepared.problem(),
        ])?;
    if !shares_body(connection, prepared, &committed)? {
        connection
            .prepare_cached("INSERT INTO bodies (receipt, length, lz4) VALUES (?, ?, ?)")?
            .execute(params![batch.id, batch.delivery.body().len(), prepared.lz4])?;
    }
    Ok(committed)
}

/// Whether this is a duplicate that made nothing new, and whose original has the same body. One that
/// is still to be routed may yet make something.
fn shares_body(
    connection: &Connection,
    prepared: &Prepared,
    committed: &CommitResult,
) -> rusqlite::Result<bool> {
    match committed.duplicate_of {
        Some(original) if committed.created.is_empty() && prepared.state == ReceiptState::Routed => {
            connection
                .prepare_cached("SELECT 1 FROM bodies WHERE receipt = ? AND length = ? AND lz4 = ?")?
                .exists(params![original, prepared.batch.delivery.body().len(), prepared.lz4])
        }
        _ => Ok(false),
    }
}

/// Writes what a later routing found.
fn fill_in(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<CommitResult> {
    let batch = &prepared.batch;
    let known = connection
        .prepare_cached(
            "SELECT replay_of, duplicate_of FROM receipts WHERE id = ? AND state <> 'quarantined'",
        )?
        .query_row([batch.id], |row| {
            Ok((row.get::<_, Option<ReceiptId>>(0)?, row.get::<_, Option<ReceiptId>>(1)?))
        })
        .optional()?;
    // Pruned or given up meanwhile, or closed once more without having been parsed: nothing to add.
    let (Some((replay_of, duplicate_of)), true) = (known, batch.parsed.is_some()) else {
        return Ok(CommitResult::default());
    };
    let owners = match replay_of {
        Some(_) => Owners::Replay,
        None => Owners::OfReceipt(duplicate_of.unwrap_or(batch.id)),
    };
    let committed = create_jobs(connection, prepared, &owners)?;
    let (event, action, repo) = prepared.told();
    connection
        .prepare_cached(
            "UPDATE receipts SET state = ?, matched = matched + ?, revision = ?, event = ?, action = ?,
                    repo = ?, context = ?, verdicts = ?, problem = ?
             WHERE id = ?",
        )?
        .execute(params![
            prepared.state,
            committed.created.len(),
            batch.revision.0.cast_signed(),
            event,
            action,
            repo,
            prepared.context,
            prepared.verdicts,
            prepared.problem(),
            batch.id,
        ])?;
    Ok(committed)
}

fn create_jobs(
    connection: &Connection,
    prepared: &Prepared,
    owners: &Owners,
) -> rusqlite::Result<CommitResult> {
    let batch = &prepared.batch;
    let mut committed = CommitResult::default();
    let is_alone = batch.jobs.len() == 1;
    for (job, trigger) in batch.jobs.iter().zip(&prepared.triggers) {
        let key = key_of(job, Some((batch.id, &batch.delivery, owners)), connection)?;
        match jobs::insert(connection, job, trigger, &key, is_alone)? {
            Inserted::Created { job: id, due } | Inserted::Merged { job: id, due } => {
                committed.created.push(Created { agent: job.agent.clone(), job: id, due });
            }
            Inserted::Exists { .. } | Inserted::Suppressed { .. } | Inserted::Full { .. } => {
                committed.skipped += 1;
            }
        }
    }
    Ok(committed)
}
