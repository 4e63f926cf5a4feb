//! What all agents of a gate share: the places for runs, and the way to stop them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::runner::{StopHandle, StopMode, StopSignal};

/// Runs of all agents together.
#[derive(Debug)]
pub struct Herd {
    places: Option<Arc<Semaphore>>,
    draining: AtomicBool,
    stop: StopHandle,
    told: StopSignal,
    alive: watch::Sender<usize>,
}

impl Herd {
    /// A herd with at most `scale` runs at once, if there is a limit.
    pub fn new(scale: Option<u32>) -> Arc<Self> {
        let (stop, told) = StopHandle::new();
        Arc::new(Self {
            places: scale.map(|scale| Arc::new(Semaphore::new(scale as usize))),
            draining: AtomicBool::new(false),
            stop,
            told,
            alive: watch::Sender::new(0),
        })
    }

    /// Waits for a place, in the order of asking. Nothing to wait for without a limit.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        match &self.places {
            Some(places) => Arc::clone(places).acquire_owned().await.ok(),
            None => None,
        }
    }

    /// Up to `wanted` more places that are free now; as many as wanted without a limit.
    pub(super) fn more_places(&self, wanted: usize) -> Vec<Option<OwnedSemaphorePermit>> {
        match &self.places {
            Some(places) => {
                (0..wanted).map_while(|_| Arc::clone(places).try_acquire_owned().ok().map(Some)).collect()
            }
            None => (0..wanted).map(|_| None).collect(),
        }
    }

    /// Whether new runs may begin.
    pub(super) fn takes_runs(&self) -> bool {
        !self.draining.load(Ordering::Acquire)
    }

    /// Counts a run until the guard is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Alive {
        self.alive.send_modify(|alive| *alive += 1);
        Alive(Arc::clone(self))
    }

    /// What a run watches to learn that it must end.
    pub(super) fn stop_signal(&self) -> StopSignal {
        self.told.clone()
    }

    /// How many runs are under way.
    pub fn alive(&self) -> usize {
        *self.alive.borrow()
    }

    /// Begins no more runs.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Waits until no run is left, or `patience` is over. Says whether none is left.
    pub async fn idle_within(&self, patience: Duration) -> bool {
        let mut alive = self.alive.subscribe();
        tokio::time::timeout(patience, alive.wait_for(|alive| *alive == 0)).await.is_ok()
    }

    /// Tells every run to end, gently or at once.
    pub fn stop(&self, how: StopMode) {
        self.stop.stop(how);
    }
}

/// A run that counts.
#[derive(Debug)]
pub(super) struct Alive(Arc<Herd>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.send_modify(|alive| *alive -= 1);
    }
}
