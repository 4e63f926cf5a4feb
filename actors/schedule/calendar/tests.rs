use std::time::Instant;

use chrono::{NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{
    America::{New_York, Sao_Paulo},
    Antarctica::Troll,
    Australia::Lord_Howe,
    Europe::Berlin,
    Pacific::{Apia, Kwajalein},
    UTC,
};

use super::*;

fn at(utc: &str) -> Timestamp {
    Timestamp::from(Utc.from_utc_datetime(&NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M:%S").unwrap()))
}

fn calendar(expression: &str, zone: Tz) -> Calendar {
    Calendar::parse(expression, zone).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

fn times(expression: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
    let calendar = calendar(expression, zone);
    let times = calendar.upcoming(at(after)).take(count);
    times.map(|time| time.to_utc().format("%m-%d %H:%M:%S").to_string()).collect()
}

fn refusal(expression: &str) -> String {
    Calendar::parse(expression, UTC).map(|_| expression.to_owned()).unwrap_err().to_string()
}

#[test]
fn five_and_six_fields_are_read() {
    let from = "2026-03-01 10:00:01";
    assert_eq!(times("*/15 * * * *", UTC, from, 2), ["03-01 10:15:00", "03-01 10:30:00"]);
    assert_eq!(times("*/20 * * * * *", UTC, from, 2), ["03-01 10:00:20", "03-01 10:00:40"]);
}

#[test]
fn all_nicknames_are_read_in_any_case() {
    for (nickname, next) in [
        ("@hourly", "03-03 11:00:00"),
        ("@daily", "03-04 00:00:00"),
        ("@midnight", "03-04 00:00:00"),
        ("@WEEKLY", "03-08 00:00:00"),
        ("@monthly", "04-01 00:00:00"),
        ("@yearly", "01-01 00:00:00"),
        ("@Annually", "01-01 00:00:00"),
    ] {
        assert_eq!(times(nickname, UTC, "2026-03-03 10:00:00", 1), [next], "{nickname}");
    }
}

#[test]
fn names_lists_ranges_and_steps_are_read() {
    let from = "2026-01-01 10:00:00";
    assert_eq!(times("0 9 * jan mon", UTC, from, 1), ["01-05 09:00:00"]);
    assert_eq!(times("0 9 * * SAT-SUN", UTC, from, 2), ["01-03 09:00:00", "01-04 09:00:00"]);
    assert_eq!(times("0 9 * * 7", UTC, from, 1), ["01-04 09:00:00"]);
    assert_eq!(times("0 8-18/5 * * *", UTC, from, 2), ["01-01 13:00:00", "01-01 18:00:00"]);
    assert_eq!(times("5,35 11 ? FEB,MAR ?", UTC, from, 2), ["02-01 11:05:00", "02-01 11:35:00"]);
}

#[test]
fn last_nearest_and_nth_days_are_read() {
    let from = "2026-01-01 10:00:00";
    for (expression, next) in [
        ("0 0 L * *", "01-31"),
        // The 31st is a Saturday, the 1st of February a Sunday.
        ("0 0 LW * *", "01-30"),
        ("0 0 31W * *", "01-30"),
        ("0 0 1W 2 *", "02-02"),
        ("0 0 * * MON#2", "01-12"),
        ("0 0 * * 5L", "01-30"),
        ("0 0 * * FRI#L", "01-30"),
        // Both, by `+`: a Friday that is a 13th.
        ("0 0 13 * +FRI", "02-13"),
    ] {
        assert_eq!(times(expression, UTC, from, 1), [format!("{next} 00:00:00")], "{expression}");
    }
}

#[test]
fn day_of_month_or_weekday_will_do() {
    assert_eq!(
        times("0 0 12 * FRI", UTC, "2026-03-01 00:00:00", 4),
        ["03-06 00:00:00", "03-12 00:00:00", "03-13 00:00:00", "03-20 00:00:00"]
    );
}

#[test]
fn a_leap_day_is_waited_for() {
    assert_eq!(
        calendar("0 0 29 2 *", UTC).next_after(at("2096-03-01 00:00:00")),
        Some(at("2104-02-29 00:00:00"))
    );
}

#[test]
fn what_is_wrong_is_said() {
    for (expression, said) in [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("*", "it has 1 field;"),
        ("* * *", "it has 3 fields;"),
        ("0 0 0 1 1 * 2027", "it has 7 fields;"),
        ("@fortnightly", "`@fortnightly` is not known: there are @hourly,"),
        ("@daily 5", "`@daily 5` is not known"),
        ("61 * * * *", "the field `61` (minute, 0-59) cannot be read: 61 is not from 0 to 59"),
        ("* 25 * * *", "the field `25` (hour, 0-23) cannot be read: 25 is not from 0 to 23"),
        (
            "99999999999 * * * * *",
            "the field `99999999999` (second, 0-59) cannot be read: 99999999999 is not",
        ),
        ("* * 0 * *", "the field `0` (day of month, 1-31) cannot be read: 0 is not from 1 to 31"),
        (
            "* * * XYZ *",
            "the field `XYZ` (month, 1-12) cannot be read: `XYZ` is neither a number nor a name like JAN",
        ),
        ("* * * * MONDAY", "the field `MONDAY` (weekday, 0-7) cannot be read: `MONDAY` is neither"),
        ("MON * * * *", "the field `MON` (minute, 0-59) cannot be read: `MON` is no number"),
        ("0 0 * 1SUN *", "the field `1SUN` (month, 1-12) cannot be read: `1SUN` is neither"),
        (
            "1,,2 * * * *",
            "the field `1,,2` (minute, 0-59) cannot be read: there is nothing on one side of a comma",
        ),
        (
            "0 17-9 * * *",
            "the field `17-9` (hour, 0-23) cannot be read: `17-9` ends before it begins; write `17-23,0-9`",
        ),
        (
            "5/10 * * * *",
            "the field `5/10` (minute, 0-59) cannot be read: it does not say how far the steps go; write `5-59/10`",
        ),
        ("/10 * * * *", "the field `/10` (minute, 0-59) cannot be read: write `*/10`"),
        (
            "*/0 * * * *",
            "the field `*/0` (minute, 0-59) cannot be read: `0` is no step; expected a number from 1 to 60",
        ),
        (
            "*/90 * * * *",
            "the field `*/90` (minute, 0-59) cannot be read: a step of 90 leads out of the field",
        ),
        ("0 0 * * L", "the field `L` (weekday, 0-7) cannot be read: `L` needs its weekday"),
        ("0 0 * * 5#6", "the field `5#6` (weekday, 0-7) cannot be read: "),
        ("0 0 15L * *", "the field `15L` (day of month, 1-31) cannot be read: "),
        ("0 0 30 2 *", "it never comes due"),
        ("0 0 31W 2,4 *", "it never comes due"),
    ] {
        let error = refusal(expression);
        assert!(error.starts_with(said), "{expression}: {error}");
        assert!(!error.ends_with('.') && !error.contains("0b"), "{expression}: {error}");
    }
}

#[test]
fn no_text_brings_the_reader_down() {
    let pieces = ["*", "/", "-", ",", "#", "L", "W", "?", "+", "0", "7", "99", "MON", "é", "@", " * "];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let text = format!("{first}{second}{third}");
                for expression in
                    [format!("{text} * * * *"), format!("0 0 {text} * *"), format!("0 0 * * {text}"), text]
                {
                    let _ = Calendar::parse(&expression, UTC);
                }
            }
        }
    }
}

#[test]
fn a_fixed_time_that_is_left_out_comes_due_after_the_gap() {
    // Berlin goes from 02:00 to 03:00 on 29 March 2026 at 01:00 UTC.
    let eve = "2026-03-28 12:00:00";
    assert_eq!(times("30 2 * * *", Berlin, eve, 2), ["03-29 01:00:00", "03-30 00:30:00"]);
    assert_eq!(times("0,30 2,14 * * *", Berlin, eve, 4)[2..], ["03-29 01:00:00", "03-29 12:00:00"]);
    // Lord Howe goes from 02:00 to 02:30 on 4 October 2026 at 15:30 UTC of the day before.
    assert_eq!(
        times("15 2 * * *", Lord_Howe, "2026-10-03 00:00:00", 2),
        ["10-03 15:30:00", "10-04 15:15:00"]
    );
    // Brazil's days began at 01:00 when its summers did.
    assert_eq!(times("@daily", Sao_Paulo, "2018-11-03 12:00:00", 2), ["11-04 03:00:00", "11-05 02:00:00"]);
}

#[test]
fn a_fixed_time_that_is_there_twice_comes_due_the_first_time() {
    // New York goes from 02:00 back to 01:00 on 1 November 2026 at 06:00 UTC.
    let eve = "2026-10-31 12:00:00";
    assert_eq!(times("30 1 * * *", New_York, eve, 2), ["11-01 05:30:00", "11-02 06:30:00"]);
    assert_eq!(
        times("0,30 1 * * *", New_York, eve, 3),
        ["11-01 05:00:00", "11-01 05:30:00", "11-02 06:00:00"]
    );
    assert_eq!(
        times("45 1 * * *", Lord_Howe, "2026-04-04 00:00:00", 2),
        ["04-04 14:45:00", "04-05 15:15:00"]
    );
}

#[test]
fn what_falls_on_a_day_that_was_left_out_comes_due_at_the_next() {
    // Samoa had no 30 December 2011; the 31st began at 10:00 UTC of the 30th.
    assert_eq!(
        times("0 8 * * *", Apia, "2011-12-29 00:00:00", 3),
        ["12-29 18:00:00", "12-30 10:00:00", "12-30 18:00:00"]
    );
    assert_eq!(times("0 12 30 12 *", Apia, "2011-12-01 00:00:00", 2), ["12-30 10:00:00", "12-29 22:00:00"]);
    assert_eq!(times("0 */12 * * *", Apia, "2011-12-29 10:00:00", 2), ["12-29 22:00:00", "12-30 10:00:00"]);
}

#[test]
fn repeating_expressions_keep_their_pace_through_both_changes() {
    for (expression, pace) in [("* * * * * *", 1), ("*/20 * * * * *", 20), ("*/10 * * * *", 600)] {
        for (zone, night) in [
            (Berlin, "2026-10-25 00:30:00"),
            (Berlin, "2026-03-29 00:30:00"),
            (Lord_Howe, "2026-04-04 14:50:00"),
            (Lord_Howe, "2026-10-03 15:20:00"),
        ] {
            let calendar = calendar(expression, zone);
            let mut time = at(night);
            for next in calendar.upcoming(time).take(1000) {
                assert_eq!(next.since(time).as_secs(), pace, "{zone}: {expression} after {time}");
                assert_eq!(calendar.latest_in(time, next), Some(next), "{zone}: {expression} until {next}");
                time = next;
            }
        }
    }
}

/// By definition, minute by minute: when the local clock shows what is due, or has gone past it.
fn defined(calendar: &Calendar, from: Timestamp, minutes: i64) -> Vec<Timestamp> {
    let moment = |minute: i64| Timestamp::from_millis(from.as_millis() + minute * 60_000);
    let local = |minute| calendar.local(moment(minute)).naive_local();
    let is_due = |local: NaiveDateTime| calendar.cron.is_time_matching(&local).unwrap();
    let mut latest_local = local(0);
    let mut due = Vec::new();
    for minute in 1..minutes {
        let shown = local(minute);
        let is_fixed_due = || {
            std::iter::successors(Some(latest_local), |local| Some(*local + TimeDelta::minutes(1)))
                .skip(1)
                .take_while(|local| *local <= shown)
                .any(is_due)
        };
        let is_now_due = match calendar.rule {
            DstRule::Repeating => is_due(shown),
            DstRule::Fixed => shown > latest_local && is_fixed_due(),
        };
        latest_local = latest_local.max(shown);
        if is_now_due {
            due.push(moment(minute));
        }
    }
    due
}

#[test]
fn forwards_and_backwards_agree_with_the_definition_in_every_zone() {
    const MINUTES: i64 = 4 * 24 * 60;
    let expressions = [
        "* * * * *",
        "*/7 * * * *",
        "*/15 1-3 * * *",
        "0 * * * *",
        "@daily",
        "30 2 * * *",
        "15,45 0-3 * * *",
        "59 23 * * *",
        "0 */5 * * *",
        "30 1,14 30 * SUN",
        "17 * 31 * *",
    ];
    for (zone, from) in [
        (Berlin, "2026-03-27 12:00:00"),
        (Berlin, "2026-10-23 12:00:00"),
        (New_York, "2026-03-06 12:00:00"),
        (New_York, "2026-10-30 12:00:00"),
        (Lord_Howe, "2026-04-03 00:00:00"),
        (Lord_Howe, "2026-10-02 00:00:00"),
        (Sao_Paulo, "2018-11-02 12:00:00"),
        (Troll, "2026-03-27 12:00:00"),
        (Troll, "2026-10-23 12:00:00"),
        (Apia, "2011-12-28 12:00:00"),
        (Kwajalein, "1993-08-19 12:00:00"),
    ] {
        for expression in expressions {
            let calendar = calendar(expression, zone);
            let from = at(from);
            let due = defined(&calendar, from, MINUTES);
            for minute in (1..MINUTES - 24 * 60).step_by(11) {
                let time = Timestamp::from_millis(from.as_millis() + minute * 60_000 + minute % 3 * 30_000);
                let (before, after) = due.split_at(due.partition_point(|due| *due <= time));
                let next = calendar.next_after(time);
                if let Some(after) = after.first() {
                    assert_eq!(next, Some(*after), "{zone}: {expression} after {time}");
                }
                assert_eq!(
                    calendar.latest_in(from, time),
                    before.last().copied(),
                    "{zone}: {expression} until {time}"
                );
            }
        }
    }
}

#[test]
fn the_latest_time_of_a_window_is_after_its_start_and_not_after_its_end() {
    let daily = calendar("0 12 * * *", UTC);
    let noon = at("2026-03-01 12:00:00");
    assert_eq!(daily.latest_in(at("2026-02-28 12:00:00"), noon), Some(noon));
    assert_eq!(daily.latest_in(noon, noon), None);
    assert_eq!(daily.latest_in(noon, at("2026-03-02 11:59:59")), None);
    assert_eq!(daily.latest_in(at("2026-03-02 11:59:59"), noon), None);
}

#[test]
fn a_window_of_a_year_costs_no_more_than_one_of_a_second() {
    let calendar = calendar("* * * * * *", Berlin);
    let (year_ago, now) = (at("2025-03-01 00:00:00"), at("2026-03-01 00:00:00"));
    let begun = Instant::now();
    for _ in 0..1000 {
        assert_eq!(calendar.latest_in(year_ago, now), Some(now));
    }
    // Walking it would take a thousand times 31 million steps.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
