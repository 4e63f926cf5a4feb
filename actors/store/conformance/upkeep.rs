//! Pruning, counting, restarting, closing.

use std::time::Duration;

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{Attempt, RunId},
    store::{
        AttemptOutcome, Backlog, Disposition, JobState, Prune, Pruned, Reason, ReceiptQuery, StoreError,
        StoreState,
    },
};

on_every_engine!(
    what_a_waiting_job_needs_is_not_pruned,
    old_jobs_go_with_their_runs_and_receipts,
    a_job_is_kept_from_its_end_and_not_from_its_beginning,
    the_body_of_an_original_stays_as_long_as_a_duplicate_shows_it,
    a_long_history_is_pruned_in_steps,
    an_expired_key_is_pruned_and_a_living_one_is_not,
    what_a_redelivery_would_make_again_is_kept_as_long_as_its_key,
    a_clock_that_leapt_ahead_takes_no_history_with_it,
    an_unrouted_receipt_is_never_pruned,
    the_backlog_counts_jobs_by_agent_and_state,
    a_probe_writes,
    a_restart_finds_everything,
    a_closed_store_refuses,
);

const DAY: i64 = 86_400_000;
const LATER: i64 = 9 * DAY;

/// Prunes what ended before a time. What is newest in the store bounds the clock, so that it has to
/// know of a later one, when no key is remembered any more.
fn prune(store: &Subject, before: i64, limit: u32) -> Pruned {
    if wait(store.engine.receipts(ReceiptQuery::default())).iter().all(|row| row.at < at(LATER)) {
        store.record(Sample::new("later", LATER));
    }
    let retention = Duration::from_millis((LATER - before).unsigned_abs());
    pruned(store, Prune { now: at(LATER), trusted: None, retention, limit })
}

/// What went, whatever is left.
fn pruned(store: &Subject, prune: Prune) -> Pruned {
    Pruned { newest: None, ..wait(store.engine.prune(prune)) }
}

fn what_a_waiting_job_needs_is_not_pruned(store: &Subject) {
    let (waiting, _) = store.record(Sample::new("a", 0).wanted_by(&["dev"]));
    let (executing, _) = store.record(Sample::new("b", 1).wanted_by(&["ops"]));
    let run = store.claim("ops", 1, 2).jobs[0].run;
    assert_eq!(prune(store, DAY, 10), Pruned::default());
    assert!(wait(store.engine.receipt(waiting)).is_some());
    assert!(wait(store.engine.receipt(executing)).is_some());
    assert_eq!(store.state(run.job), JobState::Executing);
}

fn old_jobs_go_with_their_runs_and_receipts(store: &Subject) {
    let (old, _) = store.record(Sample::new("a", 0).wanted_by(&["dev"]));
    let done = store.complete("dev", 10);
    store.enqueue("ops", 20, 20);
    let dead = store.run("ops", 20, AttemptOutcome::TimedOut, Disposition::Discard(Reason::NotRetried));
    let (young, _) = store.record(Sample::new("b", DAY));
    let pruned = prune(store, DAY, 10);
    let first = |job| RunId { job, attempt: Attempt(1) };
    assert_eq!(
        pruned,
        Pruned { receipts: 1, runs: vec![first(done), first(dead)], more: false, newest: None }
    );
    assert!(wait(store.engine.receipt(old)).is_none());
    assert!(wait(store.engine.job(done)).is_none());
    assert!(wait(store.engine.receipt(young)).is_some());
    assert_eq!(wait(store.engine.backlog()), []);
}

fn a_job_is_kept_from_its_end_and_not_from_its_beginning(store: &Subject) {
    let (receipt, _) = store.record(Sample::new("a", 0).wanted_by(&["dev"]));
    let job = store.complete("dev", DAY);
    assert_eq!(prune(store, DAY, 10), Pruned::default());
    assert!(wait(store.engine.receipt(receipt)).is_some(), "its job still tells of it");
    assert_eq!(prune(store, DAY + 1, 10).runs, [RunId { job, attempt: Attempt(1) }]);
    assert!(wait(store.engine.receipt(receipt)).is_none());
}

fn the_body_of_an_original_stays_as_long_as_a_duplicate_shows_it(store: &Subject) {
    let (original, _) = store.record(Sample::new("k", 0));
    let (duplicate, committed) = store.record(Sample::new("k", 1_000));
    assert_eq!(committed.duplicate_of, Some(original));
    assert_eq!(prune(store, 1_000, 10).receipts, 0);
    let body = wait(store.engine.receipt(duplicate)).unwrap().delivery.body().clone();
    assert_eq!(body, Sample::new("k", 0).body);
    assert_eq!(prune(store, 1_001, 10).receipts, 2);
}

