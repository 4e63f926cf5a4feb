//! Files of other versions of the program.
//!
//! `version_<n>.sql` is what a released version wrote; such a file is never changed.

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteEngine, SqliteOptions, file, outcome};
use crate::store::{
    Cursors, JobState, OpenError, Queue, ReceiptQuery, SqliteReader, Upkeep, Views,
    conformance::{Sample, at, claim_of},
};

/// One for each version that was ever released, the oldest first.
const RELEASED: &[&str] = &[include_str!("version_1.sql")];

fn written_by(sql: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

#[test]
fn every_released_version_opens_with_all_it_holds() {
    for sql in RELEASED {
        let (_folder, path) = written_by(sql);
        let engine = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
        let receipts = outcome(engine.receipts(ReceiptQuery::default())).unwrap();
        assert_eq!(receipts.len(), 1);
        let receipt = outcome(engine.receipt(receipts[0].id)).unwrap().unwrap();
        assert_eq!(receipt.delivery.body, Sample::new("k", 0).body);
        assert_eq!(receipt.jobs[0].state, JobState::Available);
        let claimed = outcome(engine.claim(claim_of("dev", 9, 100))).unwrap();
        let delivered = claimed.jobs[0].delivered.as_ref().unwrap();
        assert_eq!(delivered.context().unwrap().unwrap().event, "issues");
        assert_eq!(outcome(engine.cursors()).unwrap()[0].last_fired, at(50));
        assert_eq!(outcome(engine.backlog()).unwrap().iter().map(|entry| entry.jobs).sum::<u64>(), 2);
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let (_folder, path) = written_by("PRAGMA user_version = 99; CREATE TABLE future (x)");
    for error in [SqliteEngine::open(&path, SqliteOptions::default()).err(), SqliteReader::open(&path).err()]
    {
        let Some(OpenError::TooNew { found, known, .. }) = error else { panic!("{error:?}") };
        assert_eq!((found, known), (99, 2));
    }
    let tables =
        Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    assert_eq!(tables, Ok(1));
}

#[test]
fn a_file_without_tables_becomes_a_store() {
    let (_folder, path) = written_by("PRAGMA user_version = 0");
    assert!(matches!(SqliteReader::open(&path), Err(OpenError::TooOld { found: 0, .. })));
    let engine = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
    outcome(engine.probe()).unwrap();
}
