//! The way to the parsers of all workers.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwap;

use crate::{
    domain::{ParseRequest, PendingReceipt, ProviderName},
    runtime::{ArbiterHandle, MailboxSender, SendError},
};

/// Starts the parser of a provider on a worker's thread.
pub type StartParser = Box<dyn Fn(&ArbiterHandle, ProviderName) -> MailboxSender<ParseRequest> + Send + Sync>;

/// Every parser: one per provider and HTTP worker, on the worker's own thread.
///
/// A worker's ingress posts to the parser beside it, so that a delivery does not change threads; what
/// replays and routes again posts to any of them.
#[derive(Clone)]
pub struct Parsers(Arc<Shared>);

struct Shared {
    start: StartParser,
    workers: Mutex<Vec<ArbiterHandle>>,
    /// By provider, one for each worker, in the order in which the workers came.
    senders: ArcSwap<Senders>,
    turn: AtomicUsize,
}

type Senders = HashMap<ProviderName, Vec<MailboxSender<ParseRequest>>>;

impl Parsers {
    /// No parsers yet.
    pub fn new(start: StartParser) -> Self {
        Self(Arc::new(Shared {
            start,
            workers: Mutex::default(),
            senders: ArcSwap::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Sees to it that every worker has a parser for each of `providers`.
    pub fn serve(&self, providers: impl IntoIterator<Item = ProviderName>) {
        let workers = self.workers();
        let mut senders = Senders::clone(&self.0.senders.load());
        for provider in providers {
            senders
                .entry(provider)
                .or_insert_with(|| workers.iter().map(|worker| (self.0.start)(worker, provider)).collect());
        }
        self.0.senders.store(Arc::new(senders));
    }

    /// Starts the parsers of one more worker.
    pub fn join(&self, worker: ArbiterHandle) -> WorkerParsers {
        let mut workers = self.workers();
        let mut senders = Senders::clone(&self.0.senders.load());
        for (provider, senders) in &mut senders {
            senders.push((self.0.start)(&worker, *provider));
        }
        self.0.senders.store(Arc::new(senders));
        workers.push(worker);
        WorkerParsers { parsers: self.clone(), worker: workers.len() - 1 }
    }

    /// Gives the receipt to any parser of its provider, to each in turn.
    ///
    /// # Errors
    /// Gives the receipt back when none can take it.
    pub fn try_send(&self, receipt: PendingReceipt) -> Result<(), PendingReceipt> {
        self.try_send_from(self.0.turn.fetch_add(1, Ordering::Relaxed), receipt)
    }

    /// Asks the parser at `first`, then the others.
    fn try_send_from(&self, first: usize, receipt: PendingReceipt) -> Result<(), PendingReceipt> {
        let senders = self.0.senders.load();
        let of_provider = senders.get(&receipt.delivery().provider()).map_or(&[][..], Vec::as_slice);
        let mut request = ParseRequest(receipt);
        for step in 0..of_provider.len() {
            match of_provider[first.wrapping_add(step) % of_provider.len()].try_send(request) {
                Ok(()) => return Ok(()),
                Err(SendError::Full(back) | SendError::Closed(back)) => request = back,
            }
        }
        Err(request.0)
    }

    fn workers(&self) -> MutexGuard<'_, Vec<ArbiterHandle>> {
        // Only ever appended to.
        self.0.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parsers as one worker sees them.
#[derive(Clone)]
pub struct WorkerParsers {
    parsers: Parsers,
    worker: usize,
}

impl WorkerParsers {
    /// The worker's number.
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// Gives the receipt to the worker's own parser of its provider; only if that cannot take it, to
    /// another's.
    ///
    /// # Errors
    /// Gives the receipt back when none can take it.
    pub fn try_send(&self, receipt: PendingReceipt) -> Result<(), PendingReceipt> {
        self.parsers.try_send_from(self.worker, receipt)
    }
}
