//! Which agents are due.
//!
//! A heap of the next time of each agent. Times that came due while nobody looked are one: an agent
//! is due at most once for each look, at the latest of its times. So a machine that slept for a day
//! fires each agent once.
//!
//! # Clocks that are set
//! What came due once is a floor: while a clock that was set back by up to three hours catches up,
//! no time comes due again. Where a floor lies further ahead, the clock that made it was wrong, and
//! waiting for it could take years. The agent then starts anew from the time that the clock tells
//! now, or from what it had fired before the clock leapt ahead.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use super::Calendar;
use crate::{
    domain::{AgentName, Timestamp},
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

/// An agent that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub agent: AgentName,
    /// Since when: the latest of the times that came due.
    pub at: Timestamp,
}

/// A floor further ahead than this is not waited for: enough for clocks that are corrected by an
/// hour or two, and short enough that no agent is missed for a night.
const PATIENCE: Duration = Duration::from_hours(3);

/// All agents with schedules, by their next times.
pub struct DueQueue {
    entries: Vec<ScheduledAgent>,
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Up to when times came due already, by entry.
    floors: Vec<Timestamp>,
    /// The floors before the clock last went ahead by more than [`PATIENCE`] from look to look.
    before_leap: Vec<Timestamp>,
    looked: Timestamp,
}

impl DueQueue {
    /// Plans every entry. `marks` says what came due before; an agent that has none starts at
    /// `now`.
    pub fn new(entries: &[ScheduledAgent], cursors: &[ScheduleCursor], now: Timestamp) -> Self {
        let cursors: HashMap<_, _> = cursors.iter().map(|mark| (&mark.agent, mark.last_fired)).collect();
        let floors = entries.iter().map(|entry| match (entry.catch_up, cursors.get(&entry.agent)) {
            (_, Some(last_fired)) if is_wrong(*last_fired, now) => now,
            (CatchUp::Once, Some(last_fired)) => *last_fired,
            // A time that is recorded already must not come due again.
            (CatchUp::Skip, Some(last_fired)) => now.max(*last_fired),
            (_, None) => now,
        });
        let floors: Vec<_> = floors.collect();
        let mut timeline = Self {
            entries: entries.to_vec(),
            next: BinaryHeap::new(),
            before_leap: floors.clone(),
            floors,
            looked: now,
        };
        timeline.plan_all();
        timeline
    }

    /// Takes out everybody who is due at `now`, each once, at the latest time that came due.
    pub fn due(&mut self, now: Timestamp) -> Vec<Due> {
        if now < self.looked {
            self.reset_future_cursors(now);
        } else if now.since(self.looked) > PATIENCE {
            self.before_leap.clone_from(&self.floors);
        }
        self.looked = now;
        let mut due = Vec::new();
        while let Some(&Reverse((time, index))) = self.next.peek() {
            if time > now {
                break;
            }
            self.next.pop();
            let entry = &self.entries[index];
            let at = entry.calendar.latest_in(self.floors[index], now).unwrap_or(time);
            due.push(Due { agent: entry.agent.clone(), at });
            self.floors[index] = at;
            self.plan(index);
        }
        due
    }

    /// When the next agent is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.next.peek().map(|Reverse((time, _))| *time)
    }

    fn plan(&mut self, index: usize) {
        if let Some(next) = self.entries[index].calendar.next_after(self.floors[index]) {
            self.next.push(Reverse((next, index)));
        }
    }

    fn plan_all(&mut self) {
        self.next.clear();
        (0..self.entries.len()).for_each(|index| self.plan(index));
    }

    /// Lowers floors that a wrong clock has made.
    fn reset_future_cursors(&mut self, now: Timestamp) {
        let mut is_any_wrong = false;
        for (floor, before) in self.floors.iter_mut().zip(&self.before_leap) {
            if is_wrong(*floor, now) {
                is_any_wrong = true;
                *floor = if is_wrong(*before, now) { now } else { now.max(*before) };
            }
        }
        if is_any_wrong {
            self.plan_all();
        }
    }
}

/// Whether a floor lies too far ahead to have been made by a clock that was right.
fn is_wrong(floor: Timestamp, now: Timestamp) -> bool {
    floor.since(now) > PATIENCE
}

