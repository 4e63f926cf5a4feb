//! Claims, leases, ends of attempts, and schedules.

use std::time::Duration;

use super::{Sample, Subject, at, claim_of, on_every_engine, wait};
use crate::{
    domain::{Attempt, RunId, fact},
    store::{
        AttemptOutcome, Claim, Disposition, Finish, Fired, History, JobQuery, JobState, JobTrigger, Page,
        Reason, Rescued, Retried, RunCursor, RunQuery, ScheduleCursor,
    },
};

on_every_engine!(
    the_earliest_due_job_is_claimed_first_and_then_the_oldest,
    no_more_jobs_are_claimed_than_there_are_places,
    a_claim_says_when_to_look_again,
    a_claimed_job_brings_what_its_run_needs,
    a_lease_is_renewed_only_while_the_run_executes,
    only_runs_whose_lease_ran_out_are_rescued,
    after_a_restart_every_run_is_rescued,
    a_job_that_brings_the_gate_down_is_given_up,
    an_attempt_that_was_superseded_changes_nothing,
    a_failed_job_waits_for_its_time_and_counts_its_failures,
    a_dead_letter_has_its_reason_and_can_be_retried,
    a_retried_job_begins_a_new_attempt_with_fresh_counts,
    only_a_dead_letter_or_a_waiting_job_can_be_dismissed,
    a_schedule_that_came_due_makes_one_waiting_job,
    the_same_firing_twice_is_one_firing,
    jobs_and_runs_are_listed_newest_first,
);

fn finish(store: &Subject, run: RunId, outcome: AttemptOutcome, disposition: Disposition, now: i64) -> bool {
    wait(store.engine.finish(Finish::new(run, outcome, disposition, at(now)), None)).ended
}

fn the_earliest_due_job_is_claimed_first_and_then_the_oldest(store: &Subject) {
    let late = store.enqueue("dev", 0, 30);
    let early = store.enqueue("dev", 1, 20);
    let twin = store.enqueue("dev", 2, 20);
    store.enqueue("ops", 0, 0);
    assert_eq!(store.state(late), JobState::Scheduled);
    let claimed = store.claim("dev", 9, 40).jobs;
    assert_eq!(claimed.iter().map(|job| job.run.job).collect::<Vec<_>>(), [early, twin, late]);
    assert_eq!(store.state(late), JobState::Executing);
}

fn no_more_jobs_are_claimed_than_there_are_places(store: &Subject) {
    for now in 0..3 {
        store.enqueue("dev", now, now);
    }
    assert_eq!(store.claim("dev", 0, 5).jobs.len(), 0);
    assert_eq!(store.claim("dev", 2, 5).jobs.len(), 2);
    assert_eq!(store.claim("dev", 2, 5).jobs.len(), 1);
    assert_eq!(store.claim("dev", 2, 5).jobs.len(), 0);
}

fn a_claim_says_when_to_look_again(store: &Subject) {
    assert_eq!(store.claim("dev", 1, 0).next_due, None);
    store.enqueue("dev", 0, 0);
    store.enqueue("dev", 0, 5);
    store.enqueue("dev", 0, 50);
    assert_eq!(store.claim("dev", 1, 10).next_due, Some(at(5)), "more are due already");
    assert_eq!(store.claim("dev", 1, 10).next_due, Some(at(50)));
    assert_eq!(wait(store.engine.oldest_due()), [("dev".into(), at(50))]);
}

fn a_claimed_job_brings_what_its_run_needs(store: &Subject) {
    let (receipt, _) = store.record(Sample::new("delivery-1", 0).wanted_by(&["dev"]));
    let job = store.claim("dev", 1, 10).jobs.remove(0);
    assert_eq!(job.receipt, Some(receipt));
    let delivered = job.delivered.unwrap();
    assert_eq!(delivered.event().unwrap().unwrap().facts.text(fact::REPO), Some("acme/app"));
    assert_eq!(delivered.headers().unwrap().get("x-github-event"), Some("issues"));
    assert_eq!(wait(store.engine.body(receipt)), Some(Sample::new("k", 0).body));
    assert_eq!((job.run.attempt, job.history, job.created_at), (Attempt(1), History::default(), at(0)));
    store.enqueue("dev", 20, 20);
    let job = store.claim("dev", 1, 20).jobs.remove(0);
    assert!(job.delivered.is_none() && job.receipt.is_none());
}

fn a_lease_is_renewed_only_while_the_run_executes(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let run = store.claim("dev", 1, 0).jobs[0].run;
    assert!(store.renew(run, 500_000));
    assert!(!store.renew(RunId { attempt: Attempt(2), ..run }, 500_000));
    assert_eq!(store.rescue_expired(400_000), []);
    finish(store, run, AttemptOutcome::Completed, Disposition::Complete, 10);
    assert!(!store.renew(run, 900_000));
}

