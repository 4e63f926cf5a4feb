//! Writing receipts, their dedupe marks and their jobs: one change.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension, params};

use super::{jobs, reads};
use crate::{
    domain::{
        CommitResult, IdSource, Origin, Parsed, ReceiptBatch, ReceiptId, SourceName, Timestamp, Verdict,
        WebhookContext,
    },
    store::{
        ReceiptState, StoredReceipt,
        keys::{self, Owner},
    },
};

/// A record, with everything that can be done before the writer's turn.
pub(super) struct Prepared {
    record: ReceiptBatch,
    state: ReceiptState,
    /// The body, LZ4-compressed; empty for a reroute, whose body is there already.
    lz4: Vec<u8>,
    sources: String,
    headers: String,
    context: Option<String>,
    verdicts: String,
}

impl Prepared {
    /// Compresses and serializes on the caller's thread.
    pub(super) fn new(record: ReceiptBatch) -> Self {
        let lz4 = match record.origin {
            Origin::Reroute => Vec::new(),
            Origin::Request | Origin::Replay { .. } => lz4_flex::block::compress(&record.delivery.body),
        };
        Self {
            state: ReceiptState::of(&record),
            lz4,
            sources: json(&record.delivery.sources),
            headers: json(&record.delivery.headers),
            context: context(&record).map(json),
            verdicts: json(&record.verdicts),
            record,
        }
    }

    /// About how many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.headers.len() + self.verdicts.len() + self.context.as_ref().map_or(0, String::len);
        self.lz4.len() + texts + 256
    }

    /// Writes it.
    pub(super) fn write(
        &self,
        connection: &Connection,
        ids: &Arc<IdSource>,
        window: Duration,
    ) -> rusqlite::Result<CommitResult> {
        match self.record.origin {
            Origin::Request => {
                let duplicate_of = self.mark(connection, window)?;
                let owner = duplicate_of.map_or(Owner::ThisReceipt, Owner::OfMark);
                self.insert(connection, ids, owner, duplicate_of, None)
            }
            Origin::Replay { of } => self.insert(connection, ids, Owner::Replay, None, Some(of)),
            Origin::Reroute => self.fill_in(connection, ids),
        }
    }

    fn insert(
        &self,
        connection: &Connection,
        ids: &Arc<IdSource>,
        owner: Owner,
        duplicate_of: Option<ReceiptId>,
        replay_of: Option<ReceiptId>,
    ) -> rusqlite::Result<CommitResult> {
        let record = &self.record;
        let mut committed = self.create_jobs(connection, ids, owner)?;
        committed.duplicate_of = duplicate_of;
        let context = context(record);
        connection
            .prepare_cached(
                "INSERT INTO receipts (id, provider, sources, headers, key, at, state, replay_of, duplicate_of,
                                       matched, event, action, repo, context, verdicts, problem)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                record.id,
                record.delivery.provider,
                self.sources,
                self.headers,
                record.delivery.key.as_str(),
                record.delivery.at,
                self.state,
                replay_of,
                duplicate_of,
                committed.created.len(),
                context.map(|context| context.event.as_str()),
                context.and_then(|context| context.action.as_deref()),
                context.and_then(|context| context.repo.as_deref()),
                self.context,
                self.verdicts,
                problem(record),
            ])?;
        if !self.shares_body(connection, &committed)? {
            connection
                .prepare_cached("INSERT INTO bodies (receipt, length, lz4) VALUES (?, ?, ?)")?
                .execute(params![record.id, record.delivery.body.len(), self.lz4])?;
        }
        Ok(committed)
    }

    /// Whether this is a duplicate that made nothing new, and whose original has the same body. One
    /// that is still to be routed may yet make something.
    fn shares_body(&self, connection: &Connection, committed: &CommitResult) -> rusqlite::Result<bool> {
        match committed.duplicate_of {
            Some(original) if committed.created.is_empty() && self.state == ReceiptState::Routed => {
                connection
                    .prepare_cached("SELECT 1 FROM bodies WHERE receipt = ? AND length = ? AND lz4 = ?")?
                    .exists(params![original, self.record.delivery.body.len(), self.lz4])
            }
            _ => Ok(false),
        }
    }

    /// Writes what a later routing found.
    fn fill_in(&self, connection: &Connection, ids: &Arc<IdSource>) -> rusqlite::Result<CommitResult> {
        let record = &self.record;
        let known = connection
            .prepare_cached("SELECT replay_of, duplicate_of FROM receipts WHERE id = ?")?
            .query_row([record.id], |row| {
                Ok((row.get::<_, Option<ReceiptId>>(0)?, row.get::<_, Option<ReceiptId>>(1)?))
            })
            .optional()?;
        // Pruned meanwhile, or closed once more without having been parsed: nothing to add.
        let (Some((replay_of, duplicate_of)), true) = (known, record.parsed.is_some()) else {
            return Ok(CommitResult::default());
        };
        let owner = match replay_of {
            Some(_) => Owner::Replay,
            None => Owner::OfMark(duplicate_of.unwrap_or(record.id)),
        };
        let committed = self.create_jobs(connection, ids, owner)?;
        let context = context(record);
        connection
            .prepare_cached(
                "UPDATE receipts SET state = ?, matched = matched + ?, event = ?, action = ?, repo = ?,
                        context = ?, verdicts = ?, problem = ?
                 WHERE id = ?",
            )?
            .execute(params![
                self.state,
                committed.created.len(),
                context.map(|context| context.event.as_str()),
                context.and_then(|context| context.action.as_deref()),
                context.and_then(|context| context.repo.as_deref()),
                self.context,
                self.verdicts,
                problem(record),
                record.id,
            ])?;
        Ok(committed)
    }

    fn create_jobs(
        &self,
        connection: &Connection,
        ids: &Arc<IdSource>,
        owner: Owner,
    ) -> rusqlite::Result<CommitResult> {
        let (receipt, delivery) = (self.record.id, &self.record.delivery);
        let mut committed = CommitResult::default();
        for verdict in &self.record.verdicts {
            let Verdict::Matched(matched) = verdict else { continue };
            let key = keys::job(receipt, &matched.source, owner, || {
                marked(connection, &matched.source, delivery.key.as_str())
            })?;
            let wanted = jobs::Wanted { matched, receipt, key: &key, now: delivery.at };
            match jobs::create(connection, ids, &wanted)? {
                Some(created) => committed.created.push(created),
                None => committed.skipped += 1,
            }
        }
        Ok(committed)
    }

    /// Takes the delivery's marks for this receipt, or finds who has them.
    fn mark(&self, connection: &Connection, window: Duration) -> rusqlite::Result<Option<ReceiptId>> {
        let delivery = &self.record.delivery;
        let key = delivery.key.as_str();
        let mut take = connection.prepare_cached(
            "INSERT INTO marks (source, key, receipt, at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET receipt = excluded.receipt, at = excluded.at WHERE marks.at < ?",
        )?;
        let mut first = None;
        for source in &delivery.sources {
            let oldest = delivery.at.minus(window);
            let taken = take.execute(params![source.as_str(), key, self.record.id, delivery.at, oldest])?;
            if taken == 0 && first.is_none() {
                first = marked(connection, source, key)?;
            }
        }
        Ok(first)
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them are always JSON")
}

