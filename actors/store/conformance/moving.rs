//! Moving jobs: in what order, by whom, and by hand.

use std::time::Duration;

use super::{LIFE, Sample, Subject, at, claim_of, life, on_every_engine, wait};
use crate::{
    domain::{
        AttemptOutcome, Disposition, GroupKey, JobId, JobState, NewJob, NodeId, NodeLife, Reason, RunId,
        Timestamp,
    },
    store::{
        Bulk, BulkAction, Cancelled, Claim, ClockBack, CountOf, Finish, Found, JobQuery, Rescue, RescueScope,
        RunQuery,
    },
};

on_every_engine!(
    a_clock_set_back_stops_no_waiting_job,
    jobs_that_wait_for_their_time_follow_a_clock_that_is_set_back,
    what_was_set_back_unseen_is_told_by_what_was_written,
    a_higher_priority_is_claimed_first,
    jobs_of_a_group_that_is_full_are_passed_over,
    the_end_of_a_run_takes_the_next_job_with_it,
    an_attempt_that_is_put_back_counts_for_nothing,
    a_sweep_takes_no_run_of_the_living_life,
    a_start_ends_only_the_earlier_lives_of_its_own_node,
    a_lease_is_renewed_only_by_who_holds_it,
    a_held_job_waits_until_it_is_let_go,
    a_waiting_job_can_be_cancelled_and_an_executing_one_is_left_to_its_runner,
    jobs_of_an_agent_that_is_gone_can_be_handed_over,
    jobs_of_an_agent_that_is_gone_can_be_discarded,
    dead_letters_are_moved_by_the_page,
    anything_is_found_by_its_id,
    jobs_and_runs_are_filtered_and_counted,
);

fn claimed(store: &Subject, claim: Claim) -> Vec<JobId> {
    wait(store.engine.claim(claim)).jobs.iter().map(|job| job.run.job).collect()
}

fn insert(store: &Subject, job: NewJob) -> JobId {
    let id = job.id;
    wait(store.engine.insert(vec![job]));
    id
}

fn a_clock_set_back_stops_no_waiting_job(store: &Subject) {
    let hour = 3_600_000;
    let job = store.enqueue("dev", hour, hour);
    let later = store.enqueue("dev", hour, hour + 1);
    let claim = store.claim("dev", 9, 0);
    assert_eq!(claim.jobs.iter().map(|job| job.run.job).collect::<Vec<_>>(), [job]);
    assert_eq!(claim.next_due, Some(at(hour + 1)), "only what is scheduled waits for its time");
    assert_eq!(store.state(later), JobState::Scheduled);
    store.enqueue("ops", hour, hour);
    assert_eq!(store.claim("ops", 0, 0).next_due, Some(at(0)), "it can be claimed now");
}

/// A job that failed at 10,000 and is to be tried again at 15,000, and one that waits from 10,000 till 12,000.
fn waiting_for_their_time(store: &Subject) -> [JobId; 2] {
    store.enqueue("dev", 1_000, 1_000);
    let run = store.claim("dev", 1, 9_000).jobs[0].run;
    let (outcome, disposition) = (AttemptOutcome::Failed { code: 1 }, Disposition::Retry { at: at(15_000) });
    wait(store.engine.finish(Finish::new(run, outcome, disposition, at(10_000)), None));
    [store.enqueue("dev", 10_000, 12_000), run.job]
}

fn due(store: &Subject, job: JobId) -> Timestamp {
    wait(store.engine.job(job)).unwrap().job.due_at
}

fn jobs_that_wait_for_their_time_follow_a_clock_that_is_set_back(store: &Subject) {
    let jobs = waiting_for_their_time(store);
    let by = Some(Duration::from_secs(8));
    assert_eq!(wait(store.engine.follow_clock(ClockBack { now: at(3_000), by })), 2);
    assert_eq!(jobs.map(|job| due(store, job)), [at(4_000), at(7_000)]);
    assert_eq!(store.claim("dev", 9, 3_999).next_due, Some(at(4_000)));
    // What is due by now stays due, and never before the clock.
    let by = Some(Duration::from_secs(3_600));
    assert_eq!(wait(store.engine.follow_clock(ClockBack { now: at(5_000), by })), 1);
    assert_eq!(jobs.map(|job| due(store, job)), [at(4_000), at(5_000)]);
    assert_eq!(claimed(store, claim_of("dev", 9, 5_000)), jobs);
}

fn what_was_set_back_unseen_is_told_by_what_was_written(store: &Subject) {
    let jobs = waiting_for_their_time(store);
    assert_eq!(wait(store.engine.follow_clock(ClockBack { now: at(10_001), by: None })), 0, "all is well");
    assert_eq!(wait(store.engine.follow_clock(ClockBack { now: at(500), by: None })), 2);
    assert_eq!(jobs.map(|job| due(store, job)), [at(2_500), at(5_500)], "as long as they were to wait");
}

