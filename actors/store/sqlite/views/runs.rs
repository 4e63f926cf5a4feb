//! Runs: those that execute first, then the latest start first.

use rusqlite::{Connection, Row};

use super::Conditions;
use crate::{
    domain::{AgentName, Attempt, AttemptOutcome, JobId, JobTrigger, RunId, Timestamp},
    store::{
        AttemptRow, RunQuery, RunRow,
        sqlite::values::{json, maybe_json},
    },
};

/// The conditions of a query on one half of the runs, without its place.
fn conditions(query: &RunQuery, executing: bool) -> Conditions<'_> {
    let mut conditions = Conditions::default();
    conditions.always(if executing { "finished_at IS NULL" } else { "finished_at IS NOT NULL" });
    conditions.and("attempts.agent = :agent", ":agent", query.agent.as_ref());
    conditions.and(
        "EXISTS (SELECT 1 FROM jobs WHERE jobs.id = attempts.job AND json_valid(jobs.trigger)
                 AND json_extract(jobs.trigger, '$.source') = :source)",
        ":source",
        query.source.as_ref(),
    );
    conditions.and(
        "attempts.job IN (SELECT id FROM jobs WHERE receipt = :receipt)",
        ":receipt",
        query.receipt.as_ref(),
    );
    conditions.and(
        "json_valid(outcome) AND json_extract(outcome, '$.outcome') = :outcome",
        ":outcome",
        query.outcome.as_ref(),
    );
    conditions.span("started_at", &query.span);
    conditions
}

/// A place in one half of the runs.
pub(super) struct Place {
    executing: bool,
    at: Timestamp,
    job: JobId,
    attempt: Attempt,
}

impl Place {
    pub(super) fn of(query: &RunQuery) -> Option<Self> {
        query.after.map(|after| Self {
            executing: after.executing,
            at: after.started_at,
            job: after.run.job,
            attempt: after.run.attempt,
        })
    }
}

/// The same, from its place on.
pub(super) fn from_place<'a>(
    query: &'a RunQuery,
    executing: bool,
    place: Option<&'a Place>,
) -> Conditions<'a> {
    let mut conditions = conditions(query, executing);
    if let Some(place) = place.filter(|place| place.executing == executing) {
        conditions.always("(started_at, job, attempt) < (:at, :job, :attempt)");
        let Place { at, job, attempt, .. } = place;
        conditions.values.extend([(":at", at as &dyn rusqlite::ToSql), (":job", job), (":attempt", attempt)]);
    }
    conditions
}

pub(in crate::store::sqlite) fn runs(
    connection: &Connection,
    query: &RunQuery,
) -> rusqlite::Result<Vec<RunRow>> {
    let mut found = Vec::new();
    for executing in [true, false] {
        let is_passed = !executing_part(query, executing);
        if is_passed || found.len() >= query.limit as usize {
            continue;
        }
        half(connection, query, executing, &mut found)?;
    }
    Ok(found)
}

/// Whether a query asks for this half, and has not passed it already.
pub(super) fn executing_part(query: &RunQuery, executing: bool) -> bool {
    query.executing.is_none_or(|wanted| wanted == executing)
        && query.after.is_none_or(|after| after.executing || !executing)
}

fn half(
    connection: &Connection,
    query: &RunQuery,
    executing: bool,
    found: &mut Vec<RunRow>,
) -> rusqlite::Result<()> {
    let place = Place::of(query);
    let conditions = from_place(query, executing, place.as_ref());
    let sql = format!(
        "SELECT attempts.*, jobs.trigger, jobs.receipt FROM attempts LEFT JOIN jobs ON jobs.id = attempts.job{}
         ORDER BY started_at DESC, job DESC, attempt DESC LIMIT {}",
        conditions.sql,
        query.limit as usize - found.len()
    );
    let mut statement = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(run_row(row)?);
    }
    Ok(())
}

/// The last ended run of each of these agents, each by one look at an index.
pub(in crate::store::sqlite) fn last_runs(
    connection: &Connection,
    agents: &[AgentName],
) -> rusqlite::Result<Vec<RunRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT attempts.*, jobs.trigger, jobs.receipt FROM attempts LEFT JOIN jobs ON jobs.id = attempts.job
         WHERE attempts.agent = ? AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1",
    )?;
    let mut found = Vec::new();
    for agent in agents {
        let mut rows = statement.query([agent])?;
        if let Some(row) = rows.next()? {
            found.push(run_row(row)?);
        }
    }
    Ok(found)
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let attempt = attempt_row(row);
    Ok(RunRow {
        run: RunId { job: row.get("job")?, attempt: attempt.attempt },
        agent: row.get("agent").unwrap_or_else(|_| AgentName::from("")),
        trigger: json(row, "trigger").unwrap_or(JobTrigger::Unreadable),
        receipt: row.get("receipt").unwrap_or_default(),
        attempt,
    })
}

/// An attempt; an outcome that cannot be read is shown as one that says so.
pub(super) fn attempt_row(row: &Row<'_>) -> AttemptRow {
    AttemptRow {
        attempt: row.get("attempt").unwrap_or(Attempt(0)),
        started_at: row.get("started_at").unwrap_or_default(),
        finished_at: row.get("finished_at").unwrap_or_default(),
        outcome: maybe_json(row, "outcome").unwrap_or_else(|error| {
            Some(AttemptOutcome::NotStarted { error: format!("unreadable: {error}") })
        }),
        report: maybe_json(row, "report").ok().flatten().unwrap_or_default(),
    }
}
