//! Attempts: claimed, renewed, ended, rescued.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{
    groups,
    prepare::{outcome_json, report_json},
    schema::FORMAT,
    values::{Json, json},
};
use crate::{
    domain::{
        AgentName, Attempt, AttemptOutcome, GroupKey, History, Input, JobId, JobState, NodeLife, Reason,
        RunId, StandsFor, Timestamp,
    },
    store::{
        Claim, Claimed, ClaimedDelivery, ClaimedJob, ClockBack, Finish, Finished, Rescue, RescueScope,
        Rescued,
        rules::{after_attempt, after_loss},
    },
};

/// Jobs of other groups than those whose places are taken.
const EXCEPT: &str =
    "(:except IS NULL OR group_key IS NULL OR group_key NOT IN (SELECT value FROM json_each(:except)))";

pub(super) fn claim(connection: &Connection, claim: &Claim) -> rusqlite::Result<Claimed> {
    let except = (!claim.except.is_empty()).then_some(Json(&claim.except));
    // Both halves come out of their indexes in order, and no further than they are needed.
    let sql = format!(
        "SELECT jobs.*, receipts.provider, receipts.headers, receipts.context FROM (
             SELECT id, priority, due_at FROM (
                 SELECT id, priority, due_at FROM jobs
                 WHERE agent = :agent AND state = 'available' AND follows = 0 AND {EXCEPT}
                 ORDER BY priority DESC, due_at, id LIMIT :places)
             UNION ALL
             SELECT id, priority, due_at FROM (
                 SELECT id, priority, due_at FROM jobs
                 WHERE agent = :agent AND state IN ('scheduled', 'retryable') AND follows = 0 AND due_at <= :now
                   AND {EXCEPT}
                 ORDER BY due_at, id LIMIT :places)
             ORDER BY priority DESC, due_at, id LIMIT :places
         ) AS next
         JOIN jobs ON jobs.id = next.id
         LEFT JOIN receipts ON receipts.id = jobs.receipt
         ORDER BY next.priority DESC, next.due_at, next.id"
    );
    let candidates: Vec<(JobId, Result<ClaimedJob, String>)> = connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! {
                ":agent": claim.agent, ":now": claim.now, ":places": claim.places, ":except": except,
            },
            |row| Ok((row.get("id")?, claimed_job(row).map_err(|error| error.to_string()))),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let mut start = connection.prepare_cached(
        "UPDATE jobs SET state = 'executing', attempts = ?, lease_until = ?, executing_node = ?,
                executing_life = ?
         WHERE id = ?",
    )?;
    let mut attempt = connection
        .prepare_cached("INSERT INTO attempts (job, attempt, agent, started_at) VALUES (?, ?, ?, ?)")?;
    let mut claimed = Claimed::default();
    let until = claim.now.plus(claim.lease);
    for (id, candidate) in candidates {
        match candidate {
            Ok(mut job) => {
                if job.group_key.is_some() {
                    job.stands_for = groups::stands_for(connection, id)?;
                }
                let NodeLife { node, life } = claim.by;
                start.execute(params![job.run.attempt, until, node.get(), life.cast_signed(), id])?;
                attempt.execute(params![id, job.run.attempt, claim.agent, claim.now])?;
                claimed.jobs.push(job);
            }
            Err(problem) => {
                discard_unreadable(connection, id, problem, claim.now)?;
                claimed.unreadable.push(id);
            }
        }
    }
    claimed.next_due = next_due(connection, claim)?;
    Ok(claimed)
}

/// When the agent's next job can be claimed.
fn next_due(connection: &Connection, claim: &Claim) -> rusqlite::Result<Option<Timestamp>> {
    let except = (!claim.except.is_empty()).then_some(Json(&claim.except));
    let first = |sql: &str| -> rusqlite::Result<Option<Timestamp>> {
        connection
            .prepare_cached(sql)?
            .query_row(named_params! { ":agent": claim.agent, ":except": except }, |row| row.get(0))
            .optional()
    };
    let available = first(&format!(
        "SELECT due_at FROM jobs WHERE agent = :agent AND state = 'available' AND follows = 0 AND {EXCEPT}
         ORDER BY priority DESC, due_at, id LIMIT 1"
    ))?;
    let later = first(&format!(
        "SELECT due_at FROM jobs WHERE agent = :agent AND state IN ('scheduled', 'retryable') AND follows = 0 AND {EXCEPT}
         ORDER BY due_at, id LIMIT 1"
    ))?;
    // Whatever the clock said when it became available, it is.
    let available = available.map(|due| due.min(claim.now));
    Ok(available.into_iter().chain(later).min())
}

