//! What is old, whatever the clock says.

use crate::domain::Timestamp;

/// The time by which history grows old. The clock is trusted no further than the newest time in the
/// store, or what is `trusted` otherwise: a leap of a month must not take a month of history with it.
pub(in crate::store) fn trusted_now(
    now: Timestamp,
    newest: Option<Timestamp>,
    trusted: Option<Timestamp>,
) -> Timestamp {
    newest.max(trusted).map_or(now, |known| now.min(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_leapt_ahead_makes_nothing_old() {
        let at = Timestamp::from_millis;
        assert_eq!(trusted_now(at(90), Some(at(89)), None), at(89));
        assert_eq!(trusted_now(at(i64::MAX), Some(at(86)), Some(at(85))), at(86));
        assert_eq!(trusted_now(at(86), None, None), at(86));
    }

    #[test]
    fn what_nothing_is_written_to_grows_old_by_the_time_that_passed() {
        let at = Timestamp::from_millis;
        assert_eq!(trusted_now(at(90), Some(at(10)), Some(at(70))), at(70));
        assert_eq!(trusted_now(at(60), Some(at(10)), Some(at(70))), at(60), "no further than the clock");
    }
}
