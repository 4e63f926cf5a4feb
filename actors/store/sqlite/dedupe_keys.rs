//! Which receipt was the first of each delivery.
//!
//! What is kept of a key is a digest, so every new one has its place somewhere else in a sorted table. To
//! write it there at once costs a page of the log for each, more than the delivery itself takes. So new
//! keys are appended to `recent_keys`, whose digests are sorted in memory alone; `key_merge` moves them
//! into the sorted table later, many of a page at a time.
//!
//! The sorted copy in memory is a temporary table of the writer's connection: it is rolled back with
//! everything else.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::{
    domain::{DeliveryKey, ReceiptBatch, SourceName, Timestamp},
    store::rules::{Dedupe, KeyOwner, NothingKnown, dedupe},
};

/// Finds out what a delivery is, and takes its keys.
///
/// Nearly every delivery is new. So that is assumed first, and refuted by the table where it is wrong:
/// half the statements of looking each key up before it is written.
pub(super) fn take(
    connection: &Connection,
    batch: &ReceiptBatch,
    window: Duration,
) -> rusqlite::Result<Dedupe> {
    let Ok(new) = dedupe(batch.id, &batch.delivery, window, &NothingKnown);
    if take_new(connection, &new)? {
        return Ok(new);
    }
    let found = dedupe(batch.id, &batch.delivery, window, connection)?;
    for (source, key, owner) in &found.take {
        let digest = digest(source.as_str(), key.as_str());
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO recent_by_digest (digest, receipt, until) VALUES (?, ?, ?)",
            )?
            .execute(params![digest, owner.receipt, owner.until])?;
        append(connection, digest, *owner)?;
    }
    Ok(found)
}

/// Takes keys that nobody has; where one of them is there already, none.
fn take_new(connection: &Connection, new: &Dedupe) -> rusqlite::Result<bool> {
    let mut take = connection.prepare_cached(
        "INSERT INTO recent_by_digest (digest, receipt, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )?;
    let mut is_merged = connection.prepare_cached("SELECT 1 FROM dedupe_keys WHERE digest = ?")?;
    let mut taken = Vec::with_capacity(new.take.len());
    for (source, key, owner) in &new.take {
        let digest = digest(source.as_str(), key.as_str());
        let is_new = take.execute(params![digest, owner.receipt, owner.until])? > 0;
        if is_new {
            taken.push((digest, *owner));
        }
        if !is_new || is_merged.exists([digest])? {
            let mut give_back = connection.prepare_cached("DELETE FROM recent_by_digest WHERE digest = ?")?;
            for (digest, _) in taken {
                give_back.execute([digest])?;
            }
            return Ok(false);
        }
    }
    for (digest, owner) in taken {
        append(connection, digest, owner)?;
    }
    Ok(true)
}

fn append(connection: &Connection, digest: KeyDigest, owner: KeyOwner) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO recent_keys (digest, receipt, until) VALUES (?, ?, ?)")?
        .execute(params![digest, owner.receipt, owner.until])
        .map(drop)
}

/// Who has the key of a source. A recent owner counts before an earlier one, whose time was over.
pub(super) fn owner(
    connection: &Connection,
    source: &SourceName,
    key: &DeliveryKey,
) -> rusqlite::Result<Option<KeyOwner>> {
    let digest = digest(source.as_str(), key.as_str());
    for sql in [
        "SELECT receipt, until FROM recent_by_digest WHERE digest = ?",
        "SELECT receipt, until FROM dedupe_keys WHERE digest = ?",
    ] {
        let known = connection
            .prepare_cached(sql)?
            .query_row([digest], |row| Ok(KeyOwner { receipt: row.get(0)?, until: row.get(1)? }))
            .optional()?;
        if known.is_some() {
            return Ok(known);
        }
    }
    Ok(None)
}

/// Forgets keys whose time is over, at most `limit` of a kind, and says how many were of the kind that
/// had most. The sorted table keeps them up to an hour longer, since its index knows hours.
pub(super) fn prune(connection: &Connection, now: Timestamp, limit: u32) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM recent_by_digest
             WHERE digest IN (SELECT digest FROM recent_by_digest WHERE until < ? LIMIT ?)",
        )?
        .execute(params![now, limit])?;
    let recent = connection
        .prepare_cached(
            "DELETE FROM recent_keys WHERE id IN (SELECT id FROM recent_keys WHERE until < ? LIMIT ?)",
        )?
        .execute(params![now, limit])?;
    let merged = connection
        .prepare_cached(
            "DELETE FROM dedupe_keys WHERE digest IN
                 (SELECT digest FROM dedupe_keys WHERE until / 3600000 < ? / 3600000 LIMIT ?)",
        )?
        .execute(params![now, limit])?;
    Ok(recent.max(merged))
}

/// What is kept of a key.
pub(super) type KeyDigest = [u8; 16];

/// What is kept of a source's key: the first half of its SHA-256. Whoever makes two of them alike has
/// computed 2^64 hashes and knows the secret, to lose a delivery of their own.
pub(super) fn digest(source: &str, key: &str) -> KeyDigest {
    let whole = Sha256::new().chain_update(source).chain_update([0]).chain_update(key).finalize();
    let (half, _) = whole.split_first_chunk().expect("SHA-256 has 32 bytes");
    *half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_sources_are_different_keys() {
        assert_eq!(digest("hub", "github:1"), digest("hub", "github:1"));
        assert_ne!(digest("hub", "github:1"), digest("hub", "github:2"));
        assert_ne!(digest("hub", "github:1"), digest("hu", "bgithub:1"));
    }
}
