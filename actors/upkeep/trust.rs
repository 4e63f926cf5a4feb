//! When the wall clock may not decide what is lost.
//!
//! A lease is a time on the wall clock. After that clock was set, or after whoever looks at leases
//! was itself held up, leases look expired whose holders live and have had no chance to renew. They
//! get one more lease.

use std::time::Duration;

use crate::domain::{ClockWatch, Timestamp};

/// Judges the clock by which leases are judged.
#[derive(Debug)]
pub(super) struct ClockTrust {
    clocks: ClockWatch,
    looked: Duration,
    grace: Duration,
    longest_look: Duration,
    distrusted_until: Duration,
}

impl ClockTrust {
    /// Looks are usually less than `longest_look` apart; after a longer pause, or a jump of the
    /// clock, nothing is trusted for `grace`. `monotonic` is the time since any fixed moment.
    pub(super) fn new(now: Timestamp, monotonic: Duration, longest_look: Duration, grace: Duration) -> Self {
        Self {
            clocks: ClockWatch::new(now, monotonic),
            looked: monotonic,
            grace,
            longest_look,
            distrusted_until: Duration::ZERO,
        }
    }

    /// Whether the clock may be trusted at this look.
    pub(super) fn look(&mut self, now: Timestamp, monotonic: Duration) -> bool {
        let was_held_up = monotonic.saturating_sub(self.looked) > self.longest_look;
        self.looked = monotonic;
        if self.clocks.look(now, monotonic).is_some() || was_held_up {
            self.distrusted_until = monotonic + self.grace;
        }
        monotonic >= self.distrusted_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(secs))
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn trust() -> ClockTrust {
        ClockTrust::new(at(0), secs(0), secs(20), LEASE)
    }

    #[test]
    fn a_clock_that_just_runs_is_trusted() {
        let mut trust = trust();
        assert!((1..100).all(|look| trust.look(at(look * 2), secs(look * 2))));
    }

    #[test]
    fn a_clock_that_leaps_four_minutes_ahead_is_not_trusted_for_one_more_lease() {
        let mut trust = trust();
        assert!(trust.look(at(2), secs(2)));
        assert!(!trust.look(at(4 + 240), secs(4)));
        for later in (6..64).step_by(2) {
            assert!(!trust.look(at(later + 240), secs(later)), "{later}");
        }
        assert!(trust.look(at(64 + 240), secs(64)));
    }

    #[test]
    fn a_sweep_that_was_held_up_itself_ends_no_run_of_others() {
        let mut trust = trust();
        assert!(trust.look(at(2), secs(2)));
        assert!(!trust.look(at(77), secs(77)));
        let later: Vec<_> = (79..140).step_by(2).map(|later| trust.look(at(later), secs(later))).collect();
        assert_eq!(later.iter().position(|trusted| *trusted), Some(29));
    }
}
