//! What an agent does next. Pure: events in, commands out; time and chance are arguments.
//!
//! One [`Machine`] alone knows which runs an agent has, which places are free, and what holds it
//! back. Its actor feeds it one event after the other and does what it says, so that whatever may
//! happen to an agent can be told here as a history, without threads and without waiting.
//!
//! # Places
//! A run has a place of its agent, of which there are `scale`, and one of the whole gate, which is
//! asked for first ([`Command::Acquire`]). Both are free again when the end of the run is on disk.
//! What is given must come back: [`Command::Release`].

mod command;
mod running;

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

pub use command::{Command, Event, Now, RunEnd};
pub use running::{AgentState, Executing, Mode, Phase};

use running::Running;

use super::retry;
use crate::{
    domain::{AttemptOutcome, Disposition, RetryPolicy, RunId},
    runner::StopMode,
    store::Claimed,
};

/// Before the store is asked again after it could not answer.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);
/// Before a run is started again after the machine had no room for one; doubles each time.
const FIRST_HOLD_OFF: Duration = Duration::from_secs(1);
/// The longest such pause.
const LONGEST_HOLD_OFF: Duration = Duration::from_secs(60);

/// One agent's runs, places, and what holds them back.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what holds an agent back is independent of each other")]
pub struct Machine {
    scale: u32,
    retry: RetryPolicy,
    is_paused: bool,
    is_draining: bool,
    is_removed: bool,
    claim: Claim,
    /// Something may wait in the store that nobody has asked for yet.
    is_woken: bool,
    is_renewing: bool,
    running: BTreeMap<RunId, Running>,
    /// How often in a row the host kept runs from starting.
    hold_offs: u32,
    /// Nothing is claimed before this time of the monotonic clock.
    not_before: Option<Duration>,
}

/// How far the wish for more jobs has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Nothing is under way.
    Idle,
    /// Places of the gate were asked for.
    Acquiring,
    /// The store was asked for as many jobs.
    Claiming(u32),
}

impl Machine {
    /// An agent that has not looked yet.
    pub const fn new(scale: u32, retry: RetryPolicy) -> Self {
        Self {
            scale,
            retry,
            is_paused: false,
            is_draining: false,
            is_removed: false,
            claim: Claim::Idle,
            is_woken: true,
            is_renewing: false,
            running: BTreeMap::new(),
            hold_offs: 0,
            not_before: None,
        }
    }

    /// The same, paused before its first look.
    #[must_use]
    pub fn paused(mut self, is_paused: bool) -> Self {
        self.is_paused = is_paused;
        self
    }

    /// Takes in what happened, and says what to do about it.
    pub fn step(&mut self, event: Event, now: Now) -> Vec<Command> {
        let mut commands = Vec::new();
        let out = &mut commands;
        match event {
            Event::Woken => self.is_woken = true,
            Event::Granted(places) => self.granted(places, out),
            Event::Claimed(claimed) => self.claimed(claimed, now, out),
            Event::ClaimFailed => self.claim_failed(now, out),
            Event::Ended(run, end) => self.ended(run, end, now, out),
            Event::Recorded { run, claimed } => self.recorded(run, claimed, now, out),
            Event::Configured { scale, retry } => {
                (self.scale, self.retry, self.is_removed, self.is_woken) = (scale, retry, false, true);
            }
            Event::Scaled(scale) => (self.scale, self.is_woken) = (scale, true),
            Event::Paused(is_paused) => {
                self.is_paused = is_paused;
                self.is_woken |= !is_paused;
            }
            Event::Cancel(run, mode) => self.cancel(run, mode, out),
            Event::Superseded(runs) => {
                for run in runs {
                    self.cancel(run, StopMode::Gently, out);
                }
            }
            Event::StopAll(mode) => {
                self.is_draining = true;
                self.stop_all(mode, out);
            }
            Event::Draining => self.is_draining = true,
            Event::Removed => self.is_removed = true,
            Event::LeasesDue => self.renew(out),
            Event::Renewed { lost } => self.renewed(&lost, out),
        }
        self.look_for_more(now, out);
        if self.is_removed && self.is_idle() {
            commands.push(Command::Done);
        }
        commands
    }

