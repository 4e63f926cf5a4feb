//! What the local clock shows, and when.
//!
//! A zone that puts its clock forward leaves out times of day, and one that puts it back has some
//! twice. [`DstRule`] says what becomes of a scheduled time then. Cron itself knows local times only.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::domain::Timestamp;

/// How a schedule takes it when the clock is put forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DstRule {
    /// Each time of day counts once: a left-out one comes due when the clock goes on, one that is
    /// there twice comes due the first time.
    Fixed,
    /// What counts is the interval: left-out times are left out, and times that are there twice come
    /// due twice.
    Repeating,
}

/// No place on earth ever put its clock forward by more than a day: Samoa, over the date line in
/// 2011, and the Marshall Islands in 1993.
const LONGEST_GAP: TimeDelta = TimeDelta::days(2);

/// The moments, at most two and in their order, at which a local time in `zone` comes due.
pub(super) fn moments(zone: Tz, local: NaiveDateTime, rule: DstRule) -> [Option<Timestamp>; 2] {
    match (zone.from_local_datetime(&local), rule) {
        (MappedLocalTime::Single(only), _) => [Some(only.into()), None],
        (MappedLocalTime::Ambiguous(first, _), DstRule::Fixed) => [Some(first.into()), None],
        (MappedLocalTime::Ambiguous(first, second), DstRule::Repeating) => {
            [Some(first.into()), Some(second.into())]
        }
        (MappedLocalTime::None, DstRule::Fixed) => [after_gap(zone, local).map(Timestamp::from), None],
        (MappedLocalTime::None, DstRule::Repeating) => [None, None],
    }
}

/// Which of two moments with the same local time one is: Python's PEP 495 calls it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// The clock shows this time once.
    Only,
    /// The clock is soon to be put back by this span, and will show this time again.
    First(TimeDelta),
    /// The clock was just put back by this span, and has shown this time before.
    Second(TimeDelta),
}

/// Which of those with its local time `moment` is.
pub(super) fn fold(moment: &DateTime<Tz>) -> Fold {
    match moment.timezone().from_local_datetime(&moment.naive_local()) {
        MappedLocalTime::Ambiguous(first, second) if *moment < second => Fold::First(second - first),
        MappedLocalTime::Ambiguous(first, second) => Fold::Second(second - first),
        _ => Fold::Only,
    }
}

/// The first moment after the gap in which `local` lies.
fn after_gap(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Tz>> {
    let at = |ahead: i64| zone.from_local_datetime(&(local + TimeDelta::seconds(ahead))).earliest();
    let (mut inside, mut beyond) = (0, 60);
    while at(beyond).is_none() {
        (inside, beyond) = (beyond, beyond * 2);
        if beyond > LONGEST_GAP.num_seconds() {
            return None;
        }
    }
    while beyond - inside > 1 {
        let middle = inside.midpoint(beyond);
        if at(middle).is_none() {
            inside = middle;
        } else {
            beyond = middle;
        }
    }
    at(beyond)
}
