//! Whether the gate can do its work, and why not.

use std::sync::Arc;

use tokio::sync::watch;

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
pub struct Health(Arc<watch::Sender<State>>);

impl Default for Health {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::Starting)))
    }
}

impl Health {
    /// Where the gate stands.
    pub fn state(&self) -> State {
        self.0.borrow().clone()
    }

    /// Whether deliveries are taken: also while draining, for the next life to run.
    pub fn takes_deliveries(&self) -> bool {
        matches!(*self.0.borrow(), State::Ready | State::Draining)
    }

    /// Whether the gate is on its way out.
    pub fn is_draining(&self) -> bool {
        *self.0.borrow() == State::Draining
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
        let mut states = self.0.subscribe();
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
        self.0.send_if_modified(|state| {
            let changes = !matches!(state, State::Failed(_));
            if changes {
                *state = to;
            }
            changes
        });
    }
}
