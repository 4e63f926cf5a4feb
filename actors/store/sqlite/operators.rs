//! What operators asked for, and what they did.

use rusqlite::{Connection, Row, params};
use serde_json::value::RawValue;

use super::views::Conditions;
use crate::store::{AgentOverride, BULKS_KEPT, BulkRow, ChangeQuery, ChangeRow};

pub(super) fn overrides(connection: &Connection) -> rusqlite::Result<Vec<AgentOverride>> {
    connection
        .prepare_cached("SELECT agent, paused, scale FROM overrides ORDER BY agent")?
        .query_map([], |row| {
            Ok(AgentOverride { agent: row.get(0)?, is_paused: row.get(1)?, scale: row.get(2)? })
        })?
        .collect()
}

pub(super) fn set_override(connection: &Connection, wish: &AgentOverride) -> rusqlite::Result<()> {
    if !wish.is_paused && wish.scale.is_none() {
        return connection
            .prepare_cached("DELETE FROM overrides WHERE agent = ?")?
            .execute([&wish.agent])
            .map(drop);
    }
    connection
        .prepare_cached(
            "INSERT INTO overrides (agent, paused, scale) VALUES (?, ?, ?)
             ON CONFLICT (agent) DO UPDATE SET paused = excluded.paused, scale = excluded.scale",
        )?
        .execute(params![wish.agent, wish.is_paused, wish.scale])
        .map(drop)
}

pub(super) fn note_change(connection: &Connection, change: &ChangeRow) -> rusqlite::Result<()> {
    let ChangeRow { id, at, by, origin, action, subject, before, after, problem } = change;
    let text = |value: &Option<Box<RawValue>>| value.as_deref().map(|raw| raw.get().to_owned());
    connection
        .prepare_cached(
            "INSERT INTO changes (id, at, by, origin, action, subject, before, after, problem)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![id, at, by, origin, action, subject, text(before), text(after), problem])
        .map(drop)
}

/// The conditions of a query, from its page on.
pub(super) fn conditions(query: &ChangeQuery) -> Conditions<'_> {
    let mut conditions = Conditions::default();
    conditions.and("by = :by", ":by", query.by.as_ref());
    conditions.and("action = :action", ":action", query.action.as_ref());
    conditions.and("subject = :subject", ":subject", query.subject.as_ref());
    conditions.span("at", &query.span);
    conditions.and("id < :before", ":before", query.before.as_ref());
    conditions
}

pub(super) fn changes(connection: &Connection, query: &ChangeQuery) -> rusqlite::Result<Vec<ChangeRow>> {
    let conditions = conditions(query);
    let sql = format!("SELECT * FROM changes{} ORDER BY id DESC LIMIT {}", conditions.sql, query.limit);
    let mut statement = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(change(row)?);
    }
    Ok(found)
}

/// JSON that cannot be read is left out.
fn change(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    let json = |column: &str| -> rusqlite::Result<Option<Box<RawValue>>> {
        Ok(row.get::<_, Option<String>>(column)?.and_then(|text| RawValue::from_string(text).ok()))
    };
    Ok(ChangeRow {
        id: row.get("id")?,
        at: row.get("at")?,
        by: row.get("by")?,
        origin: row.get("origin")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        before: json("before")?,
        after: json("after")?,
        problem: row.get("problem")?,
    })
}

pub(super) fn save_bulk(connection: &Connection, task: &BulkRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO bulk_actions (id, record) VALUES (?, ?)
             ON CONFLICT (id) DO UPDATE SET record = excluded.record",
        )?
        .execute(params![task.id, task.record])?;
    connection
        .prepare_cached(
            "DELETE FROM bulk_actions WHERE id NOT IN (SELECT id FROM bulk_actions ORDER BY id DESC LIMIT ?)",
        )?
        .execute([BULKS_KEPT])
        .map(drop)
}

pub(super) fn bulks(connection: &Connection) -> rusqlite::Result<Vec<BulkRow>> {
    connection
        .prepare_cached("SELECT id, record FROM bulk_actions ORDER BY id DESC")?
        .query_map([], |row| Ok(BulkRow { id: row.get(0)?, record: row.get(1)? }))?
        .collect()
}
