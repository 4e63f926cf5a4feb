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

fn hourly(catch_up: CatchUp) -> Vec<ScheduledAgent> {
    vec![entry("a", "@hourly", catch_up)]
}

fn minutely() -> Vec<ScheduledAgent> {
    vec![entry("a", "* * * * *", CatchUp::Skip)]
}

fn planned(scheduled: Vec<ScheduledAgent>, cursors: &[ScheduleCursor], now: Timestamp) -> DueQueue {
    DueQueue::new(scheduled, cursors, now).0
}

fn cursor(last_fired: Timestamp) -> [ScheduleCursor; 1] {
    [ScheduleCursor { agent: "a".into(), last_fired }]
}

fn times(due: &[Due]) -> Vec<i64> {
    due.iter().map(|due| due.at.as_millis() - START).collect()
}

#[test]
fn each_time_comes_due_once() {
    let mut queue = planned(hourly(CatchUp::Skip), &[], at(1));
    assert_eq!(queue.due(at(59 * MINUTE)), []);
    assert_eq!(times(&queue.due(at(60 * MINUTE))), [60 * MINUTE]);
    assert_eq!(queue.due(at(60 * MINUTE + 999)), []);
    assert_eq!(queue.next(), Some(at(120 * MINUTE)));
}

#[test]
fn ten_thousand_agents_in_one_second_all_come() {
    let entries: Vec<_> =
        (0..10_000).map(|number| entry(&format!("agent-{number}"), "@hourly", CatchUp::Skip)).collect();
    let mut queue = planned(entries, &[], at(1));
    assert_eq!(queue.due(at(60 * MINUTE)).len(), 10_000);
}

#[test]
fn a_machine_that_slept_for_a_day_fires_once() {
    let mut queue = planned(minutely(), &[], at(0));
    let due = queue.due(at(DAY));
    assert_eq!(times(&due), [DAY]);
    assert_eq!(queue.next(), Some(at(DAY + MINUTE)));
    let missed = Missed { agent: "a".into(), first: at(MINUTE), count: 1000, made_up_for: true };
    assert_eq!(due[0].missed, Some(missed), "counted up to a bound");
}

#[test]
fn times_that_passed_while_the_gate_was_down_are_told_once() {
    let (now, cursors) = (at(3 * 60 * MINUTE + 5), cursor(at(60 * MINUTE)));
    for (catch_up, made_up_for) in [(CatchUp::Skip, false), (CatchUp::Once, true)] {
        let (mut queue, missed) = DueQueue::new(hourly(catch_up), &cursors, now);
        let expected = Missed { agent: "a".into(), first: at(120 * MINUTE), count: 2, made_up_for };
        assert_eq!(missed, [expected]);
        assert!(queue.due(now).iter().all(|due| due.missed.is_none()));
    }
}

#[test]
fn a_schedule_of_minutes_is_not_silent_while_a_clock_that_was_set_back_catches_up() {
    let mut queue = planned(minutely(), &[], at(0));
    assert_eq!(times(&queue.due(at(120 * MINUTE))), [120 * MINUTE]);
    let back = 60 * MINUTE;
    assert_eq!(queue.due(at(back)), []);
    assert_eq!(times(&queue.due(at(back + MINUTE))), [back + MINUTE]);
    assert_eq!(times(&queue.due(at(back + 2 * MINUTE))), [back + 2 * MINUTE]);
}

#[test]
fn other_schedules_count_from_when_they_are_in_force() {
    let mut queue = planned(hourly(CatchUp::Once), &[], at(1));
    assert_eq!(queue.due(at(60 * MINUTE)).len(), 1);
    let now = at(90 * MINUTE + 5);
    assert_eq!(queue.due(now), []);
    queue.replace([minutely(), vec![entry("b", "30 * * * *", CatchUp::Once)]].concat(), now);
    assert_eq!(queue.due(now), [], "nothing of the past");
    assert_eq!(times(&queue.due(at(91 * MINUTE))), [91 * MINUTE]);
    queue.replace(vec![entry("b", "30 * * * *", CatchUp::Once)], at(91 * MINUTE));
    assert_eq!(times(&queue.due(at(150 * MINUTE))), [150 * MINUTE], "who is gone is silent");
}

