//! Whether the gate can do its work, and why not.

use std::sync::{Arc, OnceLock};

use herdgate_actors::schedule::STALE_LOOK;
use tokio::{sync::watch, time::Instant};

/// Where the gate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not everything is there yet.
    Starting,
    /// Takes deliveries.
    Ready,
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
}

impl Default for Health {
    fn default() -> Self {
        Self { state: Arc::new(watch::Sender::new(State::Starting)), looked: Arc::default() }
    }
}

impl Health {
    /// Where the gate stands. One whose scheduler does not look any more is shown as failed, though
    /// it takes deliveries: they are safe, but what should happen by itself does not.
    pub fn state(&self) -> State {
        let state = self.state.borrow().clone();
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

    /// Whether deliveries are taken: also while draining, for the next life to run.
    pub fn takes_deliveries(&self) -> bool {
        matches!(*self.state.borrow(), State::Ready | State::Draining)
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
}
