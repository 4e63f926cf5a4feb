//! Deletes history that is older than it needs to be kept.
//!
//! In small steps with pauses between them: the store's writer goes on answering deliveries, and a
//! file system that has just deleted many folders creates new ones slowly. Files are deleted on a
//! thread that may block. A gate to which nothing is sent prunes as well: its clock is trusted as far as
//! time has passed since it looked first. A round that begins right after the clock leapt ahead
//! deletes nothing: the clock may be wrong, and what is deleted does not come back.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::{sync::watch, time::Instant};

use crate::{
    domain::{Clock, ClockJump, ClockWatch, RunId, Timestamp},
    runtime::{ActorScope, Envelope},
    store::{Prune, Store},
    telemetry::{Event, emit},
    upkeep::Progress,
};

/// Receipts, jobs and keys of one step: one commit of a few milliseconds.
const STEP: u32 = 100;
/// Between two steps. So a million runs are deleted within an hour and a half, and what comes in
/// meanwhile notices nothing.
const STEP_PAUSE: Duration = Duration::from_millis(500);
/// A clock that was ahead by more than this may be wrong by any amount.
const LEAP: Duration = Duration::from_secs(3600);

/// Message to the pruning: look now. One that comes while a round is under way changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct PruneNow;

/// What the pruning works with.
pub struct PruneDeps {
    /// Where history is.
    pub store: Arc<dyn Store>,
    /// Deletes the files of a run. May block: it is called on a thread that may.
    pub forget: Arc<dyn Fn(RunId) + Send + Sync>,
    /// The time.
    pub clock: Clock,
    /// How long ended work is kept, from the next round on.
    pub retention: watch::Receiver<Duration>,
    /// What it shows of itself.
    pub progress: watch::Sender<Progress>,
}

/// The pruning.
pub struct PruneActor {
    deps: Rc<PruneDeps>,
    scope: ActorScope,
    clocks: ClockWatch,
    born: Instant,
    /// The newest time in the store at the first look of this life, and when that was.
    known: Option<(Timestamp, Instant)>,
    is_busy: bool,
}

impl PruneActor {
    /// A pruning that waits for [`PruneNow`].
    pub fn new(deps: PruneDeps, scope: ActorScope) -> Self {
        let clocks = ClockWatch::new(deps.clock.now(), Duration::ZERO);
        Self { deps: Rc::new(deps), scope, clocks, born: Instant::now(), known: None, is_busy: false }
    }

    fn begin(&mut self, context: &mut Context<Self>) {
        if self.is_busy {
            return;
        }
        let jump = self.clocks.look(self.deps.clock.now(), self.born.elapsed());
        if matches!(jump, Some(ClockJump::Ahead(by)) if by > LEAP) {
            let detail = "nothing is pruned this time: the clock leapt ahead".to_owned();
            return emit(Event::Warned { about: "prune", detail });
        }
        self.is_busy = true;
        let deps = Rc::clone(&self.deps);
        let (begun, trusted) = (Instant::now(), self.trusted());
        let round = async move { deps.round(trusted).await }.into_actor(self);
        context.spawn(round.map(move |newest, this, _| {
            this.is_busy = false;
            this.known = this.known.or(newest.map(|newest| (newest, begun)));
        }));
    }
}

impl PruneActor {
    /// Up to when the clock is right for certain: time that passed has passed, however idle the gate is.
    fn trusted(&self) -> Option<Timestamp> {
        self.known.map(|(newest, since)| newest.plus(since.elapsed()))
    }
}

impl Actor for PruneActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        // A round that a restart cut off goes on at the next message.
        self.is_busy = false;
    }
}

impl Supervised for PruneActor {}

impl Handler<Envelope<PruneNow>> for PruneActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<PruneNow>, context: &mut Context<Self>) {
        let scope = self.scope.clone();
        // Contained: told where it is caught.
        let _ = scope.contain(envelope, |PruneNow| self.begin(context));
    }
}

impl PruneDeps {
    /// Says what the newest time in the store was.
    async fn round(&self, trusted: Option<Timestamp>) -> Option<Timestamp> {
        crate::failpoint::hit("upkeep.prune");
        Progress::begin(&self.progress);
        let (now, begun) = (self.clock.now(), Instant::now());
        let retention = *self.retention.borrow();
        let (mut receipts, mut runs, mut newest) = (0, 0, None);
        loop {
            let step = Prune { now, trusted, retention, limit: STEP };
            match self.store.prune(step).await {
                Ok(pruned) => {
                    newest = newest.or(pruned.newest);
                    receipts += pruned.receipts;
                    runs += pruned.runs.len();
                    self.forget(pruned.runs).await;
                    if !pruned.more {
                        break;
                    }
                }
                Err(error) => {
                    emit(Event::StoreRefused { wanted: "prune", error: error.to_string() });
                    break;
                }
            }
            tokio::time::sleep(STEP_PAUSE).await;
        }
        if receipts > 0 || runs > 0 {
            emit(Event::Pruned { receipts, runs, took_ms: begun.elapsed().into() });
        }
        Progress::end(&self.progress, receipts + runs as u64);
        newest
    }
}

impl PruneDeps {
    /// Deletes files, and waits for it: the next step finds the disk free.
    async fn forget(&self, runs: Vec<RunId>) {
        if runs.is_empty() {
            return;
        }
        let forget = Arc::clone(&self.forget);
        let deleted = tokio::task::spawn_blocking(move || runs.into_iter().for_each(|run| forget(run)));
        if let Err(panic) = deleted.await {
            emit(Event::Warned { about: "prune", detail: format!("deleting files: {panic}") });
        }
    }
}

#[cfg(test)]
mod tests;
