//! A token bucket without a lock.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::{RateLimit, Timestamp};

/// Counts in virtual time: each delivery moves `next` on by one interval, and may lie at most a
/// burst ahead of the clock (the generic cell rate algorithm of ATM networks).
pub(super) struct Bucket {
    /// Microseconds between deliveries in the long run.
    interval: i64,
    /// Microseconds by which `next` may be ahead.
    slack: i64,
    next: AtomicI64,
}

impl Bucket {
    pub(super) fn new(limit: RateLimit) -> Self {
        let interval = 1_000_000 / i64::from(limit.per_second.max(1));
        let slack = interval * i64::from(limit.burst.max(1) - 1);
        Self { interval, slack, next: AtomicI64::new(i64::MIN) }
    }

    /// Takes a token if there is one.
    pub(super) fn take(&self, now: Timestamp) -> bool {
        let now = now.as_millis().saturating_mul(1000);
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                // A clock set back by more than the slack must not lock everybody out.
                let next = if next.saturating_sub(self.interval) > now.saturating_add(self.slack) {
                    now
                } else {
                    next.max(now)
                };
                (next <= now.saturating_add(self.slack)).then(|| next.saturating_add(self.interval))
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &Bucket, millis: i64, tries: u32) -> usize {
        (0..tries).filter(|_| bucket.take(Timestamp::from_millis(millis))).count()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let bucket = Bucket::new(RateLimit { per_second: 10, burst: 5 });
        assert_eq!(taken(&bucket, 0, 100), 5);
        assert_eq!(taken(&bucket, 100, 100), 1);
        assert_eq!(taken(&bucket, 400, 100), 3);
        assert_eq!(taken(&bucket, 60_000, 100), 5);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let bucket = Bucket::new(RateLimit { per_second: 10, burst: 5 });
        assert_eq!(taken(&bucket, 1_000_000, 100), 5);
        assert!(taken(&bucket, 1_000, 100) >= 1);
    }
}