fn context(record: &ReceiptBatch) -> Option<&WebhookContext> {
    match &record.parsed {
        Some(Parsed::Context(context)) => Some(context),
        _ => None,
    }
}

fn problem(record: &ReceiptBatch) -> Option<&str> {
    match &record.parsed {
        Some(Parsed::Unparsable(problem)) => Some(&problem.0),
        _ => None,
    }
}

/// Who has a mark.
fn marked(connection: &Connection, source: &SourceName, key: &str) -> rusqlite::Result<Option<ReceiptId>> {
    connection
        .prepare_cached("SELECT receipt FROM marks WHERE source = ? AND key = ?")?
        .query_row(params![source.as_str(), key], |row| row.get(0))
        .optional()
}

/// Receipts that still need routing, each counted as routed once more.
pub(super) fn unrouted(
    connection: &Connection,
    before: Timestamp,
    max_routings: u32,
    limit: u32,
) -> rusqlite::Result<Vec<StoredReceipt>> {
    let mut receipts: Vec<StoredReceipt> = connection
        .prepare_cached(
            "SELECT * FROM receipts
             WHERE state IN ('unrouted', 'gapped') AND at < ? AND routings < ? ORDER BY id LIMIT ?",
        )?
        .query_map(params![before, max_routings, limit], reads::stored_receipt)?
        .collect::<rusqlite::Result<_>>()?;
    let mut count = connection.prepare_cached("UPDATE receipts SET routings = routings + 1 WHERE id = ?")?;
    for receipt in &mut receipts {
        count.execute([receipt.id])?;
        receipt.delivery.body = reads::body(connection, receipt.id, receipt.duplicate_of)?;
    }
    Ok(receipts)
}
