//! Which agents are due.
//!
//! A heap of the next time of each agent. Times that came due while nobody looked are one: an agent
//! is due at most once for each look, at the latest of its times. So a machine that slept for a day
//! fires each agent once, and says what it missed.
//!
//! # Clocks that are set
//! What fired is remembered: while a clock that was set back catches up, no time comes due
//! again. But an agent is silent for about one period of its schedule at most, and never for more
//! than three hours: where what it fired last lies further ahead, it starts anew from the time that the clock
//! tells now, or from what it had fired before the clock leapt ahead.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use super::Calendar;
use crate::{
    domain::{AgentName, DigestWriter, Timestamp},
    store::ScheduleCursor,
};

/// What happens to times that came while the gate was down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// They are gone.
    Skip,
    /// One run makes up for all of them.
    Once,
}

/// An agent with a schedule.
#[derive(Debug, Clone)]
pub struct ScheduledAgent {
    /// Whose.
    pub agent: AgentName,
    /// When.
    pub calendar: Calendar,
    /// What happens to missed times.
    pub catch_up: CatchUp,
}

impl ScheduledAgent {
    /// All that can be different about it.
    pub fn write_digest(&self, digest: &mut DigestWriter) {
        let Self { agent, calendar, catch_up } = self;
        digest.text(agent.as_str()).text(calendar.expression()).text(calendar.zone().name());
        digest.number(u8::from(*catch_up == CatchUp::Once));
    }
}

/// An agent that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub agent: AgentName,
    /// Since when: the latest of the times that came due.
    pub at: Timestamp,
    /// The times before that one, where there were any.
    pub missed: Option<Missed>,
}

/// Times that passed while nobody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Whose.
    pub agent: AgentName,
    /// The first of them.
    pub first: Timestamp,
    /// How many, counted up to [`MOST_COUNTED`].
    pub count: u32,
    /// Whether one run makes up for them.
    pub made_up_for: bool,
}

/// Counting the times of a year in seconds would help nobody.
const MOST_COUNTED: usize = 1000;

/// No time that fired is waited for when it lies further ahead than this, however long the period: enough for clocks that
/// are corrected by an hour or two, and short enough that no agent is missed for a night.
const PATIENCE: Duration = Duration::from_hours(3);

/// All agents with schedules, by their next times.
pub struct DueQueue {
    entries: Vec<QueuedAgent>,
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    looked: Timestamp,
}

struct QueuedAgent {
    scheduled: ScheduledAgent,
    /// Up to when times came due already.
    last_fired: Timestamp,
    /// The same before the clock last went ahead by more than [`PATIENCE`] from look to look.
    before_leap: Timestamp,
    /// Up to when missed times were told.
    told: Timestamp,
}

impl QueuedAgent {
    fn new(scheduled: ScheduledAgent, last_fired: Timestamp, now: Timestamp) -> Self {
        Self { scheduled, last_fired, before_leap: last_fired, told: now }
    }

    /// Times after `after` and before `until`.
    fn missed(&self, after: Timestamp, until: Timestamp, made_up_for: bool) -> Option<Missed> {
        let mut times = self.scheduled.calendar.upcoming(after).take_while(|time| *time < until);
        let first = times.next()?;
        let count = 1 + u32::try_from(times.take(MOST_COUNTED - 1).count()).unwrap_or(u32::MAX);
        Some(Missed { agent: self.scheduled.agent.clone(), first, count, made_up_for })
    }

    /// Whether a time that fired lies too far ahead to be waited for.
    fn is_wrong(&self, last_fired: Timestamp, now: Timestamp) -> bool {
        let ahead = last_fired.since(now);
        if ahead == Duration::ZERO {
            return false;
        }
        let period = self.scheduled.calendar.next_after(last_fired).map(|next| next.since(last_fired));
        ahead > period.map_or(PATIENCE, |period| period.min(PATIENCE))
    }
}

