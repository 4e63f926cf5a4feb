//! When the wall clock may not decide what is lost.
//!
//! A lease is a time on the wall clock. After that clock was set, or after whoever looks at leases
//! was itself held up, leases look expired whose holders live and have had no chance to renew. They
//! get one more lease.

use std::time::Duration;

use crate::domain::{ClockJump, ClockWatch, Timestamp};

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

    /// Looks at the clock.
    pub(super) fn look(&mut self, now: Timestamp, monotonic: Duration) -> Look {
        let was_held_up = monotonic.saturating_sub(self.looked) > self.longest_look;
        self.looked = monotonic;
        let jump = self.clocks.look(now, monotonic);
        if jump.is_some() || was_held_up {
            self.distrusted_until = monotonic + self.grace;
        }
        let set_back = match jump {
            Some(ClockJump::Back(by)) => Some(by),
            _ => None,
        };
        Look { is_trusted: monotonic >= self.distrusted_until, set_back }
    }
}

/// What is seen of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether it may be trusted.
    pub(super) is_trusted: bool,
    /// By how much it was set back since the last look.
    pub(super) set_back: Option<Duration>,
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
        assert!((1..100).all(|look| trust.look(at(look * 2), secs(look * 2)).is_trusted));
    }

    #[test]
    fn a_clock_that_leaps_four_minutes_ahead_is_not_trusted_for_one_more_lease() {
        let mut trust = trust();
        assert!(trust.look(at(2), secs(2)).is_trusted);
        assert!(!trust.look(at(4 + 240), secs(4)).is_trusted);
        for later in (6..64).step_by(2) {
            assert!(!trust.look(at(later + 240), secs(later)).is_trusted, "{later}");
        }
        assert!(trust.look(at(64 + 240), secs(64)).is_trusted);
    }

    #[test]
    fn a_sweep_that_was_held_up_itself_ends_no_run_of_others() {
        let mut trust = trust();
        assert!(trust.look(at(2), secs(2)).is_trusted);
        assert!(!trust.look(at(77), secs(77)).is_trusted);
        let later: Vec<_> =
            (79..140).step_by(2).map(|later| trust.look(at(later), secs(later)).is_trusted).collect();
        assert_eq!(later.iter().position(|trusted| *trusted), Some(29));
    }
}
