//! Making jobs, and moving them by hand.

use rusqlite::{Connection, OptionalExtension, params};

use super::{groups, prepare::trigger_json, values::Json};
use crate::{
    domain::{AgentName, JobId, JobState, NewJob, Reason, RunId, Timestamp},
    store::{
        Bulk, BulkAction, BulkDone, Cancelled, Fire, Fired, Inserted, Retried,
        rules::{JobKey, Placement, coalesces, key_of, place},
    },
};

/// Makes a job, where it may exist.
pub(super) fn insert(
    connection: &Connection,
    job: &NewJob,
    trigger: &str,
    key: &JobKey,
    is_alone: bool,
) -> rusqlite::Result<Inserted> {
    match place(job, key, is_alone, connection)? {
        Placement::Exists(known) => Ok(Inserted::Exists { job: known, replaced: false }),
        Placement::Replace(known, state, due) => {
            connection
                .prepare_cached(
                    "UPDATE jobs SET trigger = ?, receipt = ?, input = ?, priority = ?, trace = ?, state = ?,
                            due_at = ?, held_by = NULL
                     WHERE id = ?",
                )?
                .execute(params![
                    trigger,
                    job.receipt,
                    job.input.as_ref().map(|input| &input.0),
                    job.priority,
                    job.trace.map(|trace| trace.to_string()),
                    state,
                    due,
                    known,
                ])?;
            Ok(Inserted::Exists { job: known, replaced: true })
        }
        Placement::Create { state, due, reason, supersedes, takeover } => {
            if let Some(earlier) = supersedes {
                connection
                    .prepare_cached(
                        "UPDATE jobs SET state = 'cancelled', ended_at = ?, key = NULL WHERE id = ?",
                    )?
                    .execute(params![job.created_at, earlier])?;
            }
            let is_full = reason.is_some();
            let key = if is_full { &JobKey::default() } else { key };
            write(connection, job, trigger, key, &Stand { state, due, reason, stand_in: None })?;
            groups::take_over(connection, job.id, &takeover, job.created_at)?;
            Ok(if is_full { Inserted::Full { job: job.id } } else { Inserted::Created { job: job.id, due } })
        }
        // The one that is merged keeps the key of its delivery, which is not merged again.
        Placement::Merge { into, takes_over, state, due, takeover } => {
            if takes_over {
                groups::swap(connection, job, trigger, key, into)?;
                groups::wait(connection, into, state, due)?;
            } else {
                let stand = Stand::ended(job, Reason::Superseded, into);
                write(connection, job, trigger, key, &stand)?;
            }
            groups::take_over(connection, into, &takeover, job.created_at)?;
            Ok(Inserted::Merged { job: into, due })
        }
        // Its key stays free for a redelivery.
        Placement::Suppress(by) => {
            write(connection, job, trigger, &JobKey::default(), &Stand::ended(job, Reason::Busy, by))?;
            Ok(Inserted::Suppressed { job: job.id, by })
        }
    }
}

/// Where a new job stands.
struct Stand {
    state: JobState,
    due: Timestamp,
    reason: Option<Reason>,
    stand_in: Option<JobId>,
}

impl Stand {
    /// One that is over, because another stands for it.
    const fn ended(job: &NewJob, reason: Reason, by: JobId) -> Self {
        Self { state: JobState::Cancelled, due: job.created_at, reason: Some(reason), stand_in: Some(by) }
    }
}

fn write(
    connection: &Connection,
    job: &NewJob,
    trigger: &str,
    key: &JobKey,
    Stand { state, due, reason, stand_in }: &Stand,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO jobs (id, agent, key, keep_until, kind, trigger, receipt, input, group_key, priority,
                               parent, trace, state, reason, created_at, due_at, ended_at, stand_in)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            job.id,
            job.agent,
            key.text,
            key.keep_until,
            job.trigger.as_str(),
            trigger,
            job.receipt,
            job.input.as_ref().map(|input| &input.0),
            job.group_key.as_ref().map(|group| &group.0),
            job.priority,
            job.parent.map(|run: RunId| run.to_string()),
            job.trace.map(|trace| trace.to_string()),
            state,
            reason.as_ref().map(Json),
            job.created_at,
            due,
            state.is_ended().then_some(job.created_at),
            stand_in,
        ])
        .map(drop)
}

/// Makes jobs that belong to no receipt under way.
pub(super) fn insert_all(connection: &Connection, jobs: &[NewJob]) -> rusqlite::Result<Vec<Inserted>> {
    let one = |job: &NewJob| {
        let key = key_of(job, None, connection)?;
        insert(connection, job, &trigger_json(&job.trigger), &key, false)
    };
    jobs.iter().map(one).collect()
}