impl DueQueue {
    /// Plans every agent; says which times were missed before `now`. `cursors` say what came due
    /// before; an agent that has none starts at `now`.
    pub fn new(
        scheduled: Vec<ScheduledAgent>,
        cursors: &[ScheduleCursor],
        now: Timestamp,
    ) -> (Self, Vec<Missed>) {
        let cursors: HashMap<_, _> =
            cursors.iter().map(|cursor| (&cursor.agent, cursor.last_fired)).collect();
        let mut missed = Vec::new();
        let mut entries = Vec::with_capacity(scheduled.len());
        for scheduled in scheduled {
            let mut entry = QueuedAgent::new(scheduled, now, now);
            if let Some(last_fired) = cursors.get(&entry.scheduled.agent).copied()
                && !entry.is_wrong(last_fired, now)
            {
                let makes_up = entry.scheduled.catch_up == CatchUp::Once;
                // A time that is recorded already must not come due again.
                entry.last_fired = if makes_up { last_fired } else { now.max(last_fired) };
                entry.before_leap = entry.last_fired;
                missed.extend(entry.missed(last_fired, now, makes_up));
            }
            entries.push(entry);
        }
        let mut queue = Self { entries, next: BinaryHeap::new(), looked: now };
        queue.plan_all();
        (queue, missed)
    }

    /// Takes other schedules in force. To be called right after [`Self::due`] at the same time:
    /// from then on new times count, and no old one comes due again.
    pub fn replace(&mut self, scheduled: Vec<ScheduledAgent>, now: Timestamp) {
        let mut known: HashMap<_, _> =
            self.entries.drain(..).map(|entry| (entry.scheduled.agent.clone(), entry)).collect();
        self.entries = scheduled
            .into_iter()
            .map(|scheduled| match known.remove(&scheduled.agent) {
                Some(entry) => QueuedAgent { last_fired: entry.last_fired.max(now), scheduled, ..entry },
                None => QueuedAgent::new(scheduled, now, now),
            })
            .collect();
        for entry in &mut self.entries {
            if entry.is_wrong(entry.last_fired, now) {
                entry.last_fired = now;
            }
        }
        self.plan_all();
    }

    /// Takes out everybody who is due at `now`, each once, at the latest time that came due.
    pub fn due(&mut self, now: Timestamp) -> Vec<Due> {
        if now < self.looked {
            self.reset_future_cursors(now);
        } else if now.since(self.looked) > PATIENCE {
            self.entries.iter_mut().for_each(|entry| entry.before_leap = entry.last_fired);
        }
        self.looked = now;
        let mut due = Vec::new();
        while let Some(&Reverse((time, index))) = self.next.peek() {
            if time > now {
                break;
            }
            self.next.pop();
            let entry = &mut self.entries[index];
            let at = entry.scheduled.calendar.latest_in(entry.last_fired, now).unwrap_or(time);
            let missed = entry.missed(entry.last_fired.max(entry.told), at, true);
            entry.last_fired = at;
            due.push(Due { agent: entry.scheduled.agent.clone(), at, missed });
            self.plan(index);
        }
        due
    }

    /// When the next agent is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.next.peek().map(|Reverse((time, _))| *time)
    }

    fn plan(&mut self, index: usize) {
        let entry = &self.entries[index];
        if let Some(next) = entry.scheduled.calendar.next_after(entry.last_fired) {
            self.next.push(Reverse((next, index)));
        }
    }

    fn plan_all(&mut self) {
        self.next.clear();
        (0..self.entries.len()).for_each(|index| self.plan(index));
    }

    /// Sets cursors back that a wrong clock has made.
    fn reset_future_cursors(&mut self, now: Timestamp) {
        let mut is_any_wrong = false;
        for entry in &mut self.entries {
            if entry.is_wrong(entry.last_fired, now) {
                is_any_wrong = true;
                let before = entry.before_leap;
                entry.last_fired = if entry.is_wrong(before, now) { now } else { now.max(before) };
                entry.told = entry.told.min(now);
            }
        }
        if is_any_wrong {
            self.plan_all();
        }
    }
}

#[cfg(test)]
mod tests;