#[test]
fn missed_times_are_skipped_or_made_up_for_once() {
    let now = at(10 * 60 * MINUTE + 5 * MINUTE);
    let cursors = cursor(at(60 * MINUTE));
    assert_eq!(planned(hourly(CatchUp::Skip), &cursors, now).due(now), []);
    let mut once = planned(hourly(CatchUp::Once), &cursors, now);
    assert_eq!(times(&once.due(now)), [10 * 60 * MINUTE]);
    assert_eq!(once.due(now), []);
}

#[test]
fn an_agent_that_was_never_seen_starts_now() {
    let mut queue = planned(hourly(CatchUp::Once), &[], at(90 * MINUTE));
    assert_eq!(queue.due(at(90 * MINUTE)), []);
}

#[test]
fn a_clock_set_back_an_hour_fires_nothing_twice() {
    let mut queue = planned(hourly(CatchUp::Skip), &[], at(1));
    assert_eq!(queue.due(at(120 * MINUTE)).len(), 1);
    assert_eq!(queue.due(at(60 * MINUTE)), []);
    assert_eq!(queue.due(at(120 * MINUTE)), []);
    assert_eq!(times(&queue.due(at(180 * MINUTE))), [180 * MINUTE]);
}

#[test]
fn a_clock_set_back_a_year_silences_nobody() {
    let mut queue = planned(hourly(CatchUp::Skip), &[], at(365 * DAY));
    let back = at(1);
    assert_eq!(queue.due(back), []);
    assert_eq!(times(&queue.due(at(60 * MINUTE))), [60 * MINUTE]);
    let from_the_future = cursor(at(365 * DAY));
    let restarted = planned(hourly(CatchUp::Once), &from_the_future, back);
    assert_eq!(restarted.next(), Some(at(60 * MINUTE)));
}

#[test]
fn a_clock_set_back_bit_by_bit_silences_nobody_either() {
    let mut queue = planned(hourly(CatchUp::Skip), &[], at(1));
    assert_eq!(queue.due(at(DAY)).len(), 1);
    for hours in 1..=20 {
        assert_eq!(queue.due(at(DAY - hours * 60 * MINUTE)), []);
    }
    let now = DAY - 20 * 60 * MINUTE;
    assert!(queue.next().is_some_and(|next| next <= at(now).plus(PATIENCE + Duration::from_hours(1))));
}

#[test]
fn a_clock_that_leaps_a_year_ahead_and_comes_back_fires_nothing_twice() {
    let mut queue = planned(hourly(CatchUp::Skip), &[], at(1));
    assert_eq!(times(&queue.due(at(120 * MINUTE))), [120 * MINUTE]);
    for ahead in 0..3 {
        assert_eq!(queue.due(at(365 * DAY + ahead * 60 * MINUTE)).len(), 1);
    }
    assert_eq!(queue.due(at(119 * MINUTE)), []);
    assert_eq!(queue.due(at(120 * MINUTE)), []);
    assert_eq!(times(&queue.due(at(180 * MINUTE))), [180 * MINUTE]);
}

#[test]
fn a_recorded_time_does_not_come_due_again_after_a_restart() {
    for catch_up in [CatchUp::Skip, CatchUp::Once] {
        let now = at(60 * MINUTE);
        let mut queue = planned(hourly(catch_up), &cursor(now), now);
        assert_eq!(queue.due(now), []);
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
        let mut queue = planned(agents.to_vec(), &[], at(0));
        let mut fired = HashMap::new();
        let (mut now, mut highest) = (0, 0);
        for (minutes, millis) in steps {
            // The shortest of the periods: `*/7` has four minutes at the end of each hour.
            now = (now + minutes * MINUTE + millis).max(highest - 4 * MINUTE).max(0);
            highest = highest.max(now);
            for due in queue.due(at(now)) {
                prop_assert!(due.at <= at(now));
                let last = fired.insert(due.agent, due.at);
                prop_assert!(last.is_none_or(|last| last < due.at));
            }
        }
        // Nobody was left out.
        let end = at(highest + DAY);
        for due in queue.due(end) {
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
        let mut queue = planned(hourly(CatchUp::Once), &[], at(500 * DAY));
        let mut now = 0;
        for look in looks {
            now = look;
            queue.due(at(now));
        }
        let soon = at(now).plus(Duration::from_hours(2));
        prop_assert_eq!(queue.due(soon).len(), 1);
    }
}
