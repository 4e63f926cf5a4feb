//! One run per subject: jobs that share a key.

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{AttemptOutcome, Disposition, JobId, ReceiptId, RunId, WhenBusy},
    store::{Cancelled, Finish, JobRow, JobState, Reason, Retried},
};

on_every_engine!(
    jobs_of_a_key_run_one_at_a_time_in_their_order,
    other_keys_and_other_agents_do_not_wait_for_each_other,
    one_that_is_tried_again_keeps_those_behind_it_waiting,
    one_that_is_held_lets_those_behind_it_pass,
    a_waiting_job_is_replaced_by_the_newest_delivery_and_says_so_on_every_receipt,
    a_redelivery_of_what_was_merged_makes_nothing,
    a_burst_becomes_one_job_when_it_is_quiet,
    the_running_job_is_stopped_for_a_newer_one,
    a_run_that_was_to_be_stopped_is_not_tried_again_after_a_crash,
    a_run_that_completes_in_spite_of_a_newer_one_was_done,
    what_comes_while_its_key_is_busy_can_be_dropped_and_says_so,
    what_was_merged_or_dropped_can_still_be_run_by_hand,
    a_job_stands_for_all_that_its_predecessors_stood_for,
);

/// A delivery about `key`.
fn about(id: &'static str, now: i64, key: &'static str, when_busy: WhenBusy) -> Sample {
    Sample::new(id, now).wanted_by(&["dev"]).about(key, when_busy)
}

/// Records it, and gives its receipt and the job that stands for it.
fn put(store: &Subject, sample: Sample) -> (ReceiptId, JobId) {
    let (receipt, committed) = store.record(sample);
    (receipt, committed.created[0].job)
}

