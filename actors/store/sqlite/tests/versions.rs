//! Files of other versions of the program.
//!
//! `version_<n>.sql` and `.db` are what a version wrote; such a file is never changed.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteEngine, SqliteOptions, file, outcome};
use crate::domain::{Parts, Revision, RevisionChanges};
use crate::store::{
    AttemptOutcome, Cursors, JobQuery, JobState, Ledger, NewRevision, OpenError, Queue, Reason, ReceiptQuery,
    Rescue, RescueScope, Revisions, RunQuery, SqliteReader, Unrouted, UnroutedQuery, Upkeep, Views,
    conformance::{LIFE, Sample, at, claim_of},
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
        assert_eq!(*receipt.delivery.body(), Sample::new("k", 0).body);
        assert_eq!(receipt.jobs[0].state, JobState::Available);
        let claimed = outcome(engine.claim(claim_of("dev", 9, 100))).unwrap();
        let delivered = claimed.jobs[0].delivered.as_ref().unwrap();
        assert_eq!(delivered.event().unwrap().unwrap().header.event, "issues");
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
        assert_eq!((found, known), (99, 3));
    }
    let tables =
        Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    assert_eq!(tables, Ok(1));
}

#[test]
fn a_store_of_version_1_keeps_all_that_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    fs::write(&path, include_bytes!("version_1.db")).unwrap();
    let engine = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
    let sound = engine.change(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get(0)));
    assert_eq!(outcome(sound), Ok("ok".to_owned()));

    let receipts = outcome(engine.receipts(ReceiptQuery::default())).unwrap();
    assert!(receipts.is_sorted_by(|newer, older| newer.id > older.id && newer.at > older.at));
    assert!(receipts.iter().all(|row| row.id.made_at() == row.at), "ids tell the time");
    let [later, .., replay, duplicate, first] = &receipts[..] else { panic!("{receipts:?}") };
    assert_eq!((duplicate.duplicate_of, replay.replay_of), (Some(first.id), Some(first.id)));
    let body = outcome(engine.body(duplicate.id)).unwrap().unwrap();
    assert_eq!(body, &br#"{"action":"opened","key":"done"}"#[..]);

    let jobs = outcome(engine.jobs(JobQuery::default())).unwrap();
    let states = |agent: &str| -> Vec<JobState> {
        jobs.iter().filter(|job| job.agent.as_str() == agent).map(|job| job.state).collect()
    };
    assert_eq!(states("dev"), [JobState::Available, JobState::Completed]);
    assert_eq!(states("ops"), [JobState::Discarded]);
    assert_eq!(states("two"), [JobState::Available]);
    assert_eq!(states("slow"), [JobState::Retryable]);
    assert_eq!(states("busy"), [JobState::Executing]);
    let dead = jobs.iter().find(|job| job.agent.as_str() == "ops").unwrap();
    assert_eq!(dead.reason, Some(Reason::AttemptsUsedUp { failures: 1 }));
    let history = outcome(engine.job(dead.id)).unwrap().unwrap().attempts;
    assert_eq!(
        history.iter().map(|row| row.outcome.clone().unwrap()).collect::<Vec<_>>(),
        [AttemptOutcome::Snooze, AttemptOutcome::Failed { code: 3 }]
    );
    assert_eq!(
        outcome(engine.runs(RunQuery { executing: Some(true), ..RunQuery::default() })).unwrap().len(),
        1
    );
    assert_eq!(outcome(engine.cursors()).unwrap()[0].last_fired, at(170));

    let scope = RescueScope::EarlierLives(LIFE);
    let rescued = outcome(engine.rescue(Rescue { now: at(200), scope, max_interruptions: 3 })).unwrap();
    assert_eq!(rescued.len(), 1, "nobody of version 1 is alive");
    let query = UnroutedQuery { before: at(1_000), max_rows: 9, max_bytes: 1 << 20 };
    let unrouted = outcome(engine.unrouted(query)).unwrap();
    assert_eq!(unrouted.iter().map(Unrouted::id).collect::<Vec<_>>(), [later.id]);
}

#[test]
fn a_store_of_version_2_keeps_all_that_it_held_and_numbers_configurations_beyond_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    fs::write(&path, include_bytes!("version_2.db")).unwrap();
    let engine = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
    let sound = engine.change(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get(0)));
    assert_eq!(outcome(sound), Ok("ok".to_owned()));

    let receipts = outcome(engine.receipts(ReceiptQuery::default())).unwrap();
    assert_eq!(receipts.len(), 3);
    let waits = outcome(engine.body(receipts[1].id)).unwrap().unwrap();
    assert_eq!(waits, &br#"{"action":"opened","key":"waits"}"#[..]);
    let revision = outcome(engine.receipt(receipts[1].id)).unwrap().unwrap().revision;
    let states = |agent: &str| -> Vec<JobState> {
        let query = JobQuery { agent: Some(agent.into()), ..JobQuery::default() };
        outcome(engine.jobs(query)).unwrap().iter().map(|job| job.state).collect()
    };
    assert_eq!(
        ["dev", "two", "ops", "nightly"].map(states),
        [JobState::Completed, JobState::Available, JobState::Held, JobState::Available]
            .map(|state| vec![state])
    );
    assert_eq!(outcome(engine.cursors()).unwrap()[0].last_fired, at(170));

    assert_eq!(outcome(engine.last_revision()).unwrap(), None);
    let new = NewRevision { at: at(300), parts: Parts::default(), changes: RevisionChanges::default() };
    let number = outcome(engine.add_revision(new)).unwrap();
    assert_eq!((revision, number), (3, Revision(4)), "no receipt of before names it");
}

#[test]
fn a_redelivery_to_a_store_of_version_1_finds_its_job() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file(folder.path()), include_bytes!("version_1.db")).unwrap();
    let engine = SqliteEngine::open(&file(folder.path()), SqliteOptions::default()).unwrap();
    let disk = super::Disk { engine: std::sync::Arc::new(engine), folder };
    let committed = disk.record(Sample::new("waits", 300).wanted_by(&["two", "new"])).unwrap();
    assert!(committed.duplicate_of.is_some());
    assert_eq!((committed.created.len(), committed.skipped), (1, 1), "its key names the new id");
    let first = committed.duplicate_of.unwrap();
    assert!(committed.created[0].job.get() > first.get(), "ids go on");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    for sql in [
        "PRAGMA application_id = 7; CREATE TABLE mine (x)",
        "PRAGMA user_version = -1; CREATE TABLE mine (x)",
        "CREATE TABLE mine (x)",
    ] {
        let (_folder, path) = written_by(sql);
        let before = fs::read(&path).unwrap();
        for error in
            [SqliteEngine::open(&path, SqliteOptions::default()).err(), SqliteReader::open(&path).err()]
        {
            let Some(error @ OpenError::Foreign { .. }) = error else { panic!("{sql}: {error:?}") };
            assert!(error.to_string().contains("another program"), "{error}");
        }
        assert!(fs::read(&path).unwrap() == before, "{sql}");
    }
}

#[test]
fn a_file_without_tables_becomes_a_store() {
    let (_folder, path) = written_by("PRAGMA user_version = 0");
    assert!(matches!(SqliteReader::open(&path), Err(OpenError::TooOld { found: 0, .. })));
    let engine = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
    outcome(engine.probe()).unwrap();
}
