//! Jobs.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{Conditions, runs::attempt_row};
use crate::{
    domain::{AgentName, GroupKey, JobId, JobState, JobTrigger, Reason},
    store::{
        JobDetail, JobQuery, JobRow,
        sqlite::{
            runs::check_format,
            values::{json, maybe_json},
        },
    },
};

pub(in crate::store::sqlite) fn job(
    connection: &Connection,
    id: JobId,
) -> rusqlite::Result<Option<JobDetail>> {
    let found = connection
        .prepare_cached("SELECT * FROM jobs WHERE id = ?")?
        .query_row([id], |row| Ok(job_row(row)))
        .optional()?;
    let Some(job) = found else { return Ok(None) };
    let attempts = connection
        .prepare_cached("SELECT * FROM attempts WHERE job = ? ORDER BY attempt")?
        .query_map([id], |row| Ok(attempt_row(row)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(JobDetail { job, attempts }))
}

/// A job by its bare number.
pub(in crate::store::sqlite) fn find_job(
    connection: &Connection,
    raw: i64,
) -> rusqlite::Result<Option<JobDetail>> {
    job(connection, JobId::from_raw(raw))
}

/// The conditions of a query, without its page.
pub(super) fn conditions(query: &JobQuery) -> Conditions<'_> {
    let mut conditions = Conditions::default();
    if let Some(state) = query.state {
        // Written out, so that each state is found by the index of its own.
        conditions.always(&format!("state = '{state}'"));
    }
    conditions.and("agent = :agent", ":agent", query.agent.as_ref());
    conditions.and(
        "json_valid(reason) AND json_extract(reason, '$.reason') = :reason",
        ":reason",
        query.reason.as_ref(),
    );
    conditions.and("receipt = :receipt", ":receipt", query.receipt.as_ref());
    conditions.and(
        "json_valid(trigger) AND json_extract(trigger, '$.source') = :source",
        ":source",
        query.source.as_ref(),
    );
    let of_receipt = |column: &str| {
        format!(
            "EXISTS (SELECT 1 FROM receipts WHERE receipts.id = jobs.receipt AND receipts.{column} = :{column})"
        )
    };
    conditions.and(&of_receipt("event"), ":event", query.event.as_ref());
    conditions.and(&of_receipt("repo"), ":repo", query.repo.as_ref());
    conditions.span("created_at", &query.span);
    conditions
}

/// The same, from its page on.
pub(super) fn from_place(query: &JobQuery) -> Conditions<'_> {
    let mut conditions = conditions(query);
    conditions.and("id < :before", ":before", query.page.before.as_ref());
    conditions
}

pub(in crate::store::sqlite) fn jobs(
    connection: &Connection,
    query: &JobQuery,
) -> rusqlite::Result<Vec<JobRow>> {
    if !any(connection, query.agent.as_ref(), query.state)? {
        return Ok(Vec::new());
    }
    let conditions = from_place(query);
    let sql = format!("SELECT * FROM jobs{} ORDER BY id DESC LIMIT {}", conditions.sql, query.page.limit);
    let mut statement = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(job_row(row));
    }
    Ok(found)
}

/// Whether there is any such job: the counts know, without a look at a million others.
pub(super) fn any(
    connection: &Connection,
    agent: Option<&AgentName>,
    state: Option<JobState>,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM backlog WHERE jobs > 0 AND (?1 IS NULL OR agent = ?1) AND (?2 IS NULL OR state = ?2)",
        )?
        .exists(rusqlite::params![agent, state])
}

/// A row of the listing. One that cannot be read is shown as a dead letter that says so.
pub(in crate::store::sqlite) fn job_row(row: &Row<'_>) -> JobRow {
    readable(row).unwrap_or_else(|error| JobRow {
        id: row.get("id").unwrap_or_else(|_| JobId::from_raw(0)),
        agent: row.get("agent").unwrap_or_else(|_| AgentName::from("")),
        trigger: json(row, "trigger").unwrap_or(JobTrigger::Unreadable),
        state: JobState::Discarded,
        reason: Some(Reason::Unreadable { problem: error.to_string() }),
        receipt: row.get("receipt").unwrap_or_default(),
        attempts: row.get("attempts").unwrap_or_default(),
        created_at: row.get("created_at").unwrap_or_default(),
        due_at: row.get("due_at").unwrap_or_default(),
        held_by: None,
        key: None,
        stand_in: None,
    })
}

fn readable(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    check_format(row)?;
    Ok(JobRow {
        id: row.get("id")?,
        agent: row.get("agent")?,
        trigger: json(row, "trigger")?,
        state: row.get("state")?,
        reason: maybe_json(row, "reason")?,
        receipt: row.get("receipt")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        due_at: row.get("due_at")?,
        held_by: row.get("held_by")?,
        key: row.get::<_, Option<String>>("group_key")?.map(GroupKey),
        stand_in: row.get("stand_in")?,
    })
}