#[cfg(test)]
mod tests {
    use chrono_tz::UTC;
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    /// A full day, so that times are easy to read.
    const START: i64 = 20_000 * DAY;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(START + millis)
    }

    fn entry(agent: &str, expression: &str, catch_up: CatchUp) -> ScheduledAgent {
        ScheduledAgent { agent: agent.into(), calendar: Calendar::parse(expression, UTC).unwrap(), catch_up }
    }

    fn hourly(catch_up: CatchUp) -> [ScheduledAgent; 1] {
        [entry("a", "@hourly", catch_up)]
    }

    fn mark(last_fired: Timestamp) -> [ScheduleCursor; 1] {
        [ScheduleCursor { agent: "a".into(), last_fired }]
    }

    fn times(due: &[Due]) -> Vec<i64> {
        due.iter().map(|due| due.at.as_millis() - START).collect()
    }

    #[test]
    fn each_time_comes_due_once() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Skip), &[], at(1));
        assert_eq!(timeline.due(at(59 * MINUTE)), []);
        assert_eq!(times(&timeline.due(at(60 * MINUTE))), [60 * MINUTE]);
        assert_eq!(timeline.due(at(60 * MINUTE + 999)), []);
        assert_eq!(timeline.next(), Some(at(120 * MINUTE)));
    }

    #[test]
    fn ten_thousand_agents_in_one_second_all_come() {
        let entries: Vec<_> =
            (0..10_000).map(|number| entry(&format!("agent-{number}"), "@hourly", CatchUp::Skip)).collect();
        let mut timeline = DueQueue::new(&entries, &[], at(1));
        assert_eq!(timeline.due(at(60 * MINUTE)).len(), 10_000);
    }

    #[test]
    fn a_machine_that_slept_for_a_day_fires_once() {
        let mut timeline = DueQueue::new(&[entry("a", "* * * * *", CatchUp::Skip)], &[], at(0));
        assert_eq!(times(&timeline.due(at(DAY))), [DAY]);
        assert_eq!(timeline.next(), Some(at(DAY + MINUTE)));
    }

    #[test]
    fn missed_times_are_skipped_or_made_up_for_once() {
        let now = at(10 * 60 * MINUTE + 5 * MINUTE);
        let cursors = mark(at(60 * MINUTE));
        assert_eq!(DueQueue::new(&hourly(CatchUp::Skip), &cursors, now).due(now), []);
        let mut once = DueQueue::new(&hourly(CatchUp::Once), &cursors, now);
        assert_eq!(times(&once.due(now)), [10 * 60 * MINUTE]);
        assert_eq!(once.due(now), []);
    }

    #[test]
    fn an_agent_that_was_never_seen_starts_now() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Once), &[], at(90 * MINUTE));
        assert_eq!(timeline.due(at(90 * MINUTE)), []);
    }

    #[test]
    fn a_clock_set_back_an_hour_fires_nothing_twice() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Skip), &[], at(1));
        assert_eq!(timeline.due(at(120 * MINUTE)).len(), 1);
        assert_eq!(timeline.due(at(60 * MINUTE)), []);
        assert_eq!(timeline.due(at(120 * MINUTE)), []);
        assert_eq!(times(&timeline.due(at(180 * MINUTE))), [180 * MINUTE]);
    }

    #[test]
    fn a_clock_set_back_a_year_silences_nobody() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Skip), &[], at(365 * DAY));
        let back = at(1);
        assert_eq!(timeline.due(back), []);
        assert_eq!(times(&timeline.due(at(60 * MINUTE))), [60 * MINUTE]);
        let from_the_future = mark(at(365 * DAY));
        let restarted = DueQueue::new(&hourly(CatchUp::Once), &from_the_future, back);
        assert_eq!(restarted.next(), Some(at(60 * MINUTE)));
    }

    #[test]
    fn a_clock_set_back_bit_by_bit_silences_nobody_either() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Skip), &[], at(1));
        assert_eq!(timeline.due(at(DAY)).len(), 1);
        for hours in 1..=20 {
            assert_eq!(timeline.due(at(DAY - hours * 60 * MINUTE)), []);
        }
        let now = DAY - 20 * 60 * MINUTE;
        assert!(timeline.next().is_some_and(|next| next <= at(now).plus(PATIENCE + Duration::from_hours(1))));
    }

    #[test]
    fn a_clock_that_leaps_a_year_ahead_and_comes_back_fires_nothing_twice() {
        let mut timeline = DueQueue::new(&hourly(CatchUp::Skip), &[], at(1));
        assert_eq!(times(&timeline.due(at(120 * MINUTE))), [120 * MINUTE]);
        for ahead in 0..3 {
            assert_eq!(timeline.due(at(365 * DAY + ahead * 60 * MINUTE)).len(), 1);
        }
        assert_eq!(timeline.due(at(119 * MINUTE)), []);
        assert_eq!(timeline.due(at(120 * MINUTE)), []);
        assert_eq!(times(&timeline.due(at(180 * MINUTE))), [180 * MINUTE]);
    }

    #[test]
    fn a_recorded_time_does_not_come_due_again_after_a_restart() {
        for catch_up in [CatchUp::Skip, CatchUp::Once] {
            let now = at(60 * MINUTE);
            let mut timeline = DueQueue::new(&hourly(catch_up), &mark(now), now);
            assert_eq!(timeline.due(now), []);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_clock_does_within_patience_each_time_comes_due_once_and_in_order(
            steps in prop::collection::vec((-100_i64..200, 0_i64..MINUTE), 1..60),
        ) {
            let agents = [
                entry("a", "*/7 * * * *", CatchUp::Skip),
                entry("b", "@hourly", CatchUp::Once),
                entry("c", "30 */5 * * *", CatchUp::Skip),
            ];
            let mut timeline = DueQueue::new(&agents, &[], at(0));
            let mut fired = HashMap::new();
            let (mut now, mut highest) = (0, 0);
            for (minutes, millis) in steps {
                let patience = i64::try_from(PATIENCE.as_millis()).unwrap();
                now = (now + minutes * MINUTE + millis).max(highest - patience).max(0);
                highest = highest.max(now);
                for due in timeline.due(at(now)) {
                    prop_assert!(due.at <= at(now));
                    let last = fired.insert(due.agent, due.at);
                    prop_assert!(last.is_none_or(|last| last < due.at));
                }
            }
            // Nobody was left out.
            let end = at(highest + DAY);
            for due in timeline.due(end) {
                fired.insert(due.agent, due.at);
            }
            for agent in agents {
                let latest = agent.calendar.latest_in(at(0), end);
                prop_assert_eq!(fired.get(&agent.agent).copied(), latest);
            }
        }

        #[test]
        fn whatever_a_clock_does_nobody_is_silent_for_long(
            looks in prop::collection::vec(0_i64..1000 * DAY, 1..20),
        ) {
            let mut timeline = DueQueue::new(&hourly(CatchUp::Once), &[], at(500 * DAY));
            let mut now = 0;
            for look in looks {
                now = look;
                timeline.due(at(now));
            }
            let soon = at(now).plus(PATIENCE + Duration::from_hours(1));
            prop_assert_eq!(timeline.due(soon).len(), 1);
        }
    }
}
