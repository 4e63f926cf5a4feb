//! Receipts.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, Statement};

use super::{Conditions, jobs::job_row};
use crate::{
    domain::{DeliveryKey, Event, Origin, Parsed, ProviderName, ReceiptId, SourceName, Unparsable},
    store::{
        DeliveryOutcome, QuarantineReason, ReceiptQuery, ReceiptRow, ReceiptState, StoredReceipt,
        sqlite::{
            routing::delivery_of,
            values::{json, maybe_json},
        },
    },
};

pub(in crate::store::sqlite) fn receipt(
    connection: &Connection,
    id: ReceiptId,
) -> rusqlite::Result<Option<StoredReceipt>> {
    let found = connection
        .prepare_cached("SELECT * FROM receipts WHERE id = ?")?
        .query_row([id], |row| stored_receipt(connection, row))
        .optional()?;
    let Some(mut receipt) = found else { return Ok(None) };
    receipt.jobs = connection
        .prepare_cached("SELECT * FROM jobs WHERE receipt = ? ORDER BY id")?
        .query_map([id], |row| Ok(job_row(row)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(receipt))
}

/// A receipt without its jobs. Of one whose row cannot be read in part, what can is shown.
fn stored_receipt(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<StoredReceipt> {
    let event: rusqlite::Result<Option<Event>> = maybe_json(row, "context");
    let verdicts = json(row, "verdicts");
    let problem: Option<String> = row.get("problem")?;
    let replay_of: Option<ReceiptId> = row.get("replay_of")?;
    let unreadable = [event.as_ref().err(), verdicts.as_ref().err()].into_iter().flatten().next();
    let quarantine = match unreadable {
        Some(error) => Some(QuarantineReason::Unreadable { problem: error.to_string() }),
        None => maybe_json(row, "quarantine")?,
    };
    Ok(StoredReceipt {
        id: row.get("id")?,
        delivery: delivery_of(connection, row)?,
        origin: replay_of.map_or(Origin::Request, |of| Origin::Replay { of }),
        state: row.get("state")?,
        parsed: match (event, problem) {
            (Ok(Some(event)), _) => Some(Parsed::Event(Arc::new(event))),
            (_, Some(problem)) => Some(Parsed::Unparsable(Unparsable(problem))),
            (Ok(None) | Err(_), None) => None,
        },
        verdicts: verdicts.unwrap_or_default(),
        duplicate_of: row.get("duplicate_of")?,
        same_key: row.get::<_, Option<String>>("same_key")?.map(DeliveryKey::from),
        jobs: Vec::new(),
        revision: row.get::<_, i64>("revision")?.cast_unsigned(),
        quarantine,
    })
}

/// The conditions of a query, without its page.
fn conditions(query: &ReceiptQuery) -> Conditions<'_> {
    let mut conditions = Conditions::default();
    conditions.and("state = :state", ":state", query.state.as_ref());
    conditions.and(
        "EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(sources) THEN sources ELSE '[]' END)
                 WHERE value = :source)",
        ":source",
        query.source.as_ref(),
    );
    conditions.and("event = :event", ":event", query.event.as_ref());
    conditions.and("repo = :repo", ":repo", query.repo.as_ref());
    // A provider's key is its delivery id, or ends in it.
    conditions.and("(key = :delivery OR key LIKE '%:' || :delivery)", ":delivery", query.delivery.as_ref());
    conditions.and(
        "EXISTS (SELECT 1 FROM jobs WHERE jobs.receipt = receipts.id AND jobs.agent = :agent)",
        ":agent",
        query.agent.as_ref(),
    );
    if let Some(outcome) = query.outcome {
        conditions.always(of_outcome(outcome));
    }
    // As the text stands in JSON.
    conditions.and(
        "instr(lower(context), lower(substr(json_quote(:text), 2, length(json_quote(:text)) - 2))) > 0",
        ":text",
        query.text.as_ref(),
    );
    conditions.span("at", &query.span);
    conditions
}

/// The same, from its page on.
pub(super) fn from_place(query: &ReceiptQuery) -> Conditions<'_> {
    let mut conditions = conditions(query);
    conditions.and("id < :before", ":before", query.page.before.as_ref());
    conditions
}

/// As [`DeliveryOutcome::of`] has it.
const fn of_outcome(outcome: DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Matched => "state = 'routed' AND matched > 0",
        DeliveryOutcome::Duplicate => "state = 'routed' AND matched = 0 AND duplicate_of IS NOT NULL",
        DeliveryOutcome::Unmatched => "state = 'routed' AND matched = 0 AND duplicate_of IS NULL",
        DeliveryOutcome::Unparsable => "state = 'unparsable'",
        DeliveryOutcome::Unrouted => "state = 'unrouted'",
        DeliveryOutcome::Gapped => "state = 'gapped'",
        DeliveryOutcome::Quarantined => "state = 'quarantined'",
    }
}

pub(in crate::store::sqlite) fn receipts(
    connection: &Connection,
    query: &ReceiptQuery,
) -> rusqlite::Result<Vec<ReceiptRow>> {
    let conditions = from_place(query);
    let sql = format!(
        "SELECT id, at, provider, sources, event, action, repo, state, matched, duplicate_of, replay_of,
                quarantine, format, CASE WHEN json_valid(context) THEN context ->> '$.title' END AS title
         FROM receipts{} ORDER BY id DESC LIMIT {}",
        conditions.sql, query.page.limit
    );
    let mut statement: Statement<'_> = connection.prepare(&sql)?;
    conditions.bind(&mut statement)?;
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next()? {
        found.push(receipt_row(row)?);
    }
    Ok(found)
}

/// A row of the listing; what cannot be read of it is left out, and it is shown as quarantined.
fn receipt_row(row: &Row<'_>) -> rusqlite::Result<ReceiptRow> {
    let mut problem = None;
    let mut note = |error: rusqlite::Error| problem = Some(error.to_string());
    if let Err(error) = crate::store::sqlite::runs::check_format(row) {
        note(error);
    }
    let provider: ProviderName = row.get("provider").unwrap_or_else(|error| {
        note(error);
        ProviderName::new("unknown")
    });
    let sources: Vec<SourceName> = json(row, "sources").map_err(&mut note).unwrap_or_default();
    let state = row.get("state").map_err(&mut note).unwrap_or(ReceiptState::Quarantined);
    let quarantine = maybe_json(row, "quarantine").map_err(&mut note).unwrap_or_default();
    let text = |column: &str| row.get::<_, Option<String>>(column).unwrap_or_default();
    let (event, action, repo, title) = (text("event"), text("action"), text("repo"), text("title"));
    let unreadable = problem.map(|problem| QuarantineReason::Unreadable { problem });
    Ok(ReceiptRow {
        id: row.get("id")?,
        at: row.get("at").unwrap_or_default(),
        provider,
        sources,
        event,
        action,
        repo,
        title,
        state: if unreadable.is_some() { ReceiptState::Quarantined } else { state },
        matched: row.get("matched").unwrap_or_default(),
        duplicate_of: row.get("duplicate_of").unwrap_or_default(),
        replay_of: row.get("replay_of").unwrap_or_default(),
        quarantine: unreadable.or(quarantine),
    })
}
