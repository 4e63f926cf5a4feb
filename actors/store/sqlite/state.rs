//! Whether the thread that writes can, and why not.

use tokio::sync::watch;

use crate::{
    domain::Clock,
    store::{StoreError, StoreState},
};

/// What the writing thread says of itself, and everybody may know.
pub(super) struct WriterState {
    state: watch::Sender<StoreState>,
    clock: Clock,
}

impl WriterState {
    /// One that works, as far as anybody knows.
    pub(super) fn new(clock: Clock) -> Self {
        Self { state: watch::Sender::new(StoreState::Writable), clock }
    }

    /// How the store fares.
    pub(super) fn watch(&self) -> watch::Receiver<StoreState> {
        self.state.subscribe()
    }

    /// Why nothing will be written any more.
    pub(super) fn broken(&self) -> Option<StoreError> {
        self.state.borrow().broken()
    }

    /// Ends the store; the first reason counts.
    pub(super) fn break_for(&self, why: String) -> StoreError {
        self.state.send_if_modified(|state| {
            let is_first = state.broken().is_none();
            if is_first {
                *state = StoreState::Broken { error: why.clone() };
            }
            is_first
        });
        self.broken().unwrap_or(StoreError::Broken(why))
    }

    /// A group was written.
    pub(super) fn wrote(&self) {
        self.state.send_if_modified(|state| {
            let recovers = matches!(state, StoreState::Refusing { .. });
            if recovers {
                *state = StoreState::Writable;
            }
            recovers
        });
    }

    /// A group was refused, for a reason that may pass.
    pub(super) fn refused(&self, error: &str) {
        let now = self.clock.now();
        self.state.send_if_modified(|state| {
            let since = match state {
                StoreState::Writable => now,
                StoreState::Refusing { since, error: last } if last != error => *since,
                StoreState::Refusing { .. } | StoreState::Broken { .. } => return false,
            };
            *state = StoreState::Refusing { since, error: error.to_owned() };
            true
        });
    }
}
