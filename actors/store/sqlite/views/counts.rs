//! Numbers.

use rusqlite::Connection;

use super::{jobs, receipts, runs};
use crate::{
    domain::{AgentName, Timestamp},
    store::{
        Backlog, CountOf, ScheduleCursor,
        sqlite::{operators, revisions},
    },
};

/// Counts up to `cap`, so that a question costs no more than its answer is worth.
pub(in crate::store::sqlite) fn count(
    connection: &Connection,
    of: &CountOf,
    cap: u32,
) -> rusqlite::Result<u32> {
    let counted = |table: &str, conditions: &super::Conditions<'_>, cap: u32| -> rusqlite::Result<u32> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table}{} LIMIT {cap})", conditions.sql);
        let mut statement = connection.prepare(&sql)?;
        conditions.bind(&mut statement)?;
        let mut rows = statement.raw_query();
        rows.next()?.map_or(Ok(0), |row| row.get(0))
    };
    match of {
        CountOf::Receipts(query) => counted("receipts", &receipts::from_place(query), cap),
        CountOf::Jobs(query) => {
            if !jobs::any(connection, query.agent.as_ref(), query.state)? {
                return Ok(0);
            }
            counted("jobs", &jobs::from_place(query), cap)
        }
        CountOf::Runs(query) => {
            let mut total = 0;
            let place = runs::Place::of(query);
            for executing in [true, false] {
                if runs::executing_part(query, executing) {
                    let conditions = runs::from_place(query, executing, place.as_ref());
                    total += counted("attempts", &conditions, cap - total)?;
                }
            }
            Ok(total)
        }
        CountOf::Revisions(query) => counted("revisions", &revisions::conditions(query), cap),
        CountOf::Changes(query) => counted("changes", &operators::conditions(query), cap),
    }
}

pub(in crate::store::sqlite) fn cursors(connection: &Connection) -> rusqlite::Result<Vec<ScheduleCursor>> {
    connection
        .prepare_cached("SELECT agent, last_fired FROM schedule_cursors")?
        .query_map([], |row| Ok(ScheduleCursor { agent: row.get(0)?, last_fired: row.get(1)? }))?
        .collect()
}

/// Counts of a state that this program does not know are left out.
pub(in crate::store::sqlite) fn backlog(connection: &Connection) -> rusqlite::Result<Vec<Backlog>> {
    let mut statement = connection.prepare_cached("SELECT agent, state, jobs FROM backlog WHERE jobs > 0")?;
    let (mut rows, mut backlog) = (statement.query([])?, Vec::new());
    while let Some(row) = rows.next()? {
        if let Ok(state) = row.get(1) {
            backlog.push(Backlog { agent: row.get(0)?, state, jobs: row.get(2)? });
        }
    }
    Ok(backlog)
}

pub(in crate::store::sqlite) fn oldest_due(
    connection: &Connection,
) -> rusqlite::Result<Vec<(AgentName, Timestamp)>> {
    connection
        .prepare_cached(
            "SELECT agent, min(due) FROM (
                SELECT agent, (
                    SELECT due_at FROM jobs
                    WHERE jobs.agent = backlog.agent AND jobs.state = 'available' AND follows = 0
                    ORDER BY priority DESC, due_at, id LIMIT 1
                ) AS due
                FROM backlog WHERE jobs > 0 AND state = 'available'
                UNION ALL
                SELECT DISTINCT agent, (
                    SELECT min(due_at) FROM jobs
                    WHERE jobs.agent = backlog.agent AND jobs.state IN ('scheduled', 'retryable')
                      AND follows = 0
                ) AS due
                FROM backlog WHERE jobs > 0 AND state IN ('scheduled', 'retryable')
             ) WHERE due IS NOT NULL GROUP BY agent",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
