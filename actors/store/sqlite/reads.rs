//! What is asked.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::values::{json, maybe_json};
use crate::{
    domain::{
        AgentName, Delivery, DeliveryKey, JobId, Origin, Parsed, ReceiptId, RunId, SourceName, Timestamp,
        Unparsable, WebhookContext,
    },
    store::{
        AttemptRow, Backlog, JobDetail, JobQuery, JobRow, ReceiptQuery, ReceiptRow, RunQuery, RunRow,
        ScheduleCursor, StoredReceipt,
    },
};

/// In every listing: the page, with ids below `before`.
const PAGE: &str = "(:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit";

pub(super) fn receipt(connection: &Connection, id: ReceiptId) -> rusqlite::Result<Option<StoredReceipt>> {
    let found = connection
        .prepare_cached("SELECT * FROM receipts WHERE id = ?")?
        .query_row([id], stored_receipt)
        .optional()?;
    let Some(mut receipt) = found else { return Ok(None) };
    receipt.delivery.body = body(connection, id, receipt.duplicate_of)?;
    receipt.jobs = connection
        .prepare_cached("SELECT * FROM jobs WHERE receipt = ? ORDER BY id")?
        .query_map([id], job_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(receipt))
}

/// The body of a receipt; a duplicate without one shares that of its original.
pub(super) fn body(
    connection: &Connection,
    id: ReceiptId,
    original: Option<ReceiptId>,
) -> rusqlite::Result<Bytes> {
    let mut statement = connection.prepare_cached("SELECT length, lz4 FROM bodies WHERE receipt = ?")?;
    let mut find = |id: ReceiptId| {
        statement.query_row([id], |row| Ok((row.get::<_, usize>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()
    };
    let found = match (find(id)?, original) {
        (None, Some(original)) => find(original)?,
        (found, _) => found,
    };
    let Some((length, lz4)) = found else { return Ok(Bytes::new()) };
    lz4_flex::block::decompress(&lz4, length).map(Bytes::from).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Blob, Box::new(error))
    })
}

/// A receipt without its body and jobs.
pub(super) fn stored_receipt(row: &Row<'_>) -> rusqlite::Result<StoredReceipt> {
    let context: Option<WebhookContext> = maybe_json(row, "context")?;
    let problem: Option<String> = row.get("problem")?;
    let replay_of: Option<ReceiptId> = row.get("replay_of")?;
    Ok(StoredReceipt {
        id: row.get("id")?,
        delivery: Delivery {
            provider: row.get("provider")?,
            sources: json(row, "sources")?,
            headers: json(row, "headers")?,
            body: Bytes::new(),
            at: row.get("at")?,
            key: DeliveryKey::from(row.get::<_, String>("key")?),
        },
        origin: replay_of.map_or(Origin::Request, |of| Origin::Replay { of }),
        state: row.get("state")?,
        parsed: match (context, problem) {
            (Some(context), _) => Some(Parsed::Context(Arc::new(context))),
            (None, Some(problem)) => Some(Parsed::Unparsable(Unparsable(problem))),
            (None, None) => None,
        },
        verdicts: json(row, "verdicts")?,
        duplicate_of: row.get("duplicate_of")?,
        jobs: Vec::new(),
    })
}

pub(super) fn receipts(connection: &Connection, query: &ReceiptQuery) -> rusqlite::Result<Vec<ReceiptRow>> {
    let sql = format!(
        "SELECT * FROM receipts
         WHERE (:state IS NULL OR state = :state)
           AND (:source IS NULL OR EXISTS (SELECT 1 FROM json_each(sources) WHERE value = :source))
           AND {PAGE}"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! {
                ":state": query.state,
                ":source": query.source.as_ref().map(SourceName::as_str),
                ":before": query.page.before,
                ":limit": query.page.limit,
            },
            receipt_row,
        )?
        .collect()
}

fn receipt_row(row: &Row<'_>) -> rusqlite::Result<ReceiptRow> {
    Ok(ReceiptRow {
        id: row.get("id")?,
        at: row.get("at")?,
        provider: row.get("provider")?,
        sources: json(row, "sources")?,
        event: row.get("event")?,
        action: row.get("action")?,
        repo: row.get("repo")?,
        state: row.get("state")?,
        matched: row.get("matched")?,
        duplicate_of: row.get("duplicate_of")?,
        replay_of: row.get("replay_of")?,
    })
}

