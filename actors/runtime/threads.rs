//! The threads that actors live on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix::ArbiterHandle;

/// Threads with an event loop each, given out in turn; clones share the turn.
#[derive(Clone)]
pub struct Threads(Arc<Inner>);

struct Inner {
    arbiters: Vec<ArbiterHandle>,
    turn: AtomicUsize,
}

impl Threads {
    /// These threads, of which there is at least one.
    pub fn new(first: ArbiterHandle, more: impl IntoIterator<Item = ArbiterHandle>) -> Self {
        let arbiters = std::iter::once(first).chain(more).collect();
        Self(Arc::new(Inner { arbiters, turn: AtomicUsize::new(0) }))
    }

    /// The next one.
    pub fn next(&self) -> &ArbiterHandle {
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        &self.0.arbiters[turn % self.0.arbiters.len()]
    }
}
