//! When a cron expression comes due.
//!
//! # Daylight saving
//! An expression with `*` or a step in its seconds, minutes or hours, like `*/15 * * * *` or
//! `@hourly`, repeats: it keeps its rule when the clock is put back, so that times that are there
//! twice come due twice, and leaves out what is left out when the clock is put forward.
//!
//! All others name fixed times, like `30 2 * * *` or `0 2,14 * * MON-FRI`. Each comes due once for
//! each day: one that is left out, at the first moment after the gap; one that is there twice, the
//! first time. This is Vixie cron's rule. croner holds only single times for fixed, and so would
//! leave out a night's run of `30 2,14 * * *`; it also gives up on gaps of more than two hours.
//! Therefore it is only asked about local times here, and [`dst`](super::dst) does the rest.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use croner::Cron;

use super::{
    dst::{DstRule, Fold, fold, moments},
    expression::{self, InvalidSchedule},
};
use crate::domain::Timestamp;

/// A cron expression in a time zone, which comes due sooner or later. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar {
    expression: Arc<str>,
    cron: Arc<Cron>,
    rule: DstRule,
    zone: Tz,
}

impl Calendar {
    /// Reads five fields, six with seconds first, or a nickname. Where day of month and weekday are
    /// both given, either will do, as in Vixie cron.
    ///
    /// # Errors
    /// What is wrong, and with which field.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, InvalidSchedule> {
        let (cron, rule) = expression::read(expression)?;
        let calendar = Self { expression: expression.into(), cron: Arc::new(cron), rule, zone };
        // What comes due at all comes due after any moment.
        match calendar.next_after(Timestamp::from_millis(0)) {
            Some(_) => Ok(calendar),
            None => Err(InvalidSchedule::Never),
        }
    }

    /// As the user wrote it.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone it is meant in.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time after `time`.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let local = self.local(time);
        let shown = local.naive_local();
        let next = self.first_after(time, self.ahead(shown, false));
        match fold(&local) {
            // What comes first may also be a time of day that was there before, for the second time.
            Fold::First(span) if self.rule == DstRule::Repeating => {
                if next.is_some_and(|next| self.is_same_fold(&local, next)) {
                    return next;
                }
                let again = self.first_after(time, self.ahead(shown.checked_sub_signed(span)?, true));
                [next, again].into_iter().flatten().min()
            }
            _ => next,
        }
    }

    /// The last time after `after` and not after `until`, found without walking the window.
    pub(crate) fn latest_in(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let local = self.local(until);
        let shown = local.naive_local();
        let last = self.last_until(until, self.behind(shown));
        let latest = match fold(&local) {
            // What came last may also be a time of day that is yet to come again, for the first time.
            Fold::Second(span) if !last.is_some_and(|last| self.is_same_fold(&local, last)) => {
                let before = self.last_until(until, self.behind(shown.checked_add_signed(span)?));
                [last, before].into_iter().flatten().max()
            }
            _ => last,
        };
        latest.filter(|latest| *latest > after)
    }

    /// All times after `time`, in their order.
    pub fn upcoming(&self, time: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_after(time), |time| self.next_after(*time))
    }

    fn first_after(
        &self,
        time: Timestamp,
        mut times: impl Iterator<Item = NaiveDateTime>,
    ) -> Option<Timestamp> {
        times.find_map(|local| self.moments(local).find(|moment| *moment > time))
    }

    fn last_until(
        &self,
        time: Timestamp,
        mut times: impl Iterator<Item = NaiveDateTime>,
    ) -> Option<Timestamp> {
        times.find_map(|local| self.moments(local).rev().find(|moment| *moment <= time))
    }

    fn moments(&self, local: NaiveDateTime) -> impl DoubleEndedIterator<Item = Timestamp> {
        moments(self.zone, local, self.rule).into_iter().flatten()
    }

    /// Scheduled times of the local clock from `start` on.
    fn ahead(&self, start: NaiveDateTime, inclusive: bool) -> impl Iterator<Item = NaiveDateTime> {
        let first = self.cron.find_next_occurrence(&start, inclusive).ok();
        std::iter::successors(first, |time| self.cron.find_next_occurrence(time, false).ok())
    }

    /// Scheduled times of the local clock from `start` back.
    fn behind(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let first = self.cron.find_previous_occurrence(&start, true).ok();
        std::iter::successors(first, |time| self.cron.find_previous_occurrence(time, false).ok())
    }

    /// Whether the clock was not put back between two moments that are close to each other.
    fn is_same_fold(&self, one: &DateTime<Tz>, other: Timestamp) -> bool {
        let other = self.local(other);
        let is_close = (other - one).abs() < chrono::TimeDelta::days(1);
        is_close && other.naive_local() - one.naive_local() == other - one
    }

    fn local(&self, time: Timestamp) -> DateTime<Tz> {
        // Cron counts in whole seconds.
        let seconds = Timestamp::from_millis(time.as_millis().div_euclid(1000) * 1000);
        seconds.to_utc().with_timezone(&self.zone)
    }
}

#[cfg(test)]
mod tests;
