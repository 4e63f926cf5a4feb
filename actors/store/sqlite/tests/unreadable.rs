//! Rows that cannot be read, files that are gone, and disks that readers meet first.

use std::fs;

use rusqlite::{Error, ffi};

use super::{Disk, outcome};
use crate::{
    domain::{JobState, ReceiptId},
    store::{
        JobQuery, Ledger, Queue, Reason, ReceiptQuery, ReceiptState, RunQuery, StoreError, StoreState,
        Unrouted, UnroutedQuery, Upkeep, Views,
        conformance::{Sample, at, claim_of},
    },
};

fn spoil(disk: &Disk, sql: &'static str) {
    assert_eq!(outcome(disk.engine.change(move |db| db.execute(sql, []))), Ok(1));
}

#[test]
fn a_receipt_that_cannot_be_read_stops_no_other_from_being_routed() {
    let disk = Disk::new();
    let raw = |key| Sample { parsed: false, ..Sample::new(key, 0) };
    let ids: Vec<ReceiptId> = ["a", "b", "c"].map(|key| disk.send(raw(key)).0).into();
    outcome(disk.engine.probe()).unwrap();
    spoil(&disk, "UPDATE bodies SET lz4 = x'f0' WHERE receipt = (SELECT min(id) FROM receipts)");
    spoil(&disk, "UPDATE receipts SET format = 99 WHERE key = 'b'");
    let query = UnroutedQuery { before: at(1), max_rows: 9, max_bytes: 1 << 20 };
    let found = outcome(disk.engine.unrouted(query)).unwrap();
    assert_eq!(found.iter().map(Unrouted::id).collect::<Vec<_>>(), ids);
    assert!(matches!(found[0], Unrouted::Unreadable { .. }), "{found:?}");
    assert!(matches!(found[1], Unrouted::Unreadable { .. }), "{found:?}");
    assert!(matches!(found[2], Unrouted::Receipt { .. }), "{found:?}");
}

#[test]
fn a_row_that_cannot_be_read_is_shown_as_such_and_ends_no_listing() {
    let disk = Disk::new();
    for (now, key) in [(0, "a"), (1, "b"), (2, "c")] {
        disk.record(Sample::new(key, now).wanted_by(&["dev"])).unwrap();
    }
    outcome(disk.engine.claim(claim_of("dev", 1, 5))).unwrap();
    spoil(&disk, "UPDATE jobs SET state = 'levitating' WHERE id = (SELECT max(id) FROM jobs)");
    spoil(&disk, "UPDATE receipts SET sources = '{' WHERE key = 'b'");
    spoil(&disk, "UPDATE attempts SET outcome = '{'");
    let jobs = outcome(disk.engine.jobs(JobQuery::default())).unwrap();
    assert_eq!((jobs.len(), jobs[0].state), (3, JobState::Discarded));
    assert!(matches!(jobs[0].reason, Some(Reason::Unreadable { .. })), "{:?}", jobs[0]);
    let receipts = outcome(disk.engine.receipts(ReceiptQuery::default())).unwrap();
    assert_eq!((receipts.len(), receipts[1].state), (3, ReceiptState::Quarantined));
    assert!(receipts[1].quarantine.is_some());
    assert_eq!(outcome(disk.engine.runs(RunQuery::default())).unwrap().len(), 1);
    assert!(outcome(disk.engine.backlog()).is_ok() && outcome(disk.engine.oldest_due()).is_ok());
}

#[test]
fn a_data_folder_that_is_removed_under_the_gate_fails_it_at_once() {
    for name in ["herdgate.db", "herdgate.lock"] {
        let disk = Disk::new();
        disk.record(Sample::new("a", 0)).unwrap();
        fs::remove_file(disk.folder.path().join(name)).unwrap();
        let refused = disk.record(Sample::new("b", 1)).unwrap_err();
        assert!(refused.0.contains("was removed"), "{refused}");
        assert!(matches!(*disk.engine.state().borrow(), StoreState::Broken { .. }), "{name}");
    }
}

#[test]
fn a_folder_that_is_removed_under_an_idle_gate_is_noticed() {
    let disk = Disk::new();
    fs::remove_dir_all(disk.folder.path()).unwrap();
    let mut state = disk.engine.state();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let noticed = runtime.block_on(async {
        let broken = state.wait_for(|state| matches!(state, StoreState::Broken { .. }));
        tokio::time::timeout(std::time::Duration::from_secs(30), broken).await.is_ok()
    });
    assert!(noticed);
}

#[test]
fn a_reader_that_meets_a_failing_disk_is_the_end_of_the_store() {
    let disk = Disk::new();
    let failing = |code| {
        move |_: &rusqlite::Connection| -> rusqlite::Result<()> {
            Err(Error::SqliteFailure(ffi::Error::new(code), None))
        }
    };
    let busy = outcome(disk.engine.reader.ask(failing(ffi::SQLITE_BUSY)));
    assert!(matches!(busy, Err(StoreError::Unavailable(_))), "{busy:?}");
    assert_eq!(disk.engine.broken(), None);
    let broken = outcome(disk.engine.reader.ask(failing(ffi::SQLITE_IOERR_READ)));
    assert!(matches!(broken, Err(StoreError::Broken(_))), "{broken:?}");
    assert!(disk.engine.broken().is_some());
    assert!(disk.record(Sample::new("a", 0)).is_err());
}

#[test]
fn a_full_disk_is_told_and_so_is_its_end() {
    let disk = Disk::new();
    let full = || Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
    for _ in 0..2 {
        assert!(outcome(disk.engine.change::<()>(move |_| Err(full()))).is_err());
        let state = disk.engine.state().borrow().clone();
        assert!(matches!(state, StoreState::Refusing { .. }), "{state:?}");
    }
    outcome(disk.engine.probe()).unwrap();
    assert_eq!(*disk.engine.state().borrow(), StoreState::Writable);
}

#[test]
fn a_delivery_that_many_agents_match_costs_each_of_its_runs_the_same() {
    let disk = Disk::new();
    let agents: Vec<&'static str> = (0..2_000).map(|nth| &*format!("agent-{nth}").leak()).collect();
    let (id, answer) = disk.send(Sample::new("a", 0).wanted_by(&agents));
    assert_eq!(answer.recv().unwrap().unwrap().created.len(), 2_000);
    // What a run reads: its own row, the receipt's head and the body. No verdict, no sibling.
    let steps = outcome(disk.engine.change(|db| {
        let mut statement =
            db.prepare("EXPLAIN QUERY PLAN SELECT length, lz4 FROM bodies WHERE receipt = 1")?;
        let plan: Vec<String> =
            statement.query_map([], |row| row.get(3))?.collect::<rusqlite::Result<_>>()?;
        Ok(plan.len())
    }));
    assert_eq!(steps, Ok(1));
    let claimed = outcome(disk.engine.claim(claim_of("agent-1999", 1, 5))).unwrap().jobs.remove(0);
    assert_eq!(claimed.receipt, Some(id));
    assert!(claimed.delivered.unwrap().context.unwrap().len() < 1_000);
    assert_eq!(outcome(disk.engine.body(id)), Ok(Some(Sample::new("a", 0).body)));
}
