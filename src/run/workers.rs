//! What runs on each HTTP worker's own thread: its ingress, and a parser for each provider, so that a
//! delivery changes threads only when an agent may want it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use actix::Arbiter;
use arc_swap::ArcSwap;
use herdgate_actors::{
    domain::{Clock, IdSource, ProviderName, ReceiptSink, UnverifiedRequest},
    ingress::{Admission, IngressActor},
    parser::{ParserActor, Parsers},
    runtime::{ActorId, ActorScope, MailboxMetrics, MailboxSender, Offload, Policy, Supervision},
};

/// Large bodies that wait for a thread, for each thread. What they hold of the budget bounds them too;
/// more than these would not be answered in time.
const LARGE_WAITING: usize = 16;

pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Where large bodies are hashed and read: as many at once as there are cores.
pub(super) fn offload() -> Offload {
    Offload::new(cores(), cores() * LARGE_WAITING)
}

/// No parsers yet, but a way to start them; `build` makes one. All parsers of a provider share a
/// mailbox's bound and numbers, of `mailbox` messages for each worker.
pub(super) fn parsers(
    supervision: &Supervision,
    mailbox: usize,
    build: impl Fn(ProviderName, ActorScope) -> ParserActor + Send + Sync + 'static,
) -> Parsers {
    let (supervision, build) = (supervision.clone(), Arc::new(build));
    let metrics = Mutex::new(HashMap::<ProviderName, Arc<MailboxMetrics>>::new());
    Parsers::new(Box::new(move |worker, provider| {
        let id = ActorId::new("parser", provider.as_str());
        let metrics = Arc::clone(
            metrics
                .lock()
                // Only ever added to.
                .unwrap_or_else(PoisonError::into_inner)
                .entry(provider)
                .or_insert_with(|| MailboxMetrics::new(&id, mailbox * cores())),
        );
        let build = Arc::clone(&build);
        let start = move |_: &mut _, scope| build(provider, scope);
        MailboxSender::new(supervision.start(worker, id, Policy::default(), start), metrics)
    }))
}

/// Starts the actors of one worker after the other.
pub(super) struct WorkerActors {
    pub(super) supervision: Supervision,
    pub(super) admission: Arc<ArcSwap<Admission>>,
    pub(super) parsers: Parsers,
    pub(super) sink: Arc<dyn ReceiptSink>,
    pub(super) ids: Arc<IdSource>,
    pub(super) clock: Clock,
    pub(super) offload: Offload,
    /// How many requests wait in one worker.
    pub(super) mailbox: usize,
}

impl WorkerActors {
    /// Starts those of the worker whose thread this is; the way to its ingress.
    pub(super) fn start(&self) -> MailboxSender<UnverifiedRequest> {
        let here = Arbiter::current();
        let parsers = self.parsers.join(here.clone());
        let id = ActorId::new("ingress", parsers.worker().to_string());
        let metrics = MailboxMetrics::new(&id, self.mailbox);
        let (admission, sink) = (Arc::clone(&self.admission), Arc::clone(&self.sink));
        let (ids, clock, offload) = (Arc::clone(&self.ids), self.clock.clone(), self.offload.clone());
        let ingress = self.supervision.start(&here, id, Policy::default(), move |_, scope| IngressActor {
            admission,
            sink,
            ids,
            clock,
            to_parser: Arc::new(move |receipt| drop(parsers.try_send(receipt))),
            offload,
            scope,
        });
        MailboxSender::new(ingress, metrics)
    }
}
