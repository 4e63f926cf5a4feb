//! Whatever may happen to an agent, by the thousand: a store, a gate with places, runs that end as
//! they like, operators, lost leases, and answers that come in any order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::{tests::job, *};
use crate::domain::{Attempt, History, JobId, Timestamp};

/// What the world does next.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// A job is made; its wake-up may get lost.
    NewJob {
        is_wake_lost: bool,
    },
    /// One of the answers that are on their way arrives.
    Answer(usize, Fate),
    /// A run ends by itself.
    RunEnds(usize, How),
    Pause(bool),
    Scale(u32),
    Cancel(usize),
    Remove,
    Configure(u32),
    Renew,
    /// Time passes, and a timer that is due goes off.
    Pass(u64),
}

/// What becomes of something that was asked for.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Done,
    Fails,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Completes,
    Fails,
    Snoozes,
    HasNoRoom,
    Panics,
}

/// An answer on its way to the machine.
#[derive(Debug)]
enum Pending {
    Acquire(u32),
    Claim(u32),
    Finish { run: RunId, outcome: AttemptOutcome, disposition: Disposition, then: u32 },
    Renew,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { not_before: u64 },
    Executing(Attempt),
    Ended,
}

const GATE_PLACES: u32 = 3;

struct World {
    machine: Machine,
    seconds: u64,
    jobs: BTreeMap<i64, (State, u32, History)>,
    /// Runs whose program is alive, and whether they were told to stop.
    alive: BTreeMap<RunId, bool>,
    pending: VecDeque<Pending>,
    gate_free: u32,
    timer: Option<u64>,
    scale: u32,
    is_paused: bool,
    is_removed: bool,
    is_done: bool,
}

impl World {
    fn new(scale: u32) -> Self {
        let retry = RetryPolicy { attempts: 2, snoozes: 2, ..RetryPolicy::default() };
        Self {
            machine: Machine::new(scale, retry),
            seconds: 0,
            jobs: BTreeMap::new(),
            alive: BTreeMap::new(),
            pending: VecDeque::new(),
            gate_free: GATE_PLACES,
            timer: None,
            scale,
            is_paused: false,
            is_removed: false,
            is_done: false,
        }
    }

    fn now(&self) -> Now {
        super::tests::later(self.seconds)
    }

    const fn takes_runs(&self) -> bool {
        !self.is_paused && !self.is_removed
    }