fn only_runs_whose_lease_ran_out_are_rescued(store: &Subject) {
    store.enqueue("dev", 0, 0);
    store.enqueue("dev", 0, 0);
    let claim = |seconds, now| Claim { lease: Duration::from_secs(seconds), ..claim_of("dev", 1, now) };
    let short = wait(store.engine.claim(claim(1, 0))).jobs[0].run;
    let long = wait(store.engine.claim(claim(10, 0))).jobs[0].run;
    let rescue = |now| store.rescue_expired(now);
    assert_eq!(rescue(999), []);
    let rescued = rescue(1_000);
    assert_eq!(rescued, [Rescued { run: short, agent: "dev".into(), state: JobState::Available }]);
    assert_eq!(store.state(long.job), JobState::Executing);
    let detail = wait(store.engine.job(short.job)).unwrap();
    assert_eq!(detail.attempts[0].outcome, Some(AttemptOutcome::Interrupted));
    assert_eq!(detail.attempts[0].finished_at, Some(at(1_000)));
    assert_eq!(detail.job.due_at, at(1_000));
}

fn after_a_restart_every_run_is_rescued(store: &Subject) {
    store.enqueue("dev", 0, 0);
    store.enqueue("ops", 0, 0);
    store.enqueue("ops", 0, 0);
    let runs = [store.claim("dev", 1, 0).jobs[0].run, store.claim("ops", 1, 0).jobs[0].run];
    let rescued = store.rescue_all(1, 3);
    assert_eq!(rescued.iter().map(|rescued| rescued.run).collect::<Vec<_>>(), runs);
    let again = store.claim("dev", 1, 2).jobs.remove(0);
    assert_eq!((again.run.attempt, again.history.interruptions), (Attempt(2), 1));
}

fn a_job_that_brings_the_gate_down_is_given_up(store: &Subject) {
    let job = store.enqueue("dev", 0, 0);
    store.claim("dev", 1, 0);
    assert_eq!(store.rescue_all(1, 2)[0].state, JobState::Available);
    store.claim("dev", 1, 1);
    assert_eq!(store.rescue_all(1, 2)[0].state, JobState::Discarded);
    let row = wait(store.engine.job(job)).unwrap().job;
    assert_eq!(row.reason, Some(Reason::InterruptedTooOften { interruptions: 2 }));
    assert_eq!((row.attempts, store.claim("dev", 1, 9).jobs.len()), (2, 0));
}

fn an_attempt_that_was_superseded_changes_nothing(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let lost = store.claim("dev", 1, 0).jobs[0].run;
    store.rescue_all(1, 9);
    assert!(!finish(store, lost, AttemptOutcome::Completed, Disposition::Complete, 2));
    let current = store.claim("dev", 1, 3).jobs[0].run;
    assert!(!finish(store, lost, AttemptOutcome::Completed, Disposition::Complete, 4));
    assert_eq!(store.state(lost.job), JobState::Executing);
    assert!(finish(store, current, AttemptOutcome::Completed, Disposition::Complete, 5));
    assert!(!finish(store, current, AttemptOutcome::TimedOut, Disposition::Discard(Reason::NotRetried), 6));
    assert_eq!(store.state(lost.job), JobState::Completed);
}

fn a_failed_job_waits_for_its_time_and_counts_its_failures(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let job = store.run("dev", 0, AttemptOutcome::Failed { code: 1 }, Disposition::Retry { at: at(1_000) });
    assert_eq!(store.state(job), JobState::Retryable);
    let early = store.claim("dev", 1, 999);
    assert_eq!((early.jobs.len(), early.next_due), (0, Some(at(1_000))));
    store.run("dev", 1_000, AttemptOutcome::Snooze, Disposition::Retry { at: at(2_000) });
    assert_eq!(store.state(job), JobState::Scheduled);
    let third = store.claim("dev", 1, 2_000).jobs.remove(0);
    assert_eq!(third.run.attempt, Attempt(3));
    assert_eq!(third.history, History { failures: 1, interruptions: 0, snoozes: 1 });
    let attempts = wait(store.engine.job(job)).unwrap().attempts;
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Failed { code: 1 }));
    assert_eq!((attempts.len(), attempts[2].finished_at), (3, None));
}

fn a_dead_letter_has_its_reason_and_can_be_retried(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let reason = Reason::AttemptsUsedUp { failures: 1 };
    let job = store.run("dev", 0, AttemptOutcome::TimedOut, Disposition::Discard(reason.clone()));
    let row = wait(store.engine.job(job)).unwrap().job;
    assert_eq!((row.state, row.reason), (JobState::Discarded, Some(reason)));
    assert_eq!(wait(store.engine.retry(job, at(50))), Retried::Yes { agent: "dev".into() });
    let row = wait(store.engine.job(job)).unwrap().job;
    assert_eq!((row.state, row.reason, row.due_at), (JobState::Available, None, at(50)));
    assert_eq!(wait(store.engine.retry(job, at(51))), Retried::NotEnded(JobState::Available));
    let unknown = store.engine.ids().job(at(0));
    assert_eq!(wait(store.engine.retry(unknown, at(51))), Retried::Unknown);
}