    /// Whether nothing of it is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_empty() && self.claim == Claim::Idle
    }

    /// What everybody may see of it.
    pub fn observed(&self) -> AgentState {
        let mode = match self {
            Self { is_removed: true, .. } => Mode::Removed,
            Self { is_draining: true, .. } => Mode::Draining,
            Self { is_paused: true, .. } => Mode::Paused,
            _ if self.scale == 0 => Mode::Disabled,
            _ if self.hold_offs > 0 => Mode::HeldOff,
            _ => Mode::Open,
        };
        let executing = self.running.iter().map(|(run, running)| running.observed(*run)).collect();
        AgentState { mode, scale: self.scale, executing }
    }

    /// How long nothing is claimed yet, for want of what every run needs.
    pub(crate) fn held_off_for(&self, elapsed: Duration) -> Duration {
        self.not_before.unwrap_or_default().saturating_sub(elapsed)
    }

    /// Whether runs may begin.
    const fn takes_runs(&self) -> bool {
        !self.is_paused && !self.is_draining && !self.is_removed
    }

    /// How many runs may begin now. A run that is being recorded still has its place.
    fn free(&self) -> u32 {
        if !self.takes_runs() {
            return 0;
        }
        self.scale.saturating_sub(u32::try_from(self.running.len()).unwrap_or(u32::MAX))
    }

    fn look_for_more(&mut self, now: Now, out: &mut Vec<Command>) {
        let free = self.free();
        if !self.is_woken || self.claim != Claim::Idle || free == 0 {
            return;
        }
        match self.not_before {
            Some(time) if time > now.elapsed => out.push(Command::WakeIn(time.saturating_sub(now.elapsed))),
            _ => {
                (self.not_before, self.is_woken, self.claim) = (None, false, Claim::Acquiring);
                out.push(Command::Acquire(free));
            }
        }
    }

    fn granted(&mut self, places: u32, out: &mut Vec<Command>) {
        let wanted = places.min(self.free());
        release(places - wanted, out);
        if wanted == 0 {
            // Paused or scaled down meanwhile; what waits is asked for when that ends.
            (self.claim, self.is_woken) = (Claim::Idle, true);
        } else {
            self.claim = Claim::Claiming(wanted);
            out.push(Command::Claim(wanted));
        }
    }

    fn claimed(&mut self, claimed: Claimed, now: Now, out: &mut Vec<Command>) {
        let Claim::Claiming(places) = std::mem::replace(&mut self.claim, Claim::Idle) else { return };
        self.take(places, claimed, now, out);
    }

    /// Starts what was claimed for `places`, of which the gate's are ours.
    fn take(&mut self, places: u32, claimed: Claimed, now: Now, out: &mut Vec<Command>) {
        let Claimed { jobs, next_due, .. } = claimed;
        let taken = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        release(places.saturating_sub(taken), out);
        for job in jobs {
            let run = job.run;
            if self.free() > 0 {
                self.running.insert(run, Running::new(&job, now.wall));
                out.push(Command::Start(Box::new(job)));
            } else {
                // Paused, drained or scaled down while the store was asked: it waits on, uncounted.
                self.running.insert(run, Running { phase: Phase::Recording, ..Running::new(&job, now.wall) });
                let disposition = Disposition::PutBack { at: now.wall };
                out.push(Command::Finish { run, outcome: AttemptOutcome::Interrupted, disposition, then: 0 });
            }
        }
        match next_due {
            // Nothing that is due could be taken, so asking again at once would find the same.
            Some(due) if due <= now.wall && taken == 0 => out.push(Command::WakeIn(CLAIM_PAUSE)),
            Some(due) if due <= now.wall => self.is_woken = true,
            Some(due) => out.push(Command::WakeIn(due.since(now.wall))),
            None => {}
        }
    }

    fn claim_failed(&mut self, now: Now, out: &mut Vec<Command>) {
        if let Claim::Claiming(places) = std::mem::replace(&mut self.claim, Claim::Idle) {
            release(places, out);
        }
        self.is_woken = true;
        self.hold_until(now.elapsed + CLAIM_PAUSE);
    }

    fn ended(&mut self, run: RunId, end: RunEnd, now: Now, out: &mut Vec<Command>) {
        let Some(running) = self.running.get_mut(&run).filter(|running| running.phase != Phase::Recording)
        else {
            return;
        };
        let was_stopped = matches!(running.phase, Phase::Stopping(_));
        let (is_cancelled, history) = (running.is_cancelled, running.history);
        running.phase = Phase::Recording;
        let disposition = match &end.outcome {
            AttemptOutcome::Completed => Disposition::Complete,
            _ if is_cancelled => Disposition::Cancel,
            _ if end.is_host_fault => self.hold_off(now),
            // The gate's own wish is no fault of the job.
            AttemptOutcome::Interrupted if was_stopped => Disposition::PutBack { at: now.wall },
            outcome => retry::decide(&self.retry, outcome, &history, now.wall, end.jitter)
                .not_before(end.retry_after.map(|span| now.wall.plus(span))),
        };
        if !end.is_host_fault {
            self.hold_offs = 0;
        }
        // A place that nobody else waits for goes to the next job in the same commit.
        let is_within_scale = self.running.len() <= self.scale as usize;
        let is_held_off = self.not_before.is_some_and(|time| time > now.elapsed);
        let keeps_place = end.may_keep_place && self.takes_runs() && is_within_scale && !is_held_off;
        let then = u32::from(keeps_place);
        out.push(Command::Finish { run, outcome: end.outcome, disposition, then });
    }

    fn recorded(&mut self, run: RunId, claimed: Option<Claimed>, now: Now, out: &mut Vec<Command>) {
        if self.running.remove(&run).is_none() {
            return;
        }
        if let Some(claimed) = claimed {
            self.take(1, claimed, now, out);
        } else {
            release(1, out);
            self.is_woken = true;
        }
    }

    /// The machine has no room for runs: this one waits on, and others are not even claimed.
    fn hold_off(&mut self, now: Now) -> Disposition {
        let doubled = FIRST_HOLD_OFF.saturating_mul(2_u32.saturating_pow(self.hold_offs.min(16)));
        let pause = doubled.min(LONGEST_HOLD_OFF);
        self.hold_offs = self.hold_offs.saturating_add(1);
        self.is_woken = true;
        self.hold_until(now.elapsed + pause);
        // Available at once: the pause is the agent's, and no clock that is set can lengthen it.
        Disposition::PutBack { at: now.wall }
    }

    fn hold_until(&mut self, time: Duration) {
        self.not_before = Some(self.not_before.map_or(time, |known| known.max(time)));
    }

    fn cancel(&mut self, run: RunId, mode: StopMode, out: &mut Vec<Command>) {
        if let Some(running) = self.running.get_mut(&run) {
            running.is_cancelled = true;
            running.stop(run, mode, out);
        }
    }

    fn stop_all(&mut self, mode: StopMode, out: &mut Vec<Command>) {
        self.running.iter_mut().for_each(|(run, running)| running.stop(*run, mode, out));
    }

    fn renew(&mut self, out: &mut Vec<Command>) {
        if !self.is_renewing && !self.running.is_empty() {
            self.is_renewing = true;
            out.push(Command::Renew(self.running.keys().copied().collect()));
        }
    }

    /// Runs whose lease somebody else has by now end at once: they must not do the work twice.
    fn renewed(&mut self, lost: &[RunId], out: &mut Vec<Command>) {
        self.is_renewing = false;
        for run in lost {
            if let Some(running) = self.running.get_mut(run) {
                running.stop(*run, StopMode::Now, out);
            }
        }
    }
}

fn release(places: u32, out: &mut Vec<Command>) {
    if places > 0 {
        out.push(Command::Release(places));
    }
}