    fn tell(&mut self, event: Event) {
        let now = self.now();
        for command in self.machine.step(event, now) {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        assert!(!self.is_done, "nothing is said after the end");
        match command {
            Command::Acquire(places) => {
                assert!(places > 0 && self.takes_runs());
                assert!(!self.pending.iter().any(|pending| matches!(pending, Pending::Acquire(_))));
                self.pending.push_back(Pending::Acquire(places));
            }
            Command::Release(places) => {
                self.gate_free += places;
                assert!(self.gate_free <= GATE_PLACES, "no place is given back twice");
            }
            Command::Claim(places) => self.pending.push_back(Pending::Claim(places)),
            Command::Start(job) => {
                let number = job.run.job.get();
                assert!(self.takes_runs(), "{number} starts while nothing may");
                assert_eq!(self.jobs[&number].0, State::Executing(job.run.attempt));
                assert!(self.alive.keys().all(|run| run.job != job.run.job), "{number} runs twice at once");
                self.alive.insert(job.run, false);
                assert!(self.alive.len() <= self.scale as usize, "more runs than scale");
            }
            Command::Stop(run, _) => {
                if let Some(is_stopped) = self.alive.get_mut(&run) {
                    *is_stopped = true;
                }
            }
            Command::Finish { run, outcome, disposition, then } => {
                assert!(!self.alive.contains_key(&run), "a run is written down when it is over");
                self.pending.push_back(Pending::Finish { run, outcome, disposition, then });
            }
            Command::Renew(runs) => {
                assert!(!runs.is_empty());
                self.pending.push_back(Pending::Renew);
            }
            Command::WakeIn(span) => {
                let at = self.seconds + span.as_secs().max(1);
                self.timer = Some(self.timer.map_or(at, |known| known.min(at)));
            }
            Command::Done => {
                assert!(self.alive.is_empty());
                self.is_done = true;
            }
        }
    }

    fn claim(&mut self, places: u32) -> Claimed {
        let now = self.seconds;
        let due: Vec<_> = self
            .jobs
            .iter()
            .filter(|(_, (state, ..))| matches!(state, State::Waiting { not_before } if *not_before <= now))
            .map(|(number, _)| *number)
            .take(places as usize)
            .collect();
        let mut claimed = Claimed::default();
        for number in due {
            let (state, attempts, history) = self.jobs.get_mut(&number).unwrap();
            *attempts += 1;
            *state = State::Executing(Attempt(*attempts));
            claimed.jobs.push(job(number, *attempts, *history));
        }
        let next = self.jobs.values().filter_map(|(state, ..)| match state {
            State::Waiting { not_before } => Some(*not_before),
            _ => None,
        });
        claimed.next_due = next.min().map(|seconds| super::tests::later(seconds).wall);
        claimed
    }

    fn finish(&mut self, run: RunId, outcome: &AttemptOutcome, disposition: &Disposition) {
        let at = |time: &Timestamp| {
            let span = time.since(super::tests::START.wall);
            span.as_secs() + u64::from(span.subsec_nanos() > 0)
        };
        let (state, _, history) = self.jobs.get_mut(&run.job.get()).unwrap();
        if *state != State::Executing(run.attempt) {
            return; // somebody else has it: the store fences
        }
        let counts = !matches!(disposition, Disposition::PutBack { .. });
        match outcome {
            AttemptOutcome::Snooze if counts => history.snoozes += 1,
            AttemptOutcome::Interrupted if counts => history.interruptions += 1,
            AttemptOutcome::Completed => {}
            _ if counts => history.failures += 1,
            _ => {}
        }
        *state = match disposition {
            Disposition::Complete | Disposition::Cancel | Disposition::Discard(_) => State::Ended,
            Disposition::Retry { at: time } | Disposition::PutBack { at: time } => {
                State::Waiting { not_before: at(time) }
            }
        };
    }

    fn answer(&mut self, index: usize, fate: Fate) {
        if self.pending.is_empty() {
            return;
        }
        let index = index % self.pending.len();
        let Some(pending) = self.pending.remove(index) else { return };
        match (pending, fate) {
            (Pending::Acquire(places), _) => {
                let granted = places.min(self.gate_free);
                if granted == 0 {
                    self.pending.push_back(Pending::Acquire(places));
                } else {
                    self.gate_free -= granted;
                    self.tell(Event::Granted(granted));
                }
            }
            (Pending::Claim(_), Fate::Fails) => self.tell(Event::ClaimFailed),
            (Pending::Claim(places), Fate::Done) => {
                let claimed = self.claim(places);
                self.tell(Event::Claimed(claimed));
            }
            // A finish is tried until the store takes it.
            (Pending::Finish { run, outcome, disposition, then }, Fate::Done) => {
                self.finish(run, &outcome, &disposition);
                let claimed = (then > 0).then(|| self.claim(then));
                self.tell(Event::Recorded { run, claimed });
            }
            (finish @ Pending::Finish { .. }, Fate::Fails) => self.pending.push_back(finish),
            (Pending::Renew, Fate::Done) => self.tell(Event::Renewed { lost: Vec::new() }),
            (Pending::Renew, Fate::Fails) => {
                // Another node took one of them over, and works on it.
                let lost = self.alive.keys().next().copied();
                if let Some(run) = lost {
                    let (state, attempts, _) = self.jobs.get_mut(&run.job.get()).unwrap();
                    *attempts += 1;
                    *state = State::Ended;
                }
                self.tell(Event::Renewed { lost: lost.into_iter().collect() });
            }
        }
    }

    fn end(&mut self, index: usize, how: How) {
        if self.alive.is_empty() {
            return;
        }
        let run = *self.alive.keys().nth(index % self.alive.len()).unwrap();
        let is_stopped = self.alive.remove(&run).unwrap();
        let outcome = match how {
            _ if is_stopped => AttemptOutcome::Interrupted,
            How::Completes => AttemptOutcome::Completed,
            How::Fails => AttemptOutcome::Failed { code: 1 },
            How::Snoozes => AttemptOutcome::Snooze,
            How::HasNoRoom => AttemptOutcome::NotStarted { error: "EMFILE".to_owned() },
            How::Panics => AttemptOutcome::Interrupted,
        };
        let is_host_fault = !is_stopped && matches!(how, How::HasNoRoom);
        let may_keep_place = index.is_multiple_of(2);
        let end = RunEnd { outcome, is_host_fault, retry_after: None, jitter: 0.5, may_keep_place };
        self.tell(Event::Ended(run, end));
    }

    fn act(&mut self, act: Act) {
        if self.is_done {
            return;
        }
        match act {
            Act::NewJob { is_wake_lost } => {
                let number = i64::try_from(self.jobs.len()).unwrap() + 1;
                self.jobs.insert(number, (State::Waiting { not_before: 0 }, 0, History::default()));
                if !is_wake_lost {
                    self.tell(Event::Woken);
                }
            }
            Act::Answer(index, fate) => self.answer(index, fate),
            Act::RunEnds(index, how) => self.end(index, how),
            Act::Pause(is_paused) => {
                self.is_paused = is_paused;
                self.tell(Event::Paused(is_paused));
            }
            Act::Scale(scale) => {
                self.scale = scale;
                self.tell(Event::Scaled(scale));
            }
            Act::Cancel(index) => {
                if !self.alive.is_empty() {
                    let run = *self.alive.keys().nth(index % self.alive.len()).unwrap();
                    self.tell(Event::Cancel(run, StopMode::Gently));
                }
            }
            Act::Remove => {
                self.is_removed = true;
                self.tell(Event::Removed);
            }
            Act::Configure(scale) => {
                (self.is_removed, self.scale) = (false, scale);
                let retry = RetryPolicy { attempts: 2, snoozes: 2, ..RetryPolicy::default() };
                self.tell(Event::Configured { scale, retry });
            }
            Act::Renew => self.tell(Event::LeasesDue),
            Act::Pass(seconds) => {
                self.seconds += seconds;
                if self.timer.is_some_and(|at| at <= self.seconds) {
                    self.timer = None;
                    self.tell(Event::Woken);
                }
            }
        }
        self.check();
    }

    fn check(&self) {
        let alive: BTreeSet<JobId> = self.alive.keys().map(|run| run.job).collect();
        assert_eq!(alive.len(), self.alive.len(), "no job runs twice at once");
        assert!(self.machine.observed().executing.len() >= self.alive.len());
    }

    fn waits_for_places_alone(&self) -> bool {
        self.pending.iter().all(|pending| matches!(pending, Pending::Acquire(_)))
    }

    /// Lets everything come to rest, with room, time and no more trouble.
    fn settle(&mut self) {
        self.act(Act::Configure(2));
        self.act(Act::Pause(false));
        for _ in 0..10_000 {
            // One who waits for a place waits until a run ends.
            while !(self.pending.is_empty() || self.gate_free == 0 && self.waits_for_places_alone()) {
                self.act(Act::Answer(0, Fate::Done));
            }
            if !self.alive.is_empty() {
                self.act(Act::RunEnds(0, How::Completes));
            } else if self.jobs.values().all(|(state, ..)| *state == State::Ended) && self.pending.is_empty()
            {
                return;
            } else {
                // The net that catches lost wake-ups.
                self.act(Act::Pass(61));
                self.tell(Event::Woken);
            }
        }
        panic!("it does not come to rest: {:?}", self.jobs);
    }
}

fn acts() -> impl Strategy<Value = Act> {
    let fate = prop_oneof![4 => Just(Fate::Done), 1 => Just(Fate::Fails)];
    let how = prop_oneof![
        3 => Just(How::Completes), 2 => Just(How::Fails), 1 => Just(How::Snoozes),
        1 => Just(How::HasNoRoom), 1 => Just(How::Panics),
    ];
    prop_oneof![
        4 => any::<bool>().prop_map(|is_wake_lost| Act::NewJob { is_wake_lost }),
        10 => (0..8_usize, fate).prop_map(|(index, fate)| Act::Answer(index, fate)),
        6 => (0..8_usize, how).prop_map(|(index, how)| Act::RunEnds(index, how)),
        1 => any::<bool>().prop_map(Act::Pause),
        1 => (0..4_u32).prop_map(Act::Scale),
        1 => (0..8_usize).prop_map(Act::Cancel),
        1 => Just(Act::Remove),
        1 => (0..4_u32).prop_map(Act::Configure),
        1 => Just(Act::Renew),
        3 => (0..120_u64).prop_map(Act::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]
    #[test]
    fn never_more_than_scale_no_job_lost_or_twice_at_once_and_always_progress(
        scale in 0..4_u32, acts in prop::collection::vec(acts(), 0..80),
    ) {
        let mut world = World::new(scale);
        for act in acts {
            world.act(act);
        }
        if world.is_done {
            // Removed for good: what is left of its jobs waits in the store.
            prop_assert_eq!(world.gate_free, GATE_PLACES);
            prop_assert!(world.jobs.values().all(|(state, ..)| !matches!(state, State::Executing(_))));
        } else {
            world.settle();
            prop_assert_eq!(world.gate_free, GATE_PLACES, "every place of the gate came back");
            prop_assert!(world.machine.is_idle());
        }
    }
}
