//! The files: who may read them, and who has them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, thread};

use super::{Disk, SqliteEngine, SqliteOptions, file, outcome};
use crate::store::{OpenError, ReceiptQuery, SqliteReader, Upkeep, Views, conformance::Sample};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn nobody_else_may_read_the_store() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("a/b");
    let engine = SqliteEngine::open(&file(&folder), SqliteOptions::default()).unwrap();
    outcome(engine.probe()).unwrap();
    assert_eq!(mode(&folder), 0o700);
    for name in ["herdgate.db", "herdgate.db-wal", "herdgate.db-shm", "herdgate.lock"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_second_gate_is_told_who_has_the_store() {
    let disk = Disk::new();
    let Err(OpenError::InUse { owner, .. }) = SqliteEngine::open(&disk.path(), SqliteOptions::default())
    else {
        panic!("two gates on one store");
    };
    assert_eq!(owner, std::process::id().to_string());
}

#[test]
fn a_store_that_was_closed_or_dropped_can_be_opened_again() {
    let Disk { engine, folder } = Disk::new();
    outcome(engine.close()).unwrap();
    let again = SqliteEngine::open(&file(folder.path()), SqliteOptions::default()).unwrap();
    drop(again);
    SqliteEngine::open(&file(folder.path()), SqliteOptions::default()).unwrap();
}

#[test]
fn a_closed_store_leaves_an_empty_log() {
    let disk = Disk::new();
    disk.record(Sample::new("a", 0)).unwrap();
    outcome(disk.engine.close()).unwrap();
    let log = disk.path().with_extension("db-wal");
    assert_eq!(fs::metadata(log).map_or(0, |log| log.len()), 0);
}

#[test]
fn another_process_reads_while_the_gate_is_up_and_when_it_is_down() {
    let disk = Disk::new();
    disk.record(Sample::new("a", 0)).unwrap();
    let count = |reader: &SqliteReader| outcome(reader.receipts(ReceiptQuery::default())).unwrap().len();
    let reader = SqliteReader::open(&disk.path()).unwrap();
    assert_eq!(count(&reader), 1);
    disk.record(Sample::new("b", 0)).unwrap();
    assert_eq!(count(&reader), 2);
    drop(reader);
    let path = disk.path();
    let folder = disk.folder;
    drop(disk.engine);
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(count(&reader), 2);
    drop(folder);
}

#[test]
fn a_store_that_is_not_there_cannot_be_read_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    assert!(SqliteReader::open(&file(folder.path())).is_err());
    assert!(!file(folder.path()).exists());
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = "not a database, ".repeat(512);
    fs::write(file(folder.path()), &text).unwrap();
    assert!(SqliteEngine::open(&file(folder.path()), SqliteOptions::default()).is_err());
    assert_eq!(fs::read_to_string(file(folder.path())).unwrap(), text);
}

#[test]
fn a_lock_that_a_gate_left_when_it_was_killed_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    drop(SqliteEngine::open(&path, SqliteOptions::default()).unwrap());
    let lock = path.with_extension("lock");
    // No process has this number: it is beyond what Linux gives.
    fs::write(&lock, "4194305").unwrap();
    let child = fs::File::open(&lock).unwrap();
    rustix::fs::flock(&child, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let opening = thread::spawn(move || SqliteEngine::open(&path, SqliteOptions::default()).map(drop));
    thread::yield_now();
    drop(child);
    assert!(opening.join().unwrap().is_ok());
}