/// Makes a dead letter of a job whose row cannot be read: at the head of the line it would stop all
/// that follow.
fn discard_unreadable(
    connection: &Connection,
    id: JobId,
    problem: String,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE jobs SET state = 'discarded', reason = ?, ended_at = ? WHERE id = ?")?
        .execute(params![Json(Reason::Unreadable { problem }), now, id])
        .map(drop)
}

/// Refuses a row of a newer program.
pub(super) fn check_format(row: &Row<'_>) -> rusqlite::Result<()> {
    match row.get::<_, u32>("format")? {
        format if format <= FORMAT => Ok(()),
        format => Err(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Integer,
            format!("its format is {format}, this program knows formats up to {FORMAT}").into(),
        )),
    }
}

fn claimed_job(row: &Row<'_>) -> rusqlite::Result<ClaimedJob> {
    check_format(row)?;
    let text = |column: &str| row.get::<_, Option<String>>(column);
    let delivered = match text("headers")? {
        None => None,
        Some(headers) => Some(ClaimedDelivery {
            provider: row.get("provider")?,
            context: text("context")?.map(|context| context.into_bytes().into()),
            headers: headers.into_bytes().into(),
        }),
    };
    Ok(ClaimedJob {
        run: RunId {
            job: row.get("id")?,
            attempt: Attempt(row.get::<_, u32>("attempts")?.saturating_add(1)),
        },
        agent: row.get("agent")?,
        trigger: json(row, "trigger")?,
        receipt: row.get("receipt")?,
        delivered,
        input: text("input")?.map(Input),
        group_key: text("group_key")?.map(GroupKey),
        stands_for: StandsFor::default(),
        trace: text("trace")?.and_then(|trace| trace.parse().ok()),
        history: history(row)?,
        created_at: row.get("created_at")?,
    })
}

fn history(row: &Row<'_>) -> rusqlite::Result<History> {
    Ok(History {
        failures: row.get("failures")?,
        interruptions: row.get("interruptions")?,
        snoozes: row.get("snoozes")?,
    })
}

/// Extends leases; gives back the runs that are not `by`'s any more.
pub(super) fn renew(
    connection: &Connection,
    runs: &[RunId],
    by: NodeLife,
    until: Timestamp,
) -> rusqlite::Result<Vec<RunId>> {
    let mut renew = connection.prepare_cached(
        "UPDATE jobs SET lease_until = ? WHERE id = ? AND attempts = ? AND state = 'executing'
         AND executing_node = ? AND executing_life = ?",
    )?;
    let mut gone = Vec::new();
    for run in runs {
        let renewed =
            renew.execute(params![until, run.job, run.attempt, by.node.get(), by.life.cast_signed()])?;
        if renewed == 0 {
            gone.push(*run);
        }
    }
    Ok(gone)
}

/// Moves the times that jobs wait for back to a clock that was set back.
pub(super) fn follow_clock(connection: &Connection, back: ClockBack) -> rusqlite::Result<u64> {
    let moved = match back.by {
        Some(by) => connection
            .prepare_cached(
                "UPDATE jobs SET due_at = max(:now, due_at - :by)
                 WHERE state IN ('scheduled', 'retryable') AND due_at > :now",
            )?
            .execute(named_params! {
                ":now": back.now, ":by": i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
            })?,
        None => connection
            .prepare_cached(
                "UPDATE jobs SET due_at = max(:now, due_at - (written.at - :now))
                 FROM (SELECT jobs.id, max(jobs.created_at, coalesce(max(attempts.finished_at), 0)) AS at
                       FROM jobs LEFT JOIN attempts ON attempts.job = jobs.id
                       WHERE state IN ('scheduled', 'retryable') AND due_at > :now GROUP BY jobs.id) AS written
                 WHERE jobs.id = written.id AND written.at > :now",
            )?
            .execute(named_params! { ":now": back.now })?,
    };
    Ok(moved as u64)
}

