//! Moves recent dedupe keys into the table that is sorted by their digests.
//!
//! A step moves the keys of a sixty-fourth of all digests. They are neighbours there, so that a page of the
//! table, and of its index by hours, is written once for many of them. When a round through all digests is
//! over, every key that had come before it is in its place, and is taken off the end of `recent_keys`.
//! A crash at any point leaves some keys in both, which is the same.

use rusqlite::{Connection, params};

/// So many recent keys stay (16,000 deliveries): some 3 MiB of memory, read in when a store is opened.
/// Tests want a round to end.
const RECENT: i64 = if cfg!(test) { 1 << 11 } else { 1 << 15 };
/// A step for each so many keys that come.
const STEP: i64 = RECENT / STEPS as i64;
/// Steps of a round.
const STEPS: u8 = 64;

/// Makes the sorted copy in memory of what is recent.
pub(super) fn load(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE recent_by_digest (
             digest BLOB NOT NULL PRIMARY KEY, receipt INTEGER NOT NULL, until INTEGER NOT NULL
         ) WITHOUT ROWID;
         INSERT OR REPLACE INTO recent_by_digest SELECT digest, receipt, until FROM recent_keys ORDER BY id;",
    )
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct KeyMerge {
    /// The next step of the round.
    step: u8,
    /// The last key that had come when the round began.
    begun_at: i64,
    /// The last key that is in its place, with all before it.
    merged: i64,
    /// The last key that had come at the last step.
    stepped_at: i64,
}

impl KeyMerge {
    /// Makes a step where it is time, in a transaction of its own. One that fails is made again later.
    pub(super) fn go_on(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let (first, last): (i64, i64) = connection
            .prepare_cached(
                "SELECT coalesce((SELECT min(id) FROM recent_keys), 0),
                        coalesce((SELECT max(id) FROM recent_keys), 0)",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if last - first < RECENT || last - self.stepped_at < STEP {
            return Ok(());
        }
        if self.step == 0 {
            self.begun_at = last;
        }
        let transaction = connection.unchecked_transaction()?;
        merge(&transaction, self.step)?;
        forget(&transaction, self.merged)?;
        transaction.commit()?;
        self.stepped_at = last;
        self.step = (self.step + 1) % STEPS;
        if self.step == 0 {
            self.merged = self.begun_at;
        }
        Ok(())
    }
}

/// Moves the keys whose digests belong to a step.
fn merge(connection: &Connection, step: u8) -> rusqlite::Result<()> {
    let width = u8::MAX / STEPS + 1;
    let from = vec![step * width];
    // Beyond the last digest there is none: a longer one of the largest bytes.
    let to = if step + 1 < STEPS { vec![(step + 1) * width] } else { vec![u8::MAX; 17] };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO dedupe_keys (digest, receipt, until)
             SELECT digest, receipt, until FROM recent_by_digest WHERE digest >= ? AND digest < ?
             ORDER BY digest",
        )?
        .execute(params![from, to])?;
    connection
        .prepare_cached("DELETE FROM recent_by_digest WHERE digest >= ? AND digest < ?")?
        .execute(params![from, to])
        .map(drop)
}

/// Takes keys off the end that are in their place: twice as many as come meanwhile.
fn forget(connection: &Connection, merged: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM recent_keys WHERE id IN (SELECT id FROM recent_keys WHERE id <= ? ORDER BY id LIMIT ?)",
        )?
        .execute([merged, 2 * STEP])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::sqlite::{dedupe_keys, open};

    fn opened(folder: &tempfile::TempDir) -> Connection {
        let path = folder.path().join("herdgate.db");
        let mut connection = open::connect(&path).unwrap();
        open::migrate(&mut connection, &path, Duration::from_secs(9)).unwrap();
        load(&connection).unwrap();
        connection
    }

    fn count(connection: &Connection, table: &str) -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// Appends a step's keys as deliveries bring them, and makes the step where it is due.
    fn bring(connection: &Connection, merge: &mut KeyMerge, numbers: std::ops::Range<i64>) {
        let transaction = connection.unchecked_transaction().unwrap();
        for number in numbers {
            let digest = dedupe_keys::digest("hub", &number.to_string());
            for table in ["recent_keys", "recent_by_digest"] {
                transaction
                    .prepare_cached(&format!("INSERT INTO {table} (digest, receipt, until) VALUES (?, ?, ?)"))
                    .unwrap()
                    .execute(params![digest, number, number])
                    .unwrap();
            }
        }
        transaction.commit().unwrap();
        merge.go_on(connection).unwrap();
    }

    fn knows_all(connection: &Connection, numbers: std::ops::Range<i64>) -> bool {
        let source = "hub".into();
        numbers.into_iter().all(|number| {
            let key = number.to_string().into();
            dedupe_keys::owner(connection, &source, &key)
                .unwrap()
                .is_some_and(|owner| owner.receipt.get() == number)
        })
    }

    #[test]
    fn keys_are_known_wherever_they_are_and_what_is_recent_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let connection = opened(&folder);
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let mut merge = KeyMerge::default();
        let steps = |from: i64, to: i64| (from..to).map(|step| step * STEP + 1..(step + 1) * STEP + 1);
        // One round and a half; what a round has moved goes during the next.
        let (half, all) = (RECENT / STEP + 96, RECENT / STEP + 160);
        steps(0, half).for_each(|keys| bring(&connection, &mut merge, keys));
        assert!(count(&connection, "recent_by_digest") <= 2 * RECENT);
        assert!(count(&connection, "recent_keys") <= 3 * RECENT);
        assert!(count(&connection, "dedupe_keys") >= RECENT / 2);
        assert!(knows_all(&connection, 1..half * STEP + 1));
        drop(connection);

        let connection = opened(&folder);
        let mut merge = KeyMerge::default();
        steps(half, all).for_each(|keys| bring(&connection, &mut merge, keys));
        assert!(knows_all(&connection, 1..all * STEP + 1), "also in the next life");
        let indexed: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(indexed, "ok");
    }
}