/// The one job of a receipt.
fn job_of(store: &Subject, receipt: ReceiptId) -> JobRow {
    let mut jobs = wait(store.engine.receipt(receipt)).unwrap().jobs;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

fn claimed(store: &Subject, now: i64) -> Vec<JobId> {
    store.claim("dev", 9, now).jobs.iter().map(|job| job.run.job).collect()
}

fn run_of(store: &Subject, job: JobId) -> RunId {
    let attempt = wait(store.engine.job(job)).unwrap().attempts.last().unwrap().attempt;
    RunId { job, attempt }
}

fn end(store: &Subject, job: JobId, now: i64, outcome: AttemptOutcome, disposition: Disposition) {
    let finish = Finish::new(run_of(store, job), outcome, disposition, at(now));
    assert!(wait(store.engine.finish(finish, None)).ended);
}

fn complete(store: &Subject, job: JobId, now: i64) {
    end(store, job, now, AttemptOutcome::Completed, Disposition::Complete);
}

fn jobs_of_a_key_run_one_at_a_time_in_their_order(store: &Subject) {
    let [first, second, third] =
        [("a", 0), ("b", 1), ("c", 2)].map(|(id, now)| put(store, about(id, now, "pr-7", WhenBusy::Queue)).1);
    assert_eq!(claimed(store, 10), [first], "however many places there are");
    assert_eq!(store.claim("dev", 9, 10).next_due, None, "the others wait for its end");
    complete(store, first, 20);
    assert_eq!(claimed(store, 20), [second]);
    complete(store, second, 30);
    assert_eq!(claimed(store, 30), [third]);
}

fn other_keys_and_other_agents_do_not_wait_for_each_other(store: &Subject) {
    let one = put(store, about("a", 0, "pr-7", WhenBusy::Queue)).1;
    let other = put(store, about("b", 1, "pr-8", WhenBusy::Queue)).1;
    let none = store.record(Sample::new("c", 2).wanted_by(&["dev"])).1.created[0].job;
    store.record(about("d", 3, "pr-7", WhenBusy::Queue).wanted_by(&["ops"]));
    assert_eq!(claimed(store, 10), [one, other, none]);
    assert_eq!(store.claim("ops", 9, 10).jobs.len(), 1);
}

fn one_that_is_tried_again_keeps_those_behind_it_waiting(store: &Subject) {
    let first = put(store, about("a", 0, "pr-7", WhenBusy::Queue)).1;
    let second = put(store, about("b", 1, "pr-7", WhenBusy::Queue)).1;
    assert_eq!(claimed(store, 10), [first]);
    let again = Disposition::Retry { at: at(500) };
    end(store, first, 20, AttemptOutcome::Failed { code: 1 }, again);
    let claim = store.claim("dev", 9, 30);
    assert_eq!((claim.jobs.len(), claim.next_due), (0, Some(at(500))));
    assert_eq!(claimed(store, 500), [first]);
    assert_eq!(wait(store.engine.cancel(second, at(510))), Cancelled::Yes);
    complete(store, first, 520);
    assert_eq!(claimed(store, 530), []);
}

fn one_that_is_held_lets_those_behind_it_pass(store: &Subject) {
    let first = put(store, about("a", 0, "pr-7", WhenBusy::Queue)).1;
    let second = put(store, about("b", 1, "pr-7", WhenBusy::Queue)).1;
    wait(store.engine.hold(vec![first], Some("a gate".to_owned())));
    assert_eq!(claimed(store, 10), [second]);
    wait(store.engine.hold(vec![first], None));
    assert_eq!(claimed(store, 20), [], "and waits for its turn again");
    complete(store, second, 30);
    assert_eq!(claimed(store, 40), [first]);
}

fn a_waiting_job_is_replaced_by_the_newest_delivery_and_says_so_on_every_receipt(store: &Subject) {
    let runs = put(store, about("a", 0, "pr-7", WhenBusy::Replace)).1;
    assert_eq!(claimed(store, 5), [runs]);
    let (second, waits) = put(store, about("b", 10, "pr-7", WhenBusy::Replace));
    let (third, same) = put(store, about("c", 20, "pr-7", WhenBusy::Replace));
    let (fourth, still) = put(store, about("d", 30, "pr-7", WhenBusy::Replace));
    assert_eq!((same, still), (waits, waits), "it keeps its id and its place");
    for merged in [second, third] {
        let job = job_of(store, merged);
        assert_eq!((job.state, job.reason), (JobState::Cancelled, Some(Reason::Superseded)));
        assert_eq!(job.stand_in, Some(waits));
    }
    assert_eq!(job_of(store, fourth).id, waits, "the newest delivery is what it is about");
    complete(store, runs, 40);
    let claim = store.claim("dev", 9, 40).jobs.remove(0);
    assert_eq!((claim.run.job, claim.receipt), (waits, Some(fourth)));
    let listed: Vec<_> = claim.stands_for.deliveries.iter().map(|other| other.receipt).collect();
    assert_eq!((claim.stands_for.count, listed), (2, vec![Some(second), Some(third)]));
    assert_eq!(claim.stands_for.deliveries[0].event.as_deref(), Some("issues"));
}

fn a_redelivery_of_what_was_merged_makes_nothing(store: &Subject) {
    let waits = put(store, about("a", 0, "pr-7", WhenBusy::Replace)).1;
    store.record(about("b", 1, "pr-7", WhenBusy::Replace));
    for id in ["a", "b"] {
        let committed = store.record(about(id, 2, "pr-7", WhenBusy::Replace)).1;
        assert_eq!((committed.created.len(), committed.skipped), (0, 1), "{id}");
    }
    assert_eq!(claimed(store, 10), [waits]);
}

fn a_burst_becomes_one_job_when_it_is_quiet(store: &Subject) {
    let pushed = |id, now| about(id, now, "pr-7", WhenBusy::Queue).gathered(100, 250);
    let (_, job) = put(store, pushed("a", 0));
    put(store, pushed("b", 90));
    let claim = store.claim("dev", 9, 100);
    assert_eq!((claim.jobs.len(), claim.next_due), (0, Some(at(190))));
    put(store, pushed("c", 180));
    let (last, same) = put(store, pushed("d", 240));
    assert_eq!(same, job);
    let claim = store.claim("dev", 9, 249);
    assert_eq!((claim.jobs.len(), claim.next_due), (0, Some(at(250))), "no longer than its bound");
    let run = store.claim("dev", 9, 250).jobs.remove(0);
    assert_eq!((run.run.job, run.receipt, run.stands_for.count), (job, Some(last), 3));
    let (_, next) = put(store, pushed("e", 260));
    assert_ne!(next, job, "the burst is over");
}

fn the_running_job_is_stopped_for_a_newer_one(store: &Subject) {
    let (old, runs) = put(store, about("a", 0, "pr-7", WhenBusy::Cancel));
    assert_eq!(claimed(store, 5), [runs]);
    let newer = put(store, about("b", 10, "pr-7", WhenBusy::Cancel)).1;
    assert_eq!(wait(store.engine.superseded("dev".into())), [run_of(store, runs)]);
    assert_eq!(claimed(store, 10), [], "not before the other one has ended");
    end(store, runs, 20, AttemptOutcome::Interrupted, Disposition::Cancel);
    let job = job_of(store, old);
    assert_eq!((job.state, job.reason), (JobState::Cancelled, Some(Reason::Superseded)));
    assert_eq!(job.stand_in, Some(newer));
    let run = store.claim("dev", 9, 20).jobs.remove(0);
    assert_eq!((run.run.job, run.stands_for.count), (newer, 1));
    assert_eq!(wait(store.engine.superseded("dev".into())), []);
}

fn a_run_that_was_to_be_stopped_is_not_tried_again_after_a_crash(store: &Subject) {
    let runs = put(store, about("a", 0, "pr-7", WhenBusy::Cancel)).1;
    assert_eq!(claimed(store, 5), [runs]);
    let newer = put(store, about("b", 10, "pr-7", WhenBusy::Cancel)).1;
    let rescued = store.rescue_all(20, 3);
    assert_eq!((rescued[0].run.job, rescued[0].state), (runs, JobState::Cancelled));
    assert_eq!(claimed(store, 30), [newer]);
}

fn a_run_that_completes_in_spite_of_a_newer_one_was_done(store: &Subject) {
    let (old, runs) = put(store, about("a", 0, "pr-7", WhenBusy::Cancel));
    assert_eq!(claimed(store, 5), [runs]);
    let newer = put(store, about("b", 10, "pr-7", WhenBusy::Cancel)).1;
    complete(store, runs, 20);
    let job = job_of(store, old);
    assert_eq!((job.state, job.reason, job.stand_in), (JobState::Completed, None, None));
    let run = store.claim("dev", 9, 20).jobs.remove(0);
    assert_eq!((run.run.job, run.stands_for.count), (newer, 0));
}

fn what_comes_while_its_key_is_busy_can_be_dropped_and_says_so(store: &Subject) {
    let (_, busy) = put(store, about("a", 0, "pr-7", WhenBusy::Drop));
    let (receipt, committed) = store.record(about("b", 10, "pr-7", WhenBusy::Drop));
    assert_eq!((committed.created.len(), committed.skipped), (0, 1));
    let job = job_of(store, receipt);
    assert_eq!((job.state, job.reason), (JobState::Cancelled, Some(Reason::Busy)));
    assert_eq!(job.stand_in, Some(busy));
    assert_eq!(claimed(store, 20), [busy]);
    complete(store, busy, 30);
    let again = put(store, about("b", 40, "pr-7", WhenBusy::Drop)).1;
    assert_eq!(claimed(store, 50), [again], "a redelivery finds it free");
}

fn what_was_merged_or_dropped_can_still_be_run_by_hand(store: &Subject) {
    let busy = put(store, about("a", 0, "pr-7", WhenBusy::Drop)).1;
    let (dropped, _) = store.record(about("b", 10, "pr-7", WhenBusy::Drop));
    let job = job_of(store, dropped).id;
    assert_eq!(wait(store.engine.retry(job, at(20))), Retried::Yes { agent: "dev".into() });
    assert_eq!(claimed(store, 30), [busy], "in its turn");
    complete(store, busy, 40);
    assert_eq!(claimed(store, 50), [job]);
    assert_eq!(job_of(store, dropped).stand_in, None);
}

fn a_job_stands_for_all_that_its_predecessors_stood_for(store: &Subject) {
    let (first, tried) = put(store, about("a", 0, "pr-7", WhenBusy::Replace));
    put(store, about("b", 1, "pr-7", WhenBusy::Replace));
    assert_eq!(claimed(store, 5), [tried]);
    end(store, tried, 10, AttemptOutcome::Failed { code: 1 }, Disposition::Retry { at: at(900) });
    let newer = put(store, about("c", 20, "pr-7", WhenBusy::Replace)).1;
    assert_ne!(newer, tried, "what was tried is part of its history");
    assert_eq!(job_of(store, first).stand_in, Some(newer));
    let run = store.claim("dev", 9, 30).jobs.remove(0);
    assert_eq!((run.run.job, run.stands_for.count), (newer, 2));
}