/// Ends the attempt of a run that is executing, moves its job, and claims for the freed place.
pub(super) fn finish(
    connection: &Connection,
    finish: &Finish,
    then: Option<&Claim>,
) -> rusqlite::Result<Finished> {
    let ended = end(connection, finish)?.is_some();
    let claimed = then.map(|next| claim(connection, next)).transpose()?;
    Ok(Finished { ended, claimed })
}

/// Where the job stands now; nothing where the run was not executing.
fn end(connection: &Connection, finish: &Finish) -> rusqlite::Result<Option<JobState>> {
    let executing = connection
        .prepare_cached(
            "SELECT failures, interruptions, snoozes, stand_in FROM jobs
             WHERE id = ? AND attempts = ? AND state = 'executing'",
        )?
        .query_row(params![finish.run.job, finish.run.attempt], |row| {
            Ok((history(row)?, row.get::<_, Option<JobId>>("stand_in")?))
        })
        .optional()?;
    let Some((history, stand_in)) = executing else { return Ok(None) };
    let moved = after_attempt(history, stand_in.is_some(), finish);
    let state = moved.state;
    let stand_in = stand_in.filter(|_| moved.reason == Some(Reason::Superseded));
    connection
        .prepare_cached(
            "UPDATE attempts SET finished_at = ?, outcome = ?, report = ? WHERE job = ? AND attempt = ?",
        )?
        .execute(params![
            finish.at,
            outcome_json(&finish.outcome),
            report_json(&finish.report),
            finish.run.job,
            finish.run.attempt
        ])?;
    connection
        .prepare_cached(
            "UPDATE jobs SET state = :state, due_at = coalesce(:due, due_at), reason = :reason,
                    ended_at = :ended_at, lease_until = NULL, executing_node = NULL, executing_life = NULL,
                    stand_in = :stand_in, failures = :failures, interruptions = :interruptions, snoozes = :snoozes
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": finish.run.job,
            ":state": moved.state,
            ":due": moved.due,
            ":reason": moved.reason.map(Json),
            ":ended_at": moved.due.is_none().then_some(finish.at),
            ":stand_in": stand_in,
            ":failures": moved.history.failures,
            ":interruptions": moved.history.interruptions,
            ":snoozes": moved.history.snoozes,
        })?;
    if let Some(heir) = stand_in {
        groups::inherit(connection, finish.run.job, heir)?;
    }
    Ok(Some(state))
}

pub(super) fn rescue(connection: &Connection, rescue: &Rescue) -> rusqlite::Result<Vec<Rescued>> {
    let mut rescued = Vec::new();
    for (run, agent, history) in lost(connection, rescue)? {
        let disposition = after_loss(history, rescue);
        let ended = Finish::new(run, AttemptOutcome::Interrupted, disposition, rescue.now);
        if let Some(state) = end(connection, &ended)? {
            rescued.push(Rescued { run, agent, state });
        }
    }
    Ok(rescued)
}

fn lost(connection: &Connection, rescue: &Rescue) -> rusqlite::Result<Vec<(RunId, AgentName, History)>> {
    let row = |row: &Row<'_>| {
        let run = RunId { job: row.get("id")?, attempt: row.get("attempts")? };
        Ok((run, row.get("agent")?, history(row)?))
    };
    match rescue.scope {
        RescueScope::EarlierLives(NodeLife { node, life }) => connection
            .prepare_cached(
                "SELECT id, attempts, agent, failures, interruptions, snoozes FROM jobs
                 WHERE state = 'executing' AND executing_node = ? AND executing_life <> ? ORDER BY id",
            )?
            .query_map(params![node.get(), life.cast_signed()], row)?
            .collect(),
        RescueScope::ExpiredLeases { except: NodeLife { node, life } } => connection
            .prepare_cached(
                "SELECT id, attempts, agent, failures, interruptions, snoozes FROM jobs
                 WHERE state = 'executing' AND lease_until <= ?
                   AND (executing_node <> ? OR executing_life <> ?) ORDER BY id",
            )?
            .query_map(params![rescue.now, node.get(), life.cast_signed()], row)?
            .collect(),
    }
}