fn a_higher_priority_is_claimed_first(store: &Subject) {
    let prior = |now, priority| insert(store, NewJob { priority, ..store.manual("dev", now) });
    let (low, normal, high) = (prior(0, -5), prior(1, 0), prior(2, 5));
    let retried = {
        let due = NewJob { not_before: Some(at(5)), priority: 1, ..store.manual("dev", 2) };
        insert(store, due)
    };
    assert_eq!(claimed(store, claim_of("dev", 9, 10)), [high, retried, normal, low]);
}

fn jobs_of_a_group_that_is_full_are_passed_over(store: &Subject) {
    let group = |name: &str| Some(GroupKey(name.to_owned()));
    let of = |now, name| insert(store, NewJob { group_key: group(name), ..store.manual("dev", now) });
    let (first, second) = (of(0, "app"), of(1, "web"));
    let without = insert(store, store.manual("dev", 2));
    let except = vec![GroupKey("app".to_owned())];
    let claim = Claim { except, ..claim_of("dev", 9, 5) };
    assert_eq!(claimed(store, claim.clone()), [second, without]);
    assert_eq!(wait(store.engine.claim(claim)).next_due, None, "nothing that it may take is left");
    assert_eq!(claimed(store, claim_of("dev", 9, 6)), [first]);
}

fn the_end_of_a_run_takes_the_next_job_with_it(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let next = store.enqueue("dev", 1, 1);
    let run = store.claim("dev", 1, 5).jobs[0].run;
    let (outcome, disposition) = (AttemptOutcome::Completed, Disposition::Complete);
    let finish = Finish::new(run, outcome, disposition, at(10));
    let finished = wait(store.engine.finish(finish.clone(), Some(claim_of("dev", 1, 10))));
    assert!(finished.ended);
    assert_eq!(finished.claimed.unwrap().jobs[0].run.job, next);
    let late = wait(store.engine.finish(finish, Some(claim_of("dev", 1, 11))));
    assert!(!late.ended, "it ended before");
    assert_eq!(late.claimed.unwrap().jobs.len(), 0);
}

fn an_attempt_that_is_put_back_counts_for_nothing(store: &Subject) {
    let job = store.enqueue("dev", 0, 0);
    for now in 0..20 {
        store.run("dev", now, AttemptOutcome::Interrupted, Disposition::PutBack { at: at(now) });
    }
    let again = store.claim("dev", 1, 30).jobs.remove(0);
    assert_eq!((again.run.job, again.run.attempt.0), (job, 21));
    assert_eq!(again.history, crate::domain::History::default());
}

fn a_sweep_takes_no_run_of_the_living_life(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let run = store.claim("dev", 1, 0).jobs[0].run;
    let rescue = |except| {
        let scope = RescueScope::ExpiredLeases { except };
        wait(store.engine.rescue(Rescue { now: at(86_400_000), scope, max_interruptions: 3 }))
    };
    assert_eq!(rescue(LIFE), [], "whatever the clock says");
    assert!(store.renew(run, 86_500_000));
    assert_eq!(rescue(life(99)), [], "renewed");
    assert!(store.renew(run, 1));
    assert_eq!(rescue(life(99)).len(), 1, "another life's lease that ran out");
}

fn a_start_ends_only_the_earlier_lives_of_its_own_node(store: &Subject) {
    let node = |number, life| NodeLife { node: NodeId::new(number).unwrap(), life };
    let runs = [node(0, 1), node(0, 2), node(5, 1)].map(|by| {
        store.enqueue("dev", 0, 0);
        wait(store.engine.claim(Claim { by, ..claim_of("dev", 1, 1) })).jobs[0].run
    });
    let scope = RescueScope::EarlierLives(node(0, 2));
    let rescued = wait(store.engine.rescue(Rescue { now: at(2), scope, max_interruptions: 3 }));
    assert_eq!(rescued.iter().map(|rescued| rescued.run).collect::<Vec<RunId>>(), [runs[0]]);
}

fn a_lease_is_renewed_only_by_who_holds_it(store: &Subject) {
    store.enqueue("dev", 0, 0);
    store.enqueue("dev", 0, 0);
    let runs: Vec<_> = store.claim("dev", 2, 0).jobs.iter().map(|job| job.run).collect();
    assert_eq!(wait(store.engine.renew(runs.clone(), life(8), at(9))), runs);
    assert_eq!(wait(store.engine.renew(runs, LIFE, at(9))), []);
}

fn a_held_job_waits_until_it_is_let_go(store: &Subject) {
    let job = store.enqueue("dev", 0, 0);
    assert_eq!(wait(store.engine.hold(vec![job], Some("budget".to_owned()))), 1);
    let row = wait(store.engine.job(job)).unwrap().job;
    assert_eq!((row.state, row.held_by.as_deref()), (JobState::Held, Some("budget")));
    let claim = store.claim("dev", 1, 5);
    assert_eq!((claim.jobs.len(), claim.next_due), (0, None));
    assert_eq!(wait(store.engine.oldest_due()), []);
    assert_eq!(wait(store.engine.hold(vec![job], None)), 1);
    assert_eq!(store.claim("dev", 1, 5).jobs.len(), 1);
    assert_eq!(wait(store.engine.hold(vec![job], Some("budget".to_owned()))), 0, "it executes");
}