/// Moves a schedule's cursor, and makes its job.
pub(super) fn fire(connection: &Connection, fire: &Fire) -> rusqlite::Result<Fired> {
    let agent = &fire.job.agent;
    let last: Option<Timestamp> = connection
        .prepare_cached("SELECT last_fired FROM schedule_cursors WHERE agent = ?")?
        .query_row([agent], |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO schedule_cursors (agent, last_fired) VALUES (?, ?)")?
        .execute(params![agent, fire.due])?;
    if coalesces(last, fire.due) {
        return Ok(Fired::Coalesced);
    }
    let key = key_of(&fire.job, None, connection)?;
    match insert(connection, &fire.job, &trigger_json(&fire.job.trigger), &key, true)? {
        Inserted::Created { job, .. } => Ok(Fired::Created(job)),
        Inserted::Merged { .. }
        | Inserted::Suppressed { .. }
        | Inserted::Exists { .. }
        | Inserted::Full { .. } => Ok(Fired::Coalesced),
    }
}

pub(super) fn cancel(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<Cancelled> {
    let known: Option<(JobState, RunId)> = connection
        .prepare_cached("SELECT state, attempts FROM jobs WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, RunId { job: id, attempt: row.get(1)? })))
        .optional()?;
    Ok(match known {
        None => Cancelled::Unknown,
        Some((JobState::Executing, run)) => Cancelled::Executing(run),
        Some((state, _)) if state.is_ended() => Cancelled::Ended(state),
        Some(_) => {
            end(connection, id, now)?;
            Cancelled::Yes
        }
    })
}

fn end(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE jobs SET state = 'cancelled', ended_at = ?, held_by = NULL WHERE id = ?")?
        .execute(params![now, id])
        .map(drop)
}

pub(super) fn dismiss(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<bool> {
    let state: Option<JobState> = connection
        .prepare_cached("SELECT state FROM jobs WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let may = state.is_some_and(|state| state == JobState::Discarded || state.is_waiting());
    if may {
        end(connection, id, now)?;
    }
    Ok(may)
}

pub(super) fn retry(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<Retried> {
    let known: Option<(AgentName, JobState)> = connection
        .prepare_cached("SELECT agent, state FROM jobs WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        None => Ok(Retried::Unknown),
        Some((agent, state)) if state.is_ended() => {
            make_available(connection, id, now)?;
            Ok(Retried::Yes { agent })
        }
        Some((_, state)) => Ok(Retried::NotEnded(state)),
    }
}

fn make_available(connection: &Connection, id: JobId, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE jobs SET state = 'available', due_at = ?, ended_at = NULL, reason = NULL, stand_in = NULL,
                    failures = 0, interruptions = 0, snoozes = 0
             WHERE id = ?",
        )?
        .execute(params![now, id])
        .map(drop)
}

/// Moves a page of dead letters.
pub(super) fn bulk(connection: &Connection, bulk: &Bulk) -> rusqlite::Result<BulkDone> {
    let letters: Vec<(JobId, AgentName)> = connection
        .prepare_cached(
            "SELECT id, agent FROM jobs
             WHERE state = 'discarded' AND (?1 IS NULL OR agent = ?1) AND (?2 IS NULL OR id < ?2)
             ORDER BY id DESC LIMIT ?3",
        )?
        .query_map(params![bulk.agent, bulk.before, bulk.limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, _) in &letters {
        match bulk.action {
            BulkAction::Retry => make_available(connection, *id, bulk.now)?,
            BulkAction::Dismiss => end(connection, *id, bulk.now)?,
        }
    }
    let is_full = letters.len() >= bulk.limit as usize;
    let next = letters.last().map(|(last, _)| *last).filter(|_| is_full);
    Ok(BulkDone { jobs: letters, next })
}

pub(super) fn hold(connection: &Connection, jobs: &[JobId], by: Option<&str>) -> rusqlite::Result<u64> {
    let mut hold = connection.prepare_cached(match by {
        Some(_) => {
            "UPDATE jobs SET state = 'held', held_by = ?
             WHERE id = ? AND state IN ('available', 'scheduled', 'retryable', 'held')"
        }
        None => "UPDATE jobs SET state = 'available', held_by = ? WHERE id = ? AND state = 'held'",
    })?;
    let mut moved = 0;
    for job in jobs {
        moved += hold.execute(params![by, job])? as u64;
    }
    Ok(moved)
}

pub(super) fn hand_over(
    connection: &Connection,
    from: &AgentName,
    to: &AgentName,
    limit: u32,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "UPDATE jobs SET agent = ?2 WHERE id IN (
                 SELECT id FROM jobs AS old
                 WHERE agent = ?1 AND state IN ('available', 'scheduled', 'retryable', 'held')
                   AND NOT EXISTS (SELECT 1 FROM jobs AS new WHERE new.agent = ?2 AND new.key = old.key)
                 ORDER BY id LIMIT ?3)",
        )?
        .execute(params![from, to, limit])
        .map(|rows| rows as u64)
}

pub(super) fn discard_of(
    connection: &Connection,
    agent: &AgentName,
    reason: &Reason,
    now: Timestamp,
    limit: u32,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "UPDATE jobs SET state = 'discarded', reason = ?2, ended_at = ?3, held_by = NULL WHERE id IN (
                 SELECT id FROM jobs
                 WHERE agent = ?1 AND state IN ('available', 'scheduled', 'retryable', 'held')
                 ORDER BY id LIMIT ?4)",
        )?
        .execute(params![agent, Json(reason), now, limit])
        .map(|rows| rows as u64)
}
