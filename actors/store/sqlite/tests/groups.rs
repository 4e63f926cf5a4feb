//! Changes that share a commit.

use std::sync::{Arc, Mutex};

use super::{Disk, outcome};
use crate::store::{Queue, SqliteOptions, StoreError, Upkeep, Views, conformance::Sample};

#[test]
fn what_comes_in_during_a_commit_shares_the_next_one() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let meter = Arc::new(move |changes, _| seen.lock().unwrap().push(changes));
    let disk = Disk::with(SqliteOptions { meter, ..SqliteOptions::default() });
    let hold = disk.hold_writer();
    let answers: Vec<_> = (0..10).map(|now| disk.send(Sample::new("k", now)).1).collect();
    drop(hold);
    assert!(answers.iter().all(|answer| answer.recv().unwrap().is_ok()));
    assert_eq!(*sizes.lock().unwrap(), [1, 10]);
}

#[test]
fn a_change_that_fails_takes_no_neighbour_with_it() {
    let disk = Disk::new();
    let (taken, first) = disk.send(Sample::new("a", 0));
    assert!(first.recv().unwrap().is_ok());
    let hold = disk.hold_writer();
    let (before, answer_before) = disk.send(Sample::new("b", 1).wanted_by(&["dev"]));
    let clash = disk.send_as(taken, Sample::new("c", 2).wanted_by(&["dev"]));
    let (after, answer_after) = disk.send(Sample::new("d", 3).wanted_by(&["dev"]));
    drop(hold);
    assert_eq!(answer_before.recv().unwrap().unwrap().created.len(), 1);
    assert!(clash.recv().unwrap().is_err(), "an id that is taken");
    assert_eq!(answer_after.recv().unwrap().unwrap().created.len(), 1);
    for id in [before, after] {
        assert_eq!(outcome(disk.engine.receipt(id)).unwrap().unwrap().jobs.len(), 1);
    }
    let backlog = outcome(disk.engine.backlog()).unwrap();
    assert_eq!(backlog[0].jobs, 2, "nothing is left of the one that failed");
    assert_eq!(disk.engine.broken(), None);
}

#[test]
fn a_change_that_panics_takes_neither_neighbours_nor_the_thread_with_it() {
    let disk = Disk::new();
    let hold = disk.hold_writer();
    let (id, before) = disk.send(Sample::new("a", 0));
    let panicking = disk.engine.change::<()>(|connection| {
        connection.execute("UPDATE write_probe SET writes = -1", [])?;
        panic!("a defect")
    });
    let (_, after) = disk.send(Sample::new("b", 1));
    drop(hold);
    assert!(matches!(outcome(panicking), Err(StoreError::Unavailable(_))));
    assert!(before.recv().unwrap().is_ok() && after.recv().unwrap().is_ok());
    assert!(outcome(disk.engine.receipt(id)).unwrap().is_some());
    let writes =
        disk.engine.change(|db| db.query_row("SELECT writes FROM write_probe", [], |row| row.get(0)));
    assert_eq!(outcome(writes), Ok(0_i64), "what it had written is undone");
}

#[test]
fn an_answer_that_panics_takes_nothing_with_it() {
    use crate::domain::ReceiptSink;
    let disk = Disk::new();
    let hold = disk.hold_writer();
    let sample = Sample::new("a", 0);
    let id = disk.engine.ids().receipt(sample.at);
    disk.engine.record(sample.batch(id, &disk.engine.ids()), Box::new(|_| panic!("a defect")));
    let (_, after) = disk.send(Sample::new("b", 1));
    drop(hold);
    assert!(after.recv().unwrap().is_ok());
    assert!(outcome(disk.engine.probe()).is_ok());
}

#[test]
fn what_is_queued_when_the_store_closes_is_written() {
    let disk = Disk::new();
    let hold = disk.hold_writer();
    let (id, answer) = disk.send(Sample::new("a", 0));
    let closed = disk.engine.close();
    let (_, late) = disk.send(Sample::new("b", 1));
    drop(hold);
    outcome(closed).unwrap();
    assert!(answer.recv().unwrap().is_ok());
    assert!(late.recv().unwrap().is_err());
    let reader = crate::store::SqliteReader::open(&disk.path()).unwrap();
    assert!(outcome(reader.receipt(id)).unwrap().is_some());
}
