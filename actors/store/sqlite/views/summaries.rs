//! What many rows come to together.

use rusqlite::Connection;

use super::jobs;
use crate::{
    domain::{JobState, ReceiptId, SourceName, Spent, Timestamp, Usd},
    store::{DeadLetters, JobQuery, OutcomeCount},
};

/// So many receipts are looked at for the last one of each source.
const LOOKED_AT: u32 = 10_000;

pub(in crate::store::sqlite) fn outcomes(
    connection: &Connection,
    since: Timestamp,
) -> rusqlite::Result<Vec<OutcomeCount>> {
    connection
        .prepare_cached(
            "SELECT agent, CASE WHEN json_valid(outcome) THEN outcome ->> '$.outcome' END AS ended, count(*),
                 total(CASE WHEN json_valid(report) THEN round((report ->> '$.cost.usd') * 1e6) END),
                 total(CASE WHEN json_valid(report) THEN
                     coalesce(report ->> '$.tokens.input', 0) + coalesce(report ->> '$.tokens.output', 0)
                     + coalesce(report ->> '$.tokens.cache_read', 0)
                     + coalesce(report ->> '$.tokens.cache_write', 0) END),
                 total(CASE WHEN json_valid(report) THEN
                     report ->> '$.tokens' IS NOT NULL AND report ->> '$.cost' IS NULL END)
             FROM attempts WHERE finished_at IS NOT NULL AND started_at >= ?
             GROUP BY agent, ended HAVING ended IS NOT NULL ORDER BY agent, ended",
        )?
        .query_map([since], |row| {
            // Sums are floating: whole ones would fail where runs tell nonsense. Exact up to 2^53.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
            let sum = |column| row.get(column).map(|sum: f64| sum as u64);
            let spent = Spent { usd: Usd::micros(sum(3)?), tokens: sum(4)?, unpriced_runs: sum(5)? };
            Ok(OutcomeCount { agent: row.get(0)?, outcome: row.get(1)?, runs: row.get(2)?, spent })
        })?
        .collect()
}

pub(in crate::store::sqlite) fn dead_letters(
    connection: &Connection,
    query: &JobQuery,
) -> rusqlite::Result<Vec<DeadLetters>> {
    let query = JobQuery { state: Some(JobState::Discarded), ..query.clone() };
    let conditions = jobs::conditions(&query);
    let sql = format!(
        "SELECT agent, coalesce(CASE WHEN json_valid(reason) THEN reason ->> '$.reason' END, 'unreadable') AS why,
                count(*), min(created_at), max(created_at)
         FROM jobs{} GROUP BY agent, why ORDER BY agent, why",
        conditions.sql
    );
    let mut statement = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(DeadLetters {
            agent: row.get(0)?,
            reason: row.get(1)?,
            jobs: row.get(2)?,
            oldest: row.get(3)?,
            newest: row.get(4)?,
        });
    }
    Ok(found)
}

pub(in crate::store::sqlite) fn last_receipts(
    connection: &Connection,
) -> rusqlite::Result<Vec<(SourceName, ReceiptId)>> {
    let sql = format!(
        "SELECT value, max(newest.id)
         FROM (SELECT id, sources FROM receipts ORDER BY id DESC LIMIT {LOOKED_AT}) AS newest,
              json_each(CASE WHEN json_valid(newest.sources) THEN newest.sources ELSE '[]' END)
         GROUP BY value ORDER BY value"
    );
    connection
        .prepare_cached(&sql)?
        .query_map([], |row| Ok((SourceName::from(row.get::<_, String>(0)?), row.get(1)?)))?
        .collect()
}
