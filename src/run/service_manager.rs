//! Tells the service manager how the gate fares, where one started it: systemd's `Type=notify`, with a
//! watchdog that is fed only while the store can be written.
//!
//! Without `NOTIFY_SOCKET` in the environment nobody is told, and nothing costs anything.

use std::{sync::Arc, time::Duration};

use herdgate_actors::store::Store;
use sd_notify::NotifyState;
use tokio::time::{Instant, interval, timeout};

use super::{Reload, health::Health, readiness::readiness};

/// How often the status is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The watchdog is fed so many times within the time in which it must be.
const FEEDS: u32 = 3;

/// Tells it everything is up.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells it that the gate ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("draining")]);
}

/// For as long as it lives, the gate is said to read its configuration again.
pub(super) struct Reloading(());

impl Reloading {
    pub(super) fn begin() -> Self {
        // `Type=notify-reload` wants the time, to tell this reload from one before.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
        Self(())
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        ready();
    }
}

/// Tells how the gate stands whenever that changes, and feeds the watchdog, until the gate drains.
pub(super) async fn keep(store: Arc<dyn Store>, health: Health, reload: Reload) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let mut watchdog = sd_notify::watchdog_enabled().map(|within| Watchdog::new(store, within / FEEDS));
    let look = watchdog.as_ref().map_or(LOOK_EVERY, |watchdog| watchdog.every.min(LOOK_EVERY));
    let (mut looks, mut told) = (interval(look), String::new());
    loop {
        looks.tick().await;
        if let Some(watchdog) = &mut watchdog
            && watchdog.is_due().await
        {
            tell(&[NotifyState::Watchdog]);
        }
        if health.is_draining() {
            // Told already; the watchdog goes on while runs have their grace.
            continue;
        }
        let (_, status) = readiness(&health, &reload.state());
        if status != told {
            tell(&[NotifyState::Status(&status)]);
            told = status;
        }
    }
}

struct Watchdog {
    store: Arc<dyn Store>,
    every: Duration,
    due: Instant,
}

impl Watchdog {
    fn new(store: Arc<dyn Store>, every: Duration) -> Self {
        Self { store, every, due: Instant::now() }
    }

    /// Whether it is to be fed now. A store that hangs, or refuses, starves it.
    async fn is_due(&mut self) -> bool {
        if Instant::now() < self.due {
            return false;
        }
        self.due = Instant::now() + self.every;
        matches!(timeout(self.every, self.store.probe()).await, Ok(Ok(())))
    }
}

/// A manager that does not listen is no reason not to serve.
fn tell(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}

#[cfg(test)]
mod tests {
    use herdgate_actors::{
        domain::Timestamp,
        store::{MemoryEngine, StoreState},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_only_while_the_store_can_be_written() {
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(60)));
        let every = Duration::from_secs(10);
        let mut watchdog = Watchdog::new(Arc::clone(&store) as Arc<dyn Store>, every);
        assert!(watchdog.is_due().await);
        assert!(!watchdog.is_due().await, "not again at once");
        tokio::time::advance(every).await;
        let (since, error) = (Timestamp::from_millis(0), "disk full".to_owned());
        store.pretend(StoreState::Refusing { since, error });
        assert!(!watchdog.is_due().await);
        tokio::time::advance(every).await;
        store.pretend(StoreState::Writable);
        assert!(watchdog.is_due().await);
    }
}
