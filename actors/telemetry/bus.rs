//! Where facts can be followed while they happen.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use tokio::sync::broadcast;

use super::Event;
use crate::domain::{Clock, Timestamp};

/// How many facts a slow follower may be behind. One who falls further behind misses the oldest and
/// is told how many, so that nobody's browser can make the gate wait. About 300 bytes each.
const CAPACITY: usize = 1024;

/// A fact with its time.
#[derive(Debug, Serialize)]
pub struct Published {
    /// When it was told.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

static BUS: LazyLock<broadcast::Sender<Arc<Published>>> = LazyLock::new(|| broadcast::Sender::new(CAPACITY));

/// Follows every fact from now on.
pub fn subscribe() -> broadcast::Receiver<Arc<Published>> {
    BUS.subscribe()
}

/// Costs nothing while nobody follows.
pub(super) fn publish(event: Event) {
    if BUS.receiver_count() > 0 {
        // The last follower may have left meanwhile.
        let _ = BUS.send(Arc::new(Published { at: Clock::System.now(), event }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{Millis, emit};

    #[tokio::test]
    async fn whoever_follows_sees_the_fact_with_its_time_and_plain_numbers() {
        let mut facts = subscribe();
        let by = Millis(std::time::Duration::from_micros(1_234_567));
        emit(Event::ClockWentBack { by_ms: by });
        let fact = loop {
            let fact = facts.recv().await.unwrap();
            if matches!(fact.event, Event::ClockWentBack { by_ms } if by_ms == by) {
                break fact;
            }
        };
        let json = serde_json::to_value(&*fact).unwrap();
        assert_eq!(json["kind"], "clock_went_back");
        assert_eq!(json["by_ms"], 1234.567);
        assert_eq!(json["at"], fact.at.as_millis());
    }

    #[tokio::test]
    async fn a_follower_who_falls_behind_makes_nobody_wait_and_is_told() {
        let mut facts = subscribe();
        for _ in 0..2 * CAPACITY {
            emit(Event::Stopped);
        }
        assert!(matches!(facts.recv().await, Err(broadcast::error::RecvError::Lagged(_))));
    }
}