fn a_waiting_job_can_be_cancelled_and_an_executing_one_is_left_to_its_runner(store: &Subject) {
    let waits = store.enqueue("dev", 0, 0);
    assert_eq!(wait(store.engine.cancel(waits, at(1))), Cancelled::Yes);
    assert_eq!(wait(store.engine.cancel(waits, at(2))), Cancelled::Ended(JobState::Cancelled));
    store.enqueue("dev", 3, 3);
    let run = store.claim("dev", 1, 3).jobs[0].run;
    assert_eq!(wait(store.engine.cancel(run.job, at(4))), Cancelled::Executing(run));
    let unknown = store.engine.ids().job(at(5));
    assert_eq!(wait(store.engine.cancel(unknown, at(6))), Cancelled::Unknown);
}

fn jobs_of_an_agent_that_is_gone_can_be_handed_over(store: &Subject) {
    store.record(Sample::new("a", 0).wanted_by(&["dev"]));
    store.record(Sample::new("b", 1).wanted_by(&["dev", "ops"]));
    store.enqueue("dev", 2, 500);
    let running = store.claim("dev", 1, 3).jobs[0].run.job;
    assert_eq!(wait(store.engine.hand_over("dev".into(), "ops".into(), 10)), 1, "ops has one of b already");
    let ops = JobQuery { agent: Some("ops".into()), ..JobQuery::default() };
    assert_eq!(wait(store.engine.jobs(ops)).len(), 2);
    assert_eq!(store.state(running), JobState::Executing);
    let backlog = wait(store.engine.backlog());
    let waiting = |agent: &str| -> u64 {
        let of = backlog.iter().filter(|entry| entry.agent.as_str() == agent && entry.state.is_waiting());
        of.map(|entry| entry.jobs).sum()
    };
    assert_eq!((waiting("dev"), waiting("ops")), (1, 2));
}

fn jobs_of_an_agent_that_is_gone_can_be_discarded(store: &Subject) {
    for now in 0..3 {
        store.enqueue("dev", now, now);
    }
    let discard = |limit| wait(store.engine.discard_of("dev".into(), Reason::AgentRemoved, at(9), limit));
    assert_eq!((discard(2), discard(2), discard(2)), (2, 1, 0));
    assert!(store.jobs().iter().all(|job| job.reason == Some(Reason::AgentRemoved)));
}

fn dead_letters_are_moved_by_the_page(store: &Subject) {
    for now in 0..3 {
        store.enqueue("dev", now, now);
    }
    wait(store.engine.discard_of("dev".into(), Reason::NotRetried, at(9), 10));
    let page =
        |before| Bulk { agent: Some("dev".into()), action: BulkAction::Retry, now: at(10), limit: 2, before };
    let first = wait(store.engine.bulk(page(None)));
    assert_eq!((first.jobs.len(), first.next), (2, Some(first.jobs[1].0)));
    let second = wait(store.engine.bulk(page(first.next)));
    assert_eq!((second.jobs.len(), second.next), (1, None));
    assert_eq!(store.claim("dev", 9, 11).jobs.len(), 3);
}

fn anything_is_found_by_its_id(store: &Subject) {
    let (receipt, committed) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let job = committed.created[0].job;
    let find = |text: String| wait(store.engine.find(text.parse().unwrap()));
    assert!(matches!(find(receipt.to_string()), Some(Found::Receipt(found)) if found.id == receipt));
    assert!(matches!(find(job.to_string()), Some(Found::Job(found)) if found.job.id == job));
    assert!(matches!(find(format!("{job}-1")), Some(Found::Job(found)) if found.job.id == job));
    assert!(find(store.engine.ids().job(at(9)).to_string()).is_none());
}

fn jobs_and_runs_are_filtered_and_counted(store: &Subject) {
    store.record(Sample::new("a", 0).wanted_by(&["dev"]));
    store.record(Sample { sources: vec!["fork"], ..Sample::new("b", 10).wanted_by(&["dev"]) });
    store.enqueue("dev", 20, 20);
    store.complete("dev", 30);
    store.claim("dev", 1, 40);
    let jobs = |query| wait(store.engine.count(CountOf::Jobs(query), 10));
    assert_eq!(jobs(JobQuery { event: Some("issues".to_owned()), ..JobQuery::default() }), 2);
    assert_eq!(jobs(JobQuery { repo: Some("acme/web".to_owned()), ..JobQuery::default() }), 0);
    assert_eq!(jobs(JobQuery { source: Some("fork".into()), ..JobQuery::default() }), 1);
    let query = JobQuery { agent: Some("dev".into()), ..JobQuery::default() };
    assert_eq!(wait(store.engine.count(CountOf::Jobs(query), 2)), 2, "and no further");
    let runs = |query| wait(store.engine.runs(query)).len();
    assert_eq!(runs(RunQuery { outcome: Some("completed".to_owned()), ..RunQuery::default() }), 1);
    assert_eq!(runs(RunQuery { executing: Some(true), ..RunQuery::default() }), 1);
    assert_eq!(wait(store.engine.count(CountOf::Runs(RunQuery::default()), 10)), 2);
}
