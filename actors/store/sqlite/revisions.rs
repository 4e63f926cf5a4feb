//! Configurations.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    values::{Json, json},
    views::Conditions,
};
use crate::{
    domain::{Revision, Timestamp},
    store::{LastRevision, NewRevision, RevisionQuery, RevisionRow},
};

pub(super) fn add(connection: &Connection, new: &NewRevision) -> rusqlite::Result<Revision> {
    // Only the newest is ever held against another one.
    connection.prepare_cached("UPDATE revisions SET parts = NULL WHERE parts IS NOT NULL")?.execute([])?;
    connection
        .prepare_cached(
            "INSERT INTO revisions (at, digest, changes, parts) VALUES (?, ?, ?, ?) RETURNING number",
        )?
        .query_row(params![new.at, new.parts.digest(), Json(&new.changes), Json(&new.parts)], number)
}

pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<LastRevision>> {
    connection
        .prepare_cached("SELECT number, at, parts FROM revisions ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| {
            // Where it cannot be read, everything is new in the next one.
            let parts = json(row, "parts").unwrap_or_default();
            Ok(LastRevision { number: number(row)?, at: row.get("at")?, parts })
        })
        .optional()
}

pub(super) fn list(connection: &Connection, query: RevisionQuery) -> rusqlite::Result<Vec<RevisionRow>> {
    let conditions = conditions(&query);
    let sql = format!(
        "SELECT number, at, digest, changes FROM revisions{} ORDER BY number DESC LIMIT {}",
        conditions.sql, query.limit
    );
    let mut statement = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(RevisionRow {
            number: number(row)?,
            at: row.get("at")?,
            digest: row.get("digest")?,
            // One that cannot be read hides no other.
            changes: json(row, "changes").unwrap_or_default(),
        });
    }
    Ok(found)
}

/// Those from the place on that a query names.
pub(super) fn conditions(query: &RevisionQuery) -> Conditions<'_> {
    let mut conditions = Conditions::default();
    conditions.and("number < :before", ":before", query.before.as_ref());
    conditions.span("at", &query.span);
    conditions
}

/// Forgets those that were in force before `before` alone: no receipt that is kept names them.
pub(super) fn prune(connection: &Connection, before: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM revisions WHERE number < (SELECT max(number) FROM revisions WHERE at < ?)",
        )?
        .execute([before])
        .map(drop)
}

fn number(row: &Row<'_>) -> rusqlite::Result<Revision> {
    row.get::<_, i64>("number").map(|number| Revision(number.cast_unsigned()))
}
