//! Pruning, counting, restarting, closing.

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{Attempt, RunId},
    store::{AttemptOutcome, Backlog, Disposition, JobState, Pruned, Reason, StoreError},
};

on_every_engine!(
    what_a_waiting_job_needs_is_not_pruned,
    old_jobs_go_with_their_runs_and_receipts,
    a_job_is_kept_from_its_end_and_not_from_its_beginning,
    the_body_of_an_original_stays_as_long_as_a_duplicate_shows_it,
    a_long_history_is_pruned_in_steps,
    an_old_mark_is_pruned_and_a_young_one_is_not,
    the_backlog_counts_jobs_by_agent_and_state,
    a_probe_writes,
    a_restart_finds_everything,
    a_closed_store_refuses,
);

const DAY: i64 = 86_400_000;

fn prune(store: &Subject, before: i64, limit: u32) -> Pruned {
    wait(store.engine.prune(at(before), at(before), limit))
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
    assert_eq!(pruned, Pruned { receipts: 1, runs: vec![first(done), first(dead)], more: false });
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
    let body = wait(store.engine.receipt(duplicate)).unwrap().delivery.body;
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

fn an_old_mark_is_pruned_and_a_young_one_is_not(store: &Subject) {
    let (old, _) = store.record(Sample::new("a", 0));
    store.record(Sample::new("b", 10));
    wait(store.engine.prune(at(-DAY), at(5), 10));
    let (_, committed) = store.record(Sample::new("a", 20));
    assert_eq!(committed.duplicate_of, None);
    let (_, committed) = store.record(Sample::new("b", 20));
    assert!(committed.duplicate_of.is_some_and(|original| original > old));
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
    assert_eq!(store.engine.broken(), None);
}

fn a_restart_finds_everything(_: &Subject) {
    for store in [Subject::memory(), Subject::sqlite()] {
        let (receipt, committed) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
        let run = store.claim("dev", 1, 10).jobs[0].run;
        let store = store.restarted();
        assert_eq!(wait(store.engine.receipt(receipt)).unwrap().delivery.body, Sample::new("k", 0).body);
        assert_eq!(store.state(committed.created[0].job), JobState::Executing);
        assert!(wait(store.engine.renew(run, at(100))));
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
    assert!(store.try_record(Sample::new("l", 1).record(id)).is_err());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let refused = runtime.block_on(store.engine.probe());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}
