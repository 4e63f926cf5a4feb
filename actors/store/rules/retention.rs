//! What is old, whatever the clock says.

use std::time::Duration;

use crate::domain::Timestamp;

/// What ended before this can go. The clock is trusted no further than the newest time in the store:
/// a leap of a month must not take a month of history with it.
pub(in crate::store) fn old_before(
    now: Timestamp,
    newest: Option<Timestamp>,
    retention: Duration,
) -> Timestamp {
    newest.map_or(now, |newest| now.min(newest)).minus(retention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_leapt_ahead_makes_nothing_old() {
        let at = Timestamp::from_millis;
        let day = Duration::from_secs(86_400);
        assert_eq!(old_before(at(90_000_000), Some(at(89_000_000)), day), at(2_600_000));
        assert_eq!(old_before(at(i64::MAX), Some(at(86_400_001)), day), at(1));
        assert_eq!(old_before(at(86_400_001), None, day), at(1));
    }
}