fn a_long_history_is_pruned_in_steps(store: &Subject) {
    for key in ["a", "b", "c"] {
        store.record(Sample::new(key, 0));
    }
    let first = prune(store, DAY, 2);
    assert_eq!((first.receipts, first.more), (2, true));
    let second = prune(store, DAY, 2);
    assert_eq!((second.receipts, second.more), (1, false));
}

fn an_expired_key_is_pruned_and_a_living_one_is_not(store: &Subject) {
    let hour = 3_600_000;
    store.record(Sample::new("a", 0));
    store.record(Sample::new("b", hour));
    store.record(Sample::new("c", hour + 10));
    let forever = Duration::from_millis(LATER.unsigned_abs());
    wait(store.engine.prune(Prune { now: at(hour + 10), trusted: None, retention: forever, limit: 10 }));
    let duplicate = |key, now| store.record(Sample::new(key, now)).1.duplicate_of.is_some();
    assert!(!duplicate("a", 0), "forgotten, even where the clock is set back");
    assert!(duplicate("b", hour + 20));
}

fn what_a_redelivery_would_make_again_is_kept_as_long_as_its_key(store: &Subject) {
    let hour = 3_600_000;
    store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let job = store.complete("dev", 10);
    store.record(Sample::new("later", hour - 1));
    let now = at(hour - 1);
    wait(store.engine.prune(Prune { now, trusted: None, retention: Duration::from_millis(100), limit: 10 }));
    assert_eq!(store.state(job), JobState::Completed, "older than the retention, and still needed");
    let (_, committed) = store.record(Sample::new("k", hour).wanted_by(&["dev"]));
    assert_eq!((committed.created.len(), committed.skipped), (0, 1));
    store.record(Sample::new("last", hour + 10));
    let now = at(hour + 10);
    wait(store.engine.prune(Prune { now, trusted: None, retention: Duration::from_millis(100), limit: 10 }));
    assert!(wait(store.engine.job(job)).is_none());
}

fn a_clock_that_leapt_ahead_takes_no_history_with_it(store: &Subject) {
    let (receipt, _) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let job = store.complete("dev", 10);
    let retention = Duration::from_hours(24);
    let leapt = pruned(store, Prune { now: at(90 * DAY), trusted: None, retention, limit: 9 });
    assert_eq!(leapt, Pruned::default());
    assert_eq!(store.state(job), JobState::Completed);
    let (_, committed) = store.record(Sample::new("k", 20));
    assert_eq!(committed.duplicate_of, Some(receipt), "its key is remembered");
}

fn an_unrouted_receipt_is_never_pruned(store: &Subject) {
    let (id, _) = store.record(Sample { parsed: false, ..Sample::new("k", 0) });
    prune(store, 8 * DAY, 10);
    assert!(wait(store.engine.receipt(id)).is_some());
}

fn the_backlog_counts_jobs_by_agent_and_state(store: &Subject) {
    for now in 0..3 {
        store.enqueue("dev", now, now);
    }
    store.enqueue("dev", 0, 50);
    store.enqueue("ops", 0, 0);
    store.complete("dev", 5);
    store.claim("dev", 1, 5);
    let mut backlog = wait(store.engine.backlog());
    backlog.sort_by_key(|entry| (entry.agent.clone(), entry.state));
    let entry = |agent: &str, state, jobs| Backlog { agent: agent.into(), state, jobs };
    assert_eq!(
        backlog,
        [
            entry("dev", JobState::Available, 1),
            entry("dev", JobState::Scheduled, 1),
            entry("dev", JobState::Executing, 1),
            entry("dev", JobState::Completed, 1),
            entry("ops", JobState::Available, 1),
        ]
    );
}

fn a_probe_writes(store: &Subject) {
    wait(store.engine.probe());
    wait(store.engine.probe());
    assert_eq!(*store.engine.state().borrow(), StoreState::Writable);
}

fn a_restart_finds_everything(_: &Subject) {
    for store in [Subject::memory(), Subject::sqlite()] {
        let (receipt, committed) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
        let run = store.claim("dev", 1, 10).jobs[0].run;
        let store = store.restarted();
        assert_eq!(*wait(store.engine.receipt(receipt)).unwrap().delivery.body(), Sample::new("k", 0).body);
        assert_eq!(store.state(committed.created[0].job), JobState::Executing);
        assert!(store.renew(run, 100));
        let (again, committed) = store.record(Sample::new("k", -DAY).wanted_by(&["dev"]));
        assert_eq!((committed.duplicate_of, committed.skipped), (Some(receipt), 1));
        assert!(again.get() > run.job.get(), "ids go on after the largest, whatever the clock says");
    }
}

fn a_closed_store_refuses(store: &Subject) {
    store.record(Sample::new("k", 0));
    wait(store.engine.close());
    wait(store.engine.close());
    let id = store.engine.ids().receipt(at(1));
    assert!(store.try_record(Sample::new("l", 1).batch(id, &store.engine.ids())).is_err());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let refused = runtime.block_on(store.engine.probe());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}
