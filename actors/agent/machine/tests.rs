//! Single sentences of the machine; whatever else may happen is told in `histories`.

use super::*;
use crate::{
    domain::{Attempt, History, JobId, JobTrigger, StandsFor, Timestamp},
    store::ClaimedJob,
};

pub(super) const START: Now =
    Now { wall: Timestamp::from_millis(1_800_000_000_000), elapsed: Duration::ZERO };

pub(super) fn later(seconds: u64) -> Now {
    let span = Duration::from_secs(seconds);
    Now { wall: START.wall.plus(span), elapsed: span }
}

pub(super) fn job(number: i64, attempt: u32, history: History) -> ClaimedJob {
    ClaimedJob {
        run: RunId { job: JobId::from_raw(number), attempt: Attempt(attempt) },
        agent: "a".into(),
        trigger: JobTrigger::Manual,
        receipt: None,
        delivered: None,
        input: None,
        group_key: None,
        stands_for: StandsFor::default(),
        trace: None,
        history,
        created_at: START.wall,
    }
}

fn claimed(numbers: &[i64]) -> Claimed {
    Claimed {
        jobs: numbers.iter().map(|number| job(*number, 1, History::default())).collect(),
        ..Claimed::default()
    }
}

fn end(outcome: AttemptOutcome) -> RunEnd {
    RunEnd { outcome, is_host_fault: false, retry_after: None, jitter: 0.5, may_keep_place: true }
}

/// A machine of this scale with these runs going.
fn running(scale: u32, numbers: &[i64]) -> Machine {
    let mut machine = Machine::new(scale, RetryPolicy::default());
    let places = u32::try_from(numbers.len()).unwrap();
    machine.step(Event::Woken, START);
    machine.step(Event::Granted(places), START);
    machine.step(Event::Claimed(claimed(numbers)), START);
    machine
}

fn run(number: i64) -> RunId {
    RunId { job: JobId::from_raw(number), attempt: Attempt(1) }
}

fn shown(commands: &[Command]) -> Vec<String> {
    commands
        .iter()
        .map(|command| match command {
            Command::Acquire(places) => format!("acquire {places}"),
            Command::Release(places) => format!("release {places}"),
            Command::Claim(places) => format!("claim {places}"),
            Command::Start(job) => format!("start {}", job.run.job.get()),
            Command::Stop(run, mode) => format!("stop {} {mode:?}", run.job.get()),
            Command::Finish { run, disposition, then, .. } => {
                let to = match disposition {
                    Disposition::Complete => "complete",
                    Disposition::Retry { .. } => "retry",
                    Disposition::PutBack { .. } => "put back",
                    Disposition::Cancel => "cancel",
                    Disposition::Discard(_) => "discard",
                };
                format!("finish {}: {to}, then {then}", run.job.get())
            }
            Command::Renew(runs) => format!("renew {}", runs.len()),
            Command::WakeIn(span) => format!("wake in {}s", span.as_secs()),
            Command::Done => "done".to_owned(),
        })
        .collect()
}

#[test]
fn places_are_asked_for_before_jobs_and_what_is_left_over_goes_back() {
    let mut machine = Machine::new(3, RetryPolicy::default());
    assert_eq!(shown(&machine.step(Event::Woken, START)), ["acquire 3"]);
    assert_eq!(shown(&machine.step(Event::Granted(2), START)), ["claim 2"]);
    assert_eq!(shown(&machine.step(Event::Claimed(claimed(&[7])), START)), ["release 1", "start 7"]);
}

#[test]
fn what_wakes_it_while_it_asks_makes_it_ask_again() {
    let mut machine = Machine::new(1, RetryPolicy::default());
    machine.step(Event::Woken, START);
    assert_eq!(shown(&machine.step(Event::Woken, START)), [""; 0]);
    machine.step(Event::Granted(1), START);
    assert_eq!(shown(&machine.step(Event::Woken, START)), [""; 0]);
    assert_eq!(shown(&machine.step(Event::Claimed(claimed(&[])), START)), ["release 1", "acquire 1"]);
}

#[test]
fn a_freed_place_takes_its_next_job_in_the_commit_that_frees_it() {
    let mut machine = running(1, &[1]);
    let ended = machine.step(Event::Ended(run(1), end(AttemptOutcome::Completed)), later(1));
    assert_eq!(shown(&ended), ["finish 1: complete, then 1"]);
    let recorded = Event::Recorded { run: run(1), claimed: Some(claimed(&[2])) };
    assert_eq!(shown(&machine.step(recorded, later(1))), ["start 2"]);
}

#[test]
fn a_place_that_others_wait_for_is_given_up_first() {
    let mut machine = running(1, &[1]);
    let end = RunEnd { may_keep_place: false, ..end(AttemptOutcome::Completed) };
    assert_eq!(shown(&machine.step(Event::Ended(run(1), end), later(1))), ["finish 1: complete, then 0"]);
    let recorded = Event::Recorded { run: run(1), claimed: None };
    assert_eq!(shown(&machine.step(recorded, later(1))), ["release 1", "acquire 1"]);
}

#[test]
fn a_paused_agent_begins_nothing_and_what_it_had_claimed_waits_on_uncounted() {
    let mut machine = Machine::new(1, RetryPolicy::default());
    machine.step(Event::Woken, START);
    machine.step(Event::Granted(1), START);
    assert_eq!(shown(&machine.step(Event::Paused(true), START)), [""; 0]);
    let put_back = machine.step(Event::Claimed(claimed(&[1])), START);
    assert_eq!(shown(&put_back), ["finish 1: put back, then 0"]);
    let recorded = Event::Recorded { run: run(1), claimed: None };
    assert_eq!(shown(&machine.step(recorded, START)), ["release 1"]);
    assert_eq!(machine.observed().mode, Mode::Paused);
    assert_eq!(shown(&machine.step(Event::Paused(false), START)), ["acquire 1"]);
}

