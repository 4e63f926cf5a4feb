//! Jobs that stand for others of their key.

use rusqlite::{Connection, params};

use super::values::Json;
use crate::{
    domain::{AgentName, JobId, JobState, NewJob, Reason, RunId, StandsFor, StoodFor, Timestamp},
    store::rules::{JobKey, Takeover},
};

/// Makes `heir` stand for others of its key.
pub(super) fn take_over(
    connection: &Connection,
    heir: JobId,
    takeover: &Takeover,
    now: Timestamp,
) -> rusqlite::Result<()> {
    for ended in &takeover.ended {
        connection
            .prepare_cached(
                "UPDATE jobs SET state = 'cancelled', ended_at = ?, reason = ?, held_by = NULL, stand_in = ?
                 WHERE id = ?",
            )?
            .execute(params![now, Json(Reason::Superseded), heir, ended])?;
        inherit(connection, *ended, heir)?;
    }
    if let Some(stopped) = takeover.stopped {
        connection
            .prepare_cached("UPDATE jobs SET stand_in = ? WHERE id = ?")?
            .execute(params![heir, stopped])?;
    }
    Ok(())
}

/// What a job stood for, its heir stands for: whoever asks is led to the job that is left.
pub(super) fn inherit(connection: &Connection, ended: JobId, heir: JobId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE jobs SET stand_in = ? WHERE stand_in = ?")?
        .execute(params![heir, ended])
        .map(drop)
}

/// Gives the delivery of `job` to `into`, and what that went by until now to `job`, which is over.
pub(super) fn swap(
    connection: &Connection,
    job: &NewJob,
    trigger: &str,
    key: &JobKey,
    into: JobId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO jobs (id, agent, keep_until, kind, trigger, receipt, input, group_key, priority,
                               parent, trace, state, reason, created_at, due_at, ended_at, stand_in)
             SELECT ?1, agent, keep_until, kind, trigger, receipt, input, group_key, priority,
                    parent, trace, 'cancelled', ?2, ?3, ?3, ?3, id
             FROM jobs WHERE id = ?4",
        )?
        .execute(params![job.id, Json(Reason::Superseded), job.created_at, into])?;
    let earlier: Option<String> = connection
        .prepare_cached("SELECT key FROM jobs WHERE id = ?")?
        .query_row([into], |row| row.get(0))?;
    connection
        .prepare_cached(
            "UPDATE jobs SET key = ?, keep_until = ?, kind = ?, trigger = ?, receipt = ?, input = ?, priority = ?,
                    parent = ?, trace = ?
             WHERE id = ?",
        )?
        .execute(params![
            key.text,
            key.keep_until,
            job.trigger.as_str(),
            trigger,
            job.receipt,
            job.input.as_ref().map(|input| &input.0),
            job.priority,
            job.parent.map(|run: RunId| run.to_string()),
            job.trace.map(|trace| trace.to_string()),
            into,
        ])?;
    connection
        .prepare_cached("UPDATE jobs SET key = ? WHERE id = ?")?
        .execute(params![earlier, job.id])
        .map(drop)
}

/// Moves a job that waits.
pub(super) fn wait(
    connection: &Connection,
    id: JobId,
    state: JobState,
    due: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE jobs SET state = ?, due_at = ? WHERE id = ?")?
        .execute(params![state, due, id])
        .map(drop)
}

/// What a job stands for.
pub(super) fn stands_for(connection: &Connection, id: JobId) -> rusqlite::Result<StandsFor> {
    let count = connection
        .prepare_cached("SELECT count(*) FROM jobs WHERE stand_in = ? AND reason = ?")?
        .query_row(params![id, Json(Reason::Superseded)], |row| row.get(0))?;
    if count == 0 {
        return Ok(StandsFor::default());
    }
    let mut deliveries: Vec<_> = connection
        .prepare_cached(
            "SELECT jobs.id, jobs.receipt, receipts.event, receipts.action,
                    coalesce(receipts.at, jobs.created_at) AS at
             FROM jobs LEFT JOIN receipts ON receipts.id = jobs.receipt
             WHERE stand_in = ? AND reason = ? ORDER BY at DESC, jobs.id DESC LIMIT ?",
        )?
        .query_map(params![id, Json(Reason::Superseded), StandsFor::LISTED], |row| {
            let (job, receipt, at) = (row.get(0)?, row.get(1)?, row.get(4)?);
            Ok(StoodFor { job, receipt, event: row.get(2)?, action: row.get(3)?, at })
        })?
        .collect::<rusqlite::Result<_>>()?;
    deliveries.reverse();
    Ok(StandsFor { count, deliveries })
}

/// Runs of an agent that go on although another job stands for theirs.
pub(super) fn superseded(connection: &Connection, agent: &AgentName) -> rusqlite::Result<Vec<RunId>> {
    connection
        .prepare_cached(
            "SELECT id, attempts FROM jobs WHERE agent = ? AND stand_in IS NOT NULL AND state = 'executing'",
        )?
        .query_map([agent], |row| Ok(RunId { job: row.get(0)?, attempt: row.get(1)? }))?
        .collect()
}