fn a_retried_job_begins_a_new_attempt_with_fresh_counts(store: &Subject) {
    store.enqueue("dev", 0, 0);
    let error = "no such file".to_owned();
    let outcome = AttemptOutcome::NotStarted { error };
    let job = store.run("dev", 0, outcome, Disposition::Discard(Reason::NotRetried));
    wait(store.engine.retry(job, at(10)));
    let again = store.claim("dev", 1, 10).jobs.remove(0);
    assert_eq!((again.run.attempt, again.history), (Attempt(2), History::default()));
}

fn only_a_dead_letter_or_a_waiting_job_can_be_dismissed(store: &Subject) {
    let waiting = store.enqueue("ops", 0, 0);
    assert!(wait(store.engine.dismiss(waiting, at(1))));
    assert_eq!(store.state(waiting), JobState::Cancelled);
    let job = store.enqueue("dev", 0, 0);
    store.run("dev", 1, AttemptOutcome::TimedOut, Disposition::Discard(Reason::NotRetried));
    assert!(wait(store.engine.dismiss(job, at(2))));
    assert_eq!(store.state(job), JobState::Cancelled);
    assert!(!wait(store.engine.dismiss(job, at(3))));
    assert_eq!(wait(store.engine.retry(job, at(4))), Retried::Yes { agent: "dev".into() });
}

fn a_schedule_that_came_due_makes_one_waiting_job(store: &Subject) {
    let fire = |due, now| wait(store.engine.fire(store.fire("dev", due, now)));
    store.enqueue("dev", 0, 0);
    let Fired::Created(job) = fire(10, 12) else { panic!("a manual job is no scheduled one") };
    let row = wait(store.engine.job(job)).unwrap().job;
    assert_eq!((row.trigger, row.due_at), (JobTrigger::Schedule { due: at(10) }, at(12)));
    assert_eq!(fire(20, 20), Fired::Coalesced);
    assert_eq!(wait(store.engine.cursors()), [ScheduleCursor { agent: "dev".into(), last_fired: at(20) }]);
    assert_eq!(store.claim("dev", 2, 25).jobs.len(), 2);
    assert!(matches!(fire(30, 30), Fired::Created(_)), "one that executes waits no more");
}

fn the_same_firing_twice_is_one_firing(store: &Subject) {
    let fire = || wait(store.engine.fire(store.fire("dev", 10, 10)));
    assert!(matches!(fire(), Fired::Created(_)));
    store.complete("dev", 11);
    assert_eq!(fire(), Fired::Coalesced);
}

fn jobs_and_runs_are_listed_newest_first(store: &Subject) {
    let (receipt, _) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let retry = Disposition::Retry { at: at(5) };
    let first = store.run("dev", 0, AttemptOutcome::Failed { code: 2 }, retry);
    store.complete("dev", 5);
    let second = store.enqueue("ops", 6, 6);
    store.claim("ops", 1, 6);
    let third = store.enqueue("ops", 7, 7);

    let jobs = |query| wait(store.engine.jobs(query)).into_iter().map(|row| row.id).collect::<Vec<_>>();
    let page = |limit, before| JobQuery { page: Page { limit, before }, ..JobQuery::default() };
    assert_eq!(jobs(page(2, None)), [third, second]);
    assert_eq!(jobs(page(2, Some(second.get()))), [first]);
    assert_eq!(jobs(JobQuery { agent: Some("ops".into()), ..page(9, None) }), [third, second]);
    assert_eq!(jobs(JobQuery { state: Some(JobState::Completed), ..page(9, None) }), [first]);

    let runs = |query| wait(store.engine.runs(query)).into_iter().map(|row| row.run).collect::<Vec<_>>();
    let run = |job, attempt| RunId { job, attempt: Attempt(attempt) };
    assert_eq!(runs(RunQuery::default()), [run(second, 1), run(first, 2), run(first, 1)]);
    let rows = wait(store.engine.runs(RunQuery { limit: 2, ..RunQuery::default() }));
    let after = |row| RunQuery { after: Some(RunCursor::from(&rows[row])), ..RunQuery::default() };
    assert_eq!(runs(after(0)), [run(first, 2), run(first, 1)]);
    assert_eq!(runs(after(1)), [run(first, 1)]);
    let cursor = RunCursor::from(&rows[1]);
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    let of_receipt = RunQuery { receipt: Some(receipt), ..RunQuery::default() };
    assert_eq!(runs(of_receipt), [run(first, 2), run(first, 1)]);
    let of_agent = RunQuery { agent: Some("ops".into()), ..RunQuery::default() };
    assert_eq!(runs(of_agent), [run(second, 1)]);
}
