//! Whether the gate can do its work, and why not.

use std::sync::{Arc, OnceLock};

use herdgate_actors::{domain::Timestamp, schedule::STALE_LOOK, store::StoreState};
use tokio::{sync::watch, time::Instant};

/// Where the gate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not everything is there yet. The doors open last: what comes in through them is taken.
    Starting,
    /// Takes deliveries.
    Ready,
    /// Goes on, but cannot make anything durable: deliveries are answered 503.
    Degraded {
        /// Why.
        why: String,
        /// Since when.
        since: Timestamp,
    },
    /// Starts no more runs and finishes what it has. Deliveries are taken to the last, and run in the
    /// next life.
    Draining,
    /// Cannot go on; the process ends.
    Failed(String),
}

/// The gate's state, shared by those who change it and those who ask.
#[derive(Debug, Clone)]
pub struct Health {
    state: Arc<watch::Sender<State>>,
    /// When the scheduler last looked, once it has begun.
    looked: Arc<OnceLock<watch::Receiver<Instant>>>,
    /// How the store fares, once it is open.
    store: Arc<OnceLock<watch::Receiver<StoreState>>>,
    /// Since when the disk is too full to be relied on, once somebody looks.
    full_disk: Arc<OnceLock<watch::Receiver<Option<FullDisk>>>>,
}

/// A disk on which the next delivery may find no room, though a small write still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullDisk {
    /// How many bytes it has left.
    pub left: u64,
    /// Since when.
    pub since: Timestamp,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::Starting)),
            looked: Arc::default(),
            store: Arc::default(),
            full_disk: Arc::default(),
        }
    }
}

impl Health {
    /// Where the gate stands. One whose scheduler does not look any more is shown as failed, though
    /// it takes deliveries: they are safe, but what should happen by itself does not.
    pub fn state(&self) -> State {
        let state = self.state.borrow().clone();
        if state == State::Ready
            && let Some(store) = self.store.get()
            && let StoreState::Refusing { since, error } = &*store.borrow()
        {
            return State::Degraded { why: format!("the store takes no writes: {error}"), since: *since };
        }
        if state == State::Ready
            && let Some(FullDisk { left, since }) = self.full_disk.get().and_then(|disk| *disk.borrow())
        {
            return State::Degraded { why: format!("the disk is full: {left} bytes are left"), since };
        }
        let silent = self.looked.get().map(|looked| looked.borrow().elapsed()).unwrap_or_default();
        if state == State::Ready && silent > STALE_LOOK {
            return State::Failed(format!("the scheduler has not looked for {} s", silent.as_secs()));
        }
        state
    }

    /// From now on the scheduler must look.
    pub fn watch_scheduler(&self, looked: watch::Receiver<Instant>) {
        // There is one scheduler.
        let _ = self.looked.set(looked);
    }

    /// From now on the gate is degraded while the store refuses.
    pub fn watch_store(&self, store: watch::Receiver<StoreState>) {
        // There is one store.
        let _ = self.store.set(store);
    }

    /// Whether the disk of the data folder has too little left.
    pub fn disk_is_full(&self) -> bool {
        self.full_disk.get().is_some_and(|disk| disk.borrow().is_some())
    }

    /// From now on the gate is degraded while the disk is full.
    pub fn watch_disk(&self, full: watch::Receiver<Option<FullDisk>>) {
        // There is one data folder.
        let _ = self.full_disk.set(full);
    }

    /// Whether deliveries are taken: from the first moment, since the doors open when all that a delivery
    /// needs is there, and also while draining, for the next life to run.
    pub fn takes_deliveries(&self) -> bool {
        !matches!(*self.state.borrow(), State::Failed(_))
    }

    /// Whether the gate is on its way out.
    pub fn is_draining(&self) -> bool {
        *self.state.borrow() == State::Draining
    }

    /// Everything is up.
    pub fn ready(&self) {
        self.change(State::Ready);
    }

    /// No run is started from now on.
    pub fn drain(&self) {
        self.change(State::Draining);
    }

    /// The gate cannot go on.
    pub fn fail(&self, why: impl Into<String>) {
        self.change(State::Failed(why.into()));
    }

    /// Waits until the gate cannot go on, and says why.
    pub async fn failure(&self) -> String {
        let mut states = self.state.subscribe();
        loop {
            if let State::Failed(why) = &*states.borrow_and_update() {
                return why.clone();
            }
            if states.changed().await.is_err() {
                return "the gate is gone".to_owned();
            }
        }
    }

    /// A failure is final; any other state gives way.
    fn change(&self, to: State) {
        self.state.send_if_modified(|state| {
            let changes = !matches!(state, State::Failed(_));
            if changes {
                *state = to;
            }
            changes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_gate_whose_scheduler_does_not_look_is_not_ready() {
        let health = Health::default();
        let looked = watch::Sender::new(Instant::now());
        health.watch_scheduler(looked.subscribe());
        health.ready();
        assert_eq!(health.state(), State::Ready);
        tokio::time::advance(STALE_LOOK * 2).await;
        assert!(matches!(health.state(), State::Failed(why) if why.contains("scheduler")));
        assert!(health.takes_deliveries(), "what comes in is safe");
        looked.send_replace(Instant::now());
        assert_eq!(health.state(), State::Ready);
    }

    #[test]
    fn whoever_comes_between_the_opening_of_the_doors_and_readiness_is_not_sent_away() {
        let health = Health::default();
        assert_eq!(health.state(), State::Starting);
        assert!(health.takes_deliveries(), "a socket that outlives its gates has guests waiting");
        health.fail("the disk is gone");
        assert!(!health.takes_deliveries());
    }

    #[test]
    fn a_gate_whose_disk_is_full_is_degraded_though_a_small_write_succeeds() {
        let health = Health::default();
        let disk = watch::Sender::new(None);
        health.watch_disk(disk.subscribe());
        health.ready();
        assert_eq!(health.state(), State::Ready);
        let since = Timestamp::from_millis(1_800_000_000_000);
        disk.send_replace(Some(FullDisk { left: 17, since }));
        let why = "the disk is full: 17 bytes are left".to_owned();
        assert_eq!(health.state(), State::Degraded { why, since });
        assert!(health.takes_deliveries(), "what is small may still find room");
        disk.send_replace(None);
        assert_eq!(health.state(), State::Ready);
    }

    #[test]
    fn a_gate_whose_store_refuses_is_degraded_for_as_long_and_takes_deliveries() {
        let health = Health::default();
        let store = watch::Sender::new(StoreState::Writable);
        health.watch_store(store.subscribe());
        health.ready();
        let since = Timestamp::from_millis(1_800_000_000_000);
        store.send_replace(StoreState::Refusing { since, error: "disk full".to_owned() });
        let why = "the store takes no writes: disk full".to_owned();
        assert_eq!(health.state(), State::Degraded { why, since });
        assert!(health.takes_deliveries(), "the next one may find room");
        store.send_replace(StoreState::Writable);
        assert_eq!(health.state(), State::Ready);
    }
}
