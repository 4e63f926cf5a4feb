//! How old a signed request may be.

use std::time::Duration;

use crate::domain::{RejectReason, Timestamp};

/// Refuses a request that was signed further from `now` than `tolerance`, in either direction, or
/// whose signature covers no time at all.
pub(super) fn check(
    signed_at: Option<Timestamp>,
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), RejectReason> {
    match signed_at {
        Some(at) if now.since(at) <= tolerance && at.since(now) <= tolerance => Ok(()),
        _ => Err(RejectReason::Stale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_count_and_the_edge_is_inside() {
        let now = Timestamp::from_millis(1_000_000);
        let minute = Duration::from_secs(60);
        for (millis, fresh) in [(940_000, true), (939_999, false), (1_060_000, true), (1_060_001, false)] {
            let signed_at = Some(Timestamp::from_millis(millis));
            assert_eq!(check(signed_at, now, minute).is_ok(), fresh, "{millis}");
        }
        assert!(check(None, now, minute).is_err());
    }
}