pub(super) fn job(connection: &Connection, id: JobId) -> rusqlite::Result<Option<JobDetail>> {
    let found =
        connection.prepare_cached("SELECT * FROM jobs WHERE id = ?")?.query_row([id], job_row).optional()?;
    let Some(job) = found else { return Ok(None) };
    let attempts = connection
        .prepare_cached("SELECT * FROM attempts WHERE job = ? ORDER BY attempt")?
        .query_map([id], attempt_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(JobDetail { job, attempts }))
}

pub(super) fn jobs(connection: &Connection, query: &JobQuery) -> rusqlite::Result<Vec<JobRow>> {
    // Written out, so that dead letters are found by their own index.
    let state = query.state.map(|state| format!("state = '{state}' AND ")).unwrap_or_default();
    let sql = format!("SELECT * FROM jobs WHERE {state}(:agent IS NULL OR agent = :agent) AND {PAGE}");
    connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! {
                ":agent": query.agent, ":before": query.page.before, ":limit": query.page.limit,
            },
            job_row,
        )?
        .collect()
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    Ok(JobRow {
        id: row.get("id")?,
        agent: row.get("agent")?,
        cause: json(row, "cause")?,
        state: row.get("state")?,
        reason: maybe_json(row, "reason")?,
        receipt: row.get("receipt")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        due_at: row.get("due_at")?,
    })
}

pub(super) fn runs(connection: &Connection, query: &RunQuery) -> rusqlite::Result<Vec<RunRow>> {
    connection
        .prepare_cached(
            "SELECT jobs.agent, jobs.cause, jobs.receipt, attempts.* FROM jobs
             JOIN attempts ON attempts.job = jobs.id
             WHERE (:agent IS NULL OR agent = :agent)
               AND (:receipt IS NULL OR receipt = :receipt)
               AND (:before IS NULL OR id < :before)
             ORDER BY id DESC, attempt DESC LIMIT :limit",
        )?
        .query_map(
            named_params! {
                ":agent": query.agent,
                ":receipt": query.receipt,
                ":before": query.page.before,
                ":limit": query.page.limit,
            },
            |row| {
                let attempt = attempt_row(row)?;
                Ok(RunRow {
                    run: RunId { job: row.get("job")?, attempt: attempt.attempt },
                    agent: row.get("agent")?,
                    cause: json(row, "cause")?,
                    receipt: row.get("receipt")?,
                    attempt,
                })
            },
        )?
        .collect()
}

fn attempt_row(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    Ok(AttemptRow {
        attempt: row.get("attempt")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        outcome: maybe_json(row, "outcome")?,
    })
}

pub(super) fn cursors(connection: &Connection) -> rusqlite::Result<Vec<ScheduleCursor>> {
    connection
        .prepare_cached("SELECT agent, last_fired FROM schedules")?
        .query_map([], |row| Ok(ScheduleCursor { agent: row.get(0)?, last_fired: row.get(1)? }))?
        .collect()
}

pub(super) fn backlog(connection: &Connection) -> rusqlite::Result<Vec<Backlog>> {
    connection
        .prepare_cached("SELECT agent, state, jobs FROM backlog WHERE jobs > 0")?
        .query_map([], |row| Ok(Backlog { agent: row.get(0)?, state: row.get(1)?, jobs: row.get(2)? }))?
        .collect()
}

pub(super) fn oldest_due(connection: &Connection) -> rusqlite::Result<Vec<(AgentName, Timestamp)>> {
    connection
        .prepare_cached(
            "SELECT agent, due FROM (
                SELECT DISTINCT agent, (
                    SELECT min(due_at) FROM jobs
                    WHERE jobs.agent = backlog.agent AND jobs.state IN ('available', 'scheduled', 'retryable')
                ) AS due
                FROM backlog WHERE jobs > 0 AND state IN ('available', 'scheduled', 'retryable')
             ) WHERE due IS NOT NULL",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
