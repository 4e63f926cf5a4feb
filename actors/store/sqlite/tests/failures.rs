//! Disks that are full, locked, torn or failing.

use std::fs;

use bytes::Bytes;
use rusqlite::{Connection, Error, ffi};

use super::{Disk, file, outcome};
use crate::{
    domain::ReceiptId,
    store::{
        JobState, Queue, Reason, SqliteEngine, SqliteOptions, StoreError, Upkeep, Views,
        conformance::{Sample, claim_of},
    },
};

fn noise(length: usize) -> Bytes {
    std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect()
}

#[test]
fn a_full_disk_refuses_and_recovers_without_a_restart() {
    let disk = Disk::new();
    let limit = |pages: i64| {
        outcome(
            disk.engine
                .change(move |db| db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))),
        )
    };
    disk.record(Sample::new("a", 0)).unwrap();
    limit(64).unwrap();
    let large = |key| Sample { body: noise(1 << 20), ..Sample::new(key, 1).wanted_by(&["dev"]) };
    let refused = disk.record(large("b")).unwrap_err();
    assert!(refused.0.contains("full"), "{refused}");
    assert_eq!(disk.engine.broken(), None);
    assert!(outcome(disk.engine.probe()).is_ok(), "what fits is still written");
    assert_eq!(outcome(disk.engine.backlog()), Ok(Vec::new()), "nothing is left of what did not");
    limit(1 << 20).unwrap();
    assert_eq!(disk.record(large("b")).unwrap().created.len(), 1);
}

#[test]
fn a_full_disk_refuses_the_whole_group() {
    let disk = Disk::new();
    let hold = disk.hold_writer();
    let (small, answer) = disk.send(Sample::new("a", 0));
    let full = || Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
    let refused = disk.engine.change::<()>(move |_| Err(full()));
    drop(hold);
    assert!(matches!(outcome(refused), Err(StoreError::Unavailable(_))));
    assert!(answer.recv().unwrap().is_err());
    assert!(outcome(disk.engine.receipt(small)).unwrap().is_none());
    assert!(disk.record(Sample::new("a", 1)).unwrap().duplicate_of.is_none());
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_and_then_refused() {
    let disk = Disk::new();
    let operator = Connection::open(disk.path()).unwrap();
    operator.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = disk.record(Sample::new("a", 0)).unwrap_err();
    assert!(refused.0.contains("locked"), "{refused}");
    operator.execute_batch("ROLLBACK").unwrap();
    assert!(disk.record(Sample::new("a", 0)).is_ok());
}

#[test]
fn an_io_error_is_the_end_of_the_store() {
    let disk = Disk::new();
    let failing = || Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), None);
    let broken = outcome(disk.engine.change::<()>(move |_| Err(failing()))).unwrap_err();
    assert!(matches!(broken, StoreError::Broken(_)), "{broken}");
    assert_eq!(disk.engine.broken(), Some(broken.clone()));
    assert_eq!(outcome(disk.engine.probe()), Err(broken));
    assert!(disk.record(Sample::new("a", 0)).is_err());
}

#[test]
fn a_page_that_is_garbage_is_noticed_by_the_writer() {
    let disk = Disk::new();
    for (now, key) in ["a", "b", "c"].into_iter().enumerate() {
        let sample = Sample { body: noise(1 << 16), ..Sample::new(key, i64::try_from(now).unwrap()) };
        disk.record(sample).unwrap();
    }
    let path = disk.path();
    outcome(disk.engine.close()).unwrap();
    let folder = disk.folder;
    drop(disk.engine);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4_096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    // Either answer is right: what must not happen is a store that takes deliveries.
    if let Ok(engine) = SqliteEngine::open(&file(folder.path()), SqliteOptions::default()) {
        assert!(matches!(outcome(engine.probe()), Err(StoreError::Broken(_))));
        assert!(engine.broken().is_some());
    }
}

#[test]
fn a_log_that_was_torn_anywhere_keeps_all_that_was_answered_before() {
    let disk = Disk::new();
    let log = disk.path().with_extension("db-wal");
    let mut answered: Vec<(ReceiptId, u64)> = Vec::new();
    for key in ["a", "b", "c", "d", "e", "f"] {
        let sample = Sample { body: noise(9_000), ..Sample::new(key, 0).wanted_by(&["dev"]) };
        let (id, answer) = disk.send(sample);
        answer.recv().unwrap().unwrap();
        answered.push((id, fs::metadata(&log).unwrap().len()));
    }
    let (database, whole) = (fs::read(disk.path()).unwrap(), fs::read(&log).unwrap());
    let cuts = (0..whole.len()).step_by(whole.len() / 40 + 1).chain([whole.len()]);
    for cut in cuts {
        let copy = tempfile::tempdir().unwrap();
        fs::write(file(copy.path()), &database).unwrap();
        fs::write(file(copy.path()).with_extension("db-wal"), &whole[..cut]).unwrap();
        let engine = SqliteEngine::open(&file(copy.path()), SqliteOptions::default()).unwrap();
        for (id, length) in &answered {
            let found = outcome(engine.receipt(*id)).unwrap();
            if *length <= cut as u64 {
                assert_eq!(found.expect("answered before the cut").jobs.len(), 1, "cut at {cut}");
            } else if let Some(found) = found {
                assert_eq!(found.jobs.len(), 1, "half a delivery at {cut}");
            }
        }
        let sound = engine.change(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get(0)));
        assert_eq!(outcome(sound), Ok("ok".to_owned()), "cut at {cut}");
    }
}

#[test]
fn a_job_that_cannot_be_read_does_not_stop_those_behind_it() {
    let disk = Disk::new();
    let spoiled = disk.record(Sample::new("a", 0).wanted_by(&["dev"])).unwrap().created[0].job;
    let sound = disk.record(Sample::new("b", 1).wanted_by(&["dev"])).unwrap().created[0].job;
    let spoil = disk
        .engine
        .change(|db| db.execute("UPDATE jobs SET trigger = '{' WHERE id = (SELECT min(id) FROM jobs)", []));
    assert_eq!(outcome(spoil), Ok(1));
    let claimed = outcome(disk.engine.claim(claim_of("dev", 2, 5))).unwrap();
    assert_eq!(claimed.unreadable, [spoiled]);
    assert_eq!(claimed.jobs.iter().map(|job| job.run.job).collect::<Vec<_>>(), [sound]);
    let row = outcome(disk.engine.job(spoiled)).unwrap().unwrap().job;
    assert_eq!(row.state, JobState::Discarded);
    assert!(matches!(row.reason, Some(Reason::Unreadable { .. })), "{:?}", row.reason);
}
