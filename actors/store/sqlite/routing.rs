//! Receipts that are to be routed again, and deliveries as they came.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    runs::check_format,
    values::{Json, json, maybe_json},
};
use crate::{
    domain::{DedupeKey, Delivery, DeliveryParts, ReceiptId},
    store::{QuarantineReason, ReceiptState, Unrouted, UnroutedQuery},
};

/// Asked of a reader: receipts to be routed, row by row, as many as the query has room for.
pub(super) fn unrouted(connection: &Connection, query: &UnroutedQuery) -> rusqlite::Result<Vec<Unrouted>> {
    let waiting: Vec<(ReceiptId, usize)> = connection
        .prepare_cached(
            "SELECT receipts.id, coalesce(bodies.length, 0) FROM receipts
             LEFT JOIN bodies ON bodies.receipt = receipts.id
             WHERE state IN ('unrouted', 'gapped') AND at < ? ORDER BY receipts.id LIMIT ?",
        )?
        .query_map(params![query.before, query.max_rows], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut receipts, mut bytes) = (Vec::new(), 0_usize);
    for (id, length) in waiting {
        bytes = bytes.saturating_add(length);
        if bytes > query.max_bytes && !receipts.is_empty() {
            break;
        }
        match to_route(connection, id) {
            Ok(Some(receipt)) => receipts.push(receipt),
            Ok(None) => {} // pruned meanwhile
            Err(error) if is_of_row(&error) => {
                receipts.push(Unrouted::Unreadable { id, problem: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(receipts)
}

/// Whether an error is the fault of one row, and not of the file.
pub(super) fn is_of_row(error: &rusqlite::Error) -> bool {
    !matches!(error, rusqlite::Error::SqliteFailure(..))
}

fn to_route(connection: &Connection, id: ReceiptId) -> rusqlite::Result<Option<Unrouted>> {
    let found = connection
        .prepare_cached("SELECT * FROM receipts WHERE id = ?")?
        .query_row([id], |row| {
            let routed: (ReceiptState, u32) = (row.get("state")?, row.get("routings")?);
            Ok((delivery_of(connection, row)?, routed))
        })
        .optional()?;
    let Some((delivery, (state, routings))) = found else { return Ok(None) };
    Ok(Some(Unrouted::Receipt { id, delivery, state, routings }))
}

/// A delivery as it came.
pub(super) fn delivery(connection: &Connection, id: ReceiptId) -> rusqlite::Result<Option<Delivery>> {
    connection
        .prepare_cached(
            "SELECT id, provider, sources, verified_by, headers, at, key, duplicate_of, format FROM receipts WHERE id = ?",
        )?
        .query_row([id], |row| delivery_of(connection, row))
        .optional()
}

/// The body of a receipt alone.
pub(super) fn body_of(connection: &Connection, id: ReceiptId) -> rusqlite::Result<Option<Bytes>> {
    let found = connection
        .prepare_cached("SELECT duplicate_of FROM receipts WHERE id = ?")?
        .query_row([id], original)
        .optional()?;
    found.map_or(Ok(None), |original| body(connection, id, original))
}

/// The delivery of a row of receipts.
pub(super) fn delivery_of(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Delivery> {
    check_format(row)?;
    let parts = DeliveryParts {
        provider: row.get("provider")?,
        sources: json(row, "sources")?,
        verified_by: maybe_json(row, "verified_by").unwrap_or_default().unwrap_or_default(),
        headers: json(row, "headers")?,
        body: body(connection, row.get("id")?, original(row)?)?.unwrap_or_default(),
        at: row.get("at")?,
        keys: vec![DedupeKey::from(row.get::<_, String>("key")?)],
        own_windows: Vec::new(),
    };
    Delivery::new(parts).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
}

fn original(row: &Row<'_>) -> rusqlite::Result<Option<ReceiptId>> {
    row.get("duplicate_of")
}

/// The body of a receipt; a duplicate without one shares that of its original.
pub(super) fn body(
    connection: &Connection,
    id: ReceiptId,
    original: Option<ReceiptId>,
) -> rusqlite::Result<Option<Bytes>> {
    let mut statement = connection.prepare_cached("SELECT length, lz4 FROM bodies WHERE receipt = ?")?;
    let mut find = |id: ReceiptId| {
        statement.query_row([id], |row| Ok((row.get::<_, usize>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()
    };
    let found = match (find(id)?, original) {
        (None, Some(original)) => find(original)?,
        (found, _) => found,
    };
    let Some((length, lz4)) = found else { return Ok(None) };
    lz4_flex::block::decompress(&lz4, length).map(|body| Some(Bytes::from(body))).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Blob, Box::new(error))
    })
}

/// Counts a routing.
pub(super) fn taken(connection: &Connection, id: ReceiptId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("UPDATE receipts SET routings = routings + 1 WHERE id = ? RETURNING routings")?
        .query_row([id], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Gives a receipt up.
pub(super) fn quarantine(
    connection: &Connection,
    id: ReceiptId,
    reason: &QuarantineReason,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "UPDATE receipts SET state = 'quarantined', quarantine = ?
             WHERE id = ? AND state IN ('unrouted', 'gapped')",
        )?
        .execute(params![Json(reason), id])
        .map(|rows| rows > 0)
}