#[test]
fn a_smaller_scale_lets_runs_end_and_starts_fewer() {
    let mut machine = running(2, &[1, 2]);
    assert_eq!(shown(&machine.step(Event::Scaled(1), START)), [""; 0]);
    let ended = machine.step(Event::Ended(run(1), end(AttemptOutcome::Completed)), START);
    assert_eq!(shown(&ended), ["finish 1: complete, then 0"]);
    let recorded = Event::Recorded { run: run(1), claimed: None };
    assert_eq!(shown(&machine.step(recorded, START)), ["release 1"]);
    assert_eq!(shown(&machine.step(Event::Scaled(3), START)), ["acquire 2"]);
}

#[test]
fn a_machine_without_room_holds_the_agent_off_longer_each_time_and_charges_no_job() {
    let mut machine = running(1, &[1]);
    let full = || RunEnd {
        is_host_fault: true,
        ..end(AttemptOutcome::NotStarted { error: "no file descriptors".to_owned() })
    };
    for (number, pause) in [(1, 1), (2, 2), (3, 4)] {
        let ended = machine.step(Event::Ended(run(number), full()), later(0));
        assert_eq!(
            shown(&ended),
            [format!("finish {number}: put back, then 0"), format!("wake in {pause}s")][..1]
        );
        assert_eq!(machine.observed().mode, Mode::HeldOff);
        let recorded = machine.step(Event::Recorded { run: run(number), claimed: None }, later(0));
        assert_eq!(shown(&recorded), ["release 1".to_owned(), format!("wake in {pause}s")]);
        let again = machine.step(Event::Woken, later(pause));
        assert_eq!(shown(&again), ["acquire 1"]);
        machine.step(Event::Granted(1), later(pause));
        machine.step(Event::Claimed(claimed(&[number + 1])), later(pause));
    }
    machine.step(Event::Ended(run(4), end(AttemptOutcome::Completed)), later(9));
    assert_eq!(machine.observed().mode, Mode::Open);
}

#[test]
fn a_cancelled_run_ends_with_its_job() {
    let mut machine = running(1, &[1]);
    let cancelled = machine.step(Event::Cancel(run(1), StopMode::Gently), START);
    assert_eq!(shown(&cancelled), ["stop 1 Gently"]);
    let again = machine.step(Event::Cancel(run(1), StopMode::Now), START);
    assert_eq!(shown(&again), ["stop 1 Now"]);
    let ended = machine.step(Event::Ended(run(1), end(AttemptOutcome::Interrupted)), START);
    assert_eq!(shown(&ended), ["finish 1: cancel, then 1"]);
}

#[test]
fn what_the_gate_stops_is_no_interruption_and_what_others_end_is() {
    let mut machine = running(2, &[1, 2]);
    let ended = machine.step(Event::Ended(run(1), end(AttemptOutcome::Interrupted)), START);
    assert_eq!(shown(&ended), ["finish 1: retry, then 1"]);
    assert_eq!(shown(&machine.step(Event::StopAll(StopMode::Gently), START)), ["stop 2 Gently"]);
    let ended = machine.step(Event::Ended(run(2), end(AttemptOutcome::Interrupted)), START);
    assert_eq!(shown(&ended), ["finish 2: put back, then 0"]);
}

#[test]
fn a_run_whose_lease_somebody_else_has_ends_at_once() {
    let mut machine = running(2, &[1, 2]);
    assert_eq!(shown(&machine.step(Event::LeasesDue, later(20))), ["renew 2"]);
    assert_eq!(shown(&machine.step(Event::LeasesDue, later(40))), [""; 0], "one renewal at a time");
    assert_eq!(shown(&machine.step(Event::Renewed { lost: vec![run(2)] }, later(40))), ["stop 2 Now"]);
}

#[test]
fn a_removed_agent_is_done_when_its_last_run_is_on_disk_and_can_come_back_before() {
    let mut machine = running(1, &[1]);
    assert_eq!(shown(&machine.step(Event::Removed, START)), [""; 0]);
    let configured = Event::Configured { scale: 2, retry: RetryPolicy::default() };
    assert_eq!(shown(&machine.step(configured, START)), ["acquire 1"]);
    machine.step(Event::Removed, START);
    assert_eq!(shown(&machine.step(Event::Granted(1), START)), ["release 1"]);
    machine.step(Event::Ended(run(1), end(AttemptOutcome::Completed)), START);
    let recorded = Event::Recorded { run: run(1), claimed: None };
    assert_eq!(shown(&machine.step(recorded, START)), ["release 1", "done"]);
}

#[test]
fn a_store_that_cannot_answer_is_asked_again_after_a_pause() {
    let mut machine = Machine::new(1, RetryPolicy::default());
    machine.step(Event::Woken, START);
    machine.step(Event::Granted(1), START);
    assert_eq!(shown(&machine.step(Event::ClaimFailed, START)), ["release 1", "wake in 1s"]);
    assert_eq!(shown(&machine.step(Event::Woken, later(1))), ["acquire 1"]);
}

#[test]
fn a_job_whose_time_comes_is_waited_for() {
    let mut machine = Machine::new(1, RetryPolicy::default());
    machine.step(Event::Woken, START);
    machine.step(Event::Granted(1), START);
    let nothing = Claimed { next_due: Some(later(30).wall), ..Claimed::default() };
    assert_eq!(shown(&machine.step(Event::Claimed(nothing), START)), ["release 1", "wake in 30s"]);
}
