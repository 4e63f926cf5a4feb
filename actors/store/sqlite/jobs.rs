//! Moving jobs: one function for each change.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::values::{Json, json, maybe_json};
use crate::{
    domain::{Attempt, Created, IdSource, JobId, Match, ReceiptId, RunId, Timestamp},
    store::{
        AttemptOutcome, Claim, Claimed, ClaimedJob, Finish, Fire, Fired, History, JobState, JobTrigger,
        NewJob, Reason, Rescue, Rescued, Retried,
        transitions::{after_attempt, after_loss},
    },
};

/// A job that a delivery asks for.
pub(super) struct Wanted<'a> {
    pub(super) matched: &'a Match,
    pub(super) receipt: ReceiptId,
    pub(super) key: &'a str,
    pub(super) now: Timestamp,
}

/// Creates a job, unless there is one of that key or the queue is full. The latter leaves a dead
/// letter, whose key stays free for a redelivery.
pub(super) fn create(
    connection: &Connection,
    ids: &Arc<IdSource>,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Option<Created>> {
    let Match { agent, trigger, source, queue_limit } = wanted.matched;
    let waiting: u32 = connection
        .prepare_cached(
            "SELECT coalesce(sum(jobs), 0) FROM backlog
             WHERE agent = ? AND state IN ('available', 'scheduled', 'retryable')",
        )?
        .query_row([agent], |row| row.get(0))?;
    let full = waiting >= *queue_limit;
    if full && exists(connection, wanted)? {
        return Ok(None);
    }
    let cause = JobTrigger::Webhook { source: source.clone(), trigger: *trigger };
    let id = ids.job(wanted.now);
    let created = connection
        .prepare_cached(
            "INSERT INTO jobs (id, agent, key, trigger, cause, receipt, state, reason, created_at, due_at, ended_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, ?9, ?)
             ON CONFLICT (agent, key) WHERE key IS NOT NULL DO NOTHING",
        )?
        .execute(params![
            id,
            agent,
            (!full).then_some(wanted.key),
            cause.as_str(),
            Json(&cause),
            wanted.receipt,
            if full { JobState::Discarded } else { JobState::Available },
            full.then_some(Json(Reason::QueueFull { limit: *queue_limit })),
            wanted.now,
            full.then_some(wanted.now),
        ])?;
    Ok((created > 0 && !full).then(|| Created { agent: agent.clone(), job: id, due: wanted.now }))
}

fn exists(connection: &Connection, wanted: &Wanted<'_>) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM jobs WHERE agent = ? AND key = ?")?
        .exists(params![wanted.matched.agent, wanted.key])
}

pub(super) fn enqueue(connection: &Connection, ids: &Arc<IdSource>, job: &NewJob) -> rusqlite::Result<JobId> {
    let id = ids.job(job.now);
    let state = if job.due > job.now { JobState::Scheduled } else { JobState::Available };
    connection
        .prepare_cached(
            "INSERT INTO jobs (id, agent, trigger, cause, state, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![id, job.agent, job.cause.as_str(), Json(&job.cause), state, job.now, job.due])?;
    Ok(id)
}

pub(super) fn fire(connection: &Connection, ids: &Arc<IdSource>, fire: &Fire) -> rusqlite::Result<Fired> {
    let last: Option<Timestamp> = connection
        .prepare_cached("SELECT last_fired FROM schedules WHERE agent = ?")?
        .query_row([&fire.agent], |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO schedules (agent, last_fired) VALUES (?, ?)")?
        .execute(params![fire.agent, fire.due])?;
    let waits = connection
        .prepare_cached(
            "SELECT 1 FROM jobs WHERE agent = ? AND trigger = 'schedule'
             AND state IN ('available', 'scheduled', 'retryable') LIMIT 1",
        )?
        .exists([&fire.agent])?;
    // The same time twice is a change that was committed although its answer got lost.
    if waits || last == Some(fire.due) {
        return Ok(Fired::Coalesced);
    }
    let cause = JobTrigger::Schedule { due: fire.due };
    let job = NewJob { agent: fire.agent.clone(), cause, now: fire.now, due: fire.now };
    enqueue(connection, ids, &job).map(Fired::Created)
}

pub(super) fn claim(connection: &Connection, claim: &Claim) -> rusqlite::Result<Claimed> {
    let candidates: Vec<_> = connection
        .prepare_cached(
            "SELECT jobs.*, receipts.context FROM jobs
             LEFT JOIN receipts ON receipts.id = jobs.receipt
             WHERE jobs.agent = ? AND jobs.state IN ('available', 'scheduled', 'retryable') AND jobs.due_at <= ?
             ORDER BY jobs.due_at, jobs.id LIMIT ?",
        )?
        .query_map(params![claim.agent, claim.now, claim.places], |row| {
            let id: JobId = row.get("id")?;
            Ok(claimed_job(row).map_err(|_| id))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut start = connection
        .prepare_cached("UPDATE jobs SET state = 'executing', attempts = ?, lease_until = ? WHERE id = ?")?;
    let mut attempt =
        connection.prepare_cached("INSERT INTO attempts (job, attempt, started_at) VALUES (?, ?, ?)")?;
    let mut jobs = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        match candidate {
            Ok(job) => {
                start.execute(params![job.run.attempt, claim.now.plus(claim.lease), job.run.job])?;
                attempt.execute(params![job.run.job, job.run.attempt, claim.now])?;
                jobs.push(job);
            }
            Err(unreadable) => discard_unreadable(connection, unreadable, claim.now)?,
        }
    }
    let next_due = connection
        .prepare_cached(
            "SELECT min(due_at) FROM jobs WHERE agent = ? AND state IN ('available', 'scheduled', 'retryable')",
        )?
        .query_row([&claim.agent], |row| row.get(0))?;
    Ok(Claimed { jobs, next_due })
}

/// Makes a dead letter of a job whose row cannot be read: at the head of the line it would stop
/// all that follow.
fn discard_unreadable(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE jobs SET state = 'discarded', reason = ?, ended_at = ? WHERE id = ?")?
        .execute(params![Json(Reason::NotRetried), now, id])
        .map(drop)
}

fn claimed_job(row: &rusqlite::Row<'_>) -> rusqlite::Result<ClaimedJob> {
    Ok(ClaimedJob {
        run: RunId {
            job: row.get("id")?,
            attempt: Attempt(row.get::<_, u32>("attempts")?.saturating_add(1)),
        },
        agent: row.get("agent")?,
        cause: json(row, "cause")?,
        receipt: row.get("receipt")?,
        context: maybe_json(row, "context")?.map(Arc::new),
        history: history(row)?,
        created_at: row.get("created_at")?,
    })
}

fn history(row: &rusqlite::Row<'_>) -> rusqlite::Result<History> {
    Ok(History {
        failures: row.get("failures")?,
        interruptions: row.get("interruptions")?,
        snoozes: row.get("postponements")?,
    })
}

pub(super) fn renew(connection: &Connection, run: RunId, until: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "UPDATE jobs SET lease_until = ? WHERE id = ? AND attempts = ? AND state = 'executing'",
        )?
        .execute(params![until, run.job, run.attempt])
        .map(|rows| rows > 0)
}

/// Ends the attempt of a run that is executing, and moves its job.
pub(super) fn finish(connection: &Connection, finish: &Finish) -> rusqlite::Result<bool> {
    let executing = connection
        .prepare_cached("SELECT * FROM jobs WHERE id = ? AND attempts = ? AND state = 'executing'")?
        .query_row(params![finish.run.job, finish.run.attempt], history)
        .optional()?;
    let Some(history) = executing else { return Ok(false) };
    let moved = after_attempt(history, finish);
    connection
        .prepare_cached("UPDATE attempts SET finished_at = ?, outcome = ? WHERE job = ? AND attempt = ?")?
        .execute(params![finish.at, Json(&finish.outcome), finish.run.job, finish.run.attempt])?;
    connection
        .prepare_cached(
            "UPDATE jobs SET state = :state, due_at = coalesce(:due, due_at), reason = :reason,
                    ended_at = :ended_at, lease_until = NULL, failures = :failures,
                    interruptions = :interruptions, postponements = :postponements
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": finish.run.job,
            ":state": moved.state,
            ":due": moved.due,
            ":reason": moved.reason.map(Json),
            ":ended_at": moved.due.is_none().then_some(finish.at),
            ":failures": moved.history.failures,
            ":interruptions": moved.history.interruptions,
            ":postponements": moved.history.snoozes,
        })?;
    Ok(true)
}

pub(super) fn rescue(connection: &Connection, rescue: &Rescue) -> rusqlite::Result<Vec<Rescued>> {
    // Two statements, because the lease is looked up by its index only where it is asked for.
    let sql = if rescue.all {
        "SELECT * FROM jobs WHERE state = 'executing' AND ? IS NOT NULL ORDER BY id"
    } else {
        "SELECT * FROM jobs WHERE state = 'executing' AND lease_until <= ? ORDER BY id"
    };
    let lost: Vec<_> = connection
        .prepare_cached(sql)?
        .query_map([rescue.now], |row| {
            let run = RunId { job: row.get("id")?, attempt: row.get("attempts")? };
            Ok((run, row.get("agent")?, history(row)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut rescued = Vec::with_capacity(lost.len());
    for (run, agent, history) in lost {
        let disposition = after_loss(history, rescue);
        let ended = Finish { run, outcome: AttemptOutcome::Interrupted, disposition, at: rescue.now };
        let state = after_attempt(history, &ended).state;
        finish(connection, &ended)?;
        rescued.push(Rescued { run, agent, state });
    }
    Ok(rescued)
}

pub(super) fn retry_job(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<Retried> {
    let known: Option<(crate::domain::AgentName, JobState)> = connection
        .prepare_cached("SELECT agent, state FROM jobs WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        None => Ok(Retried::Unknown),
        Some((agent, JobState::Completed | JobState::Discarded | JobState::Cancelled)) => {
            connection
                .prepare_cached(
                    "UPDATE jobs SET state = 'available', due_at = ?, ended_at = NULL, reason = NULL,
                            failures = 0, interruptions = 0, postponements = 0
                     WHERE id = ?",
                )?
                .execute(params![now, id])?;
            Ok(Retried::Yes { agent })
        }
        Some((_, state)) => Ok(Retried::NotEnded(state)),
    }
}

pub(super) fn dismiss(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "UPDATE jobs SET state = 'cancelled', ended_at = ? WHERE id = ? AND state = 'discarded'",
        )?
        .execute(params![now, id])
        .map(|rows| rows > 0)
}
