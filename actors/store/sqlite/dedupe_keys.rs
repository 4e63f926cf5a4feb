//! Which receipt was the first of each delivery.
//!
//! The keys are hashes, so every new one lands somewhere else in the table, and each page that is touched
//! goes through the log. What is kept of a key is therefore as short as it can be: two keys of a delivery
//! take 130 bytes with their index where their texts took 400.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::{
    domain::{DeliveryKey, ReceiptBatch, SourceName},
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
    let mut take = connection
        .prepare_cached("INSERT OR REPLACE INTO dedupe_keys (digest, receipt, until) VALUES (?, ?, ?)")?;
    for (source, key, owner) in &found.take {
        take.execute(params![digest(source.as_str(), key.as_str()), owner.receipt, owner.until])?;
    }
    Ok(found)
}

/// Takes keys that nobody has; where one of them is there already, none.
fn take_new(connection: &Connection, new: &Dedupe) -> rusqlite::Result<bool> {
    let mut take = connection.prepare_cached(
        "INSERT INTO dedupe_keys (digest, receipt, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )?;
    for (at, (source, key, owner)) in new.take.iter().enumerate() {
        if take.execute(params![digest(source.as_str(), key.as_str()), owner.receipt, owner.until])? > 0 {
            continue;
        }
        let mut give_back = connection.prepare_cached("DELETE FROM dedupe_keys WHERE digest = ?")?;
        for (source, key, _) in &new.take[..at] {
            give_back.execute([digest(source.as_str(), key.as_str())])?;
        }
        return Ok(false);
    }
    Ok(true)
}

/// Who has the key of a source.
pub(super) fn owner(
    connection: &Connection,
    source: &SourceName,
    key: &DeliveryKey,
) -> rusqlite::Result<Option<KeyOwner>> {
    connection
        .prepare_cached("SELECT receipt, until FROM dedupe_keys WHERE digest = ?")?
        .query_row([digest(source.as_str(), key.as_str())], |row| {
            Ok(KeyOwner { receipt: row.get(0)?, until: row.get(1)? })
        })
        .optional()
}

/// What is kept of a source's key: the first half of its SHA-256. Whoever makes two of them alike has
/// computed 2^64 hashes and knows the secret, to lose a delivery of their own.
pub(super) fn digest(source: &str, key: &str) -> [u8; 16] {
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
