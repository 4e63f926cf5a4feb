//! What an actor of the upkeep shows of itself.

use tokio::{sync::watch, time::Instant};

/// Where its rounds stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Whether a round is under way.
    pub is_busy: bool,
    /// Since when it is busy, or waits.
    pub since: Instant,
    /// How many rounds have ended.
    pub rounds: u64,
    /// What all rounds together have done: runs rescued, receipts routed, and so on.
    pub done: u64,
}

impl Progress {
    /// A watch on an actor that has not begun.
    pub fn channel() -> watch::Sender<Self> {
        watch::Sender::new(Self { is_busy: false, since: Instant::now(), rounds: 0, done: 0 })
    }

    pub(super) fn begin(progress: &watch::Sender<Self>) {
        progress.send_modify(|progress| {
            progress.is_busy = true;
            progress.since = Instant::now();
        });
    }

    pub(super) fn end(progress: &watch::Sender<Self>, done: u64) {
        progress.send_modify(|progress| {
            *progress = Self {
                is_busy: false,
                since: Instant::now(),
                rounds: progress.rounds + 1,
                done: progress.done + done,
            };
        });
    }
}
