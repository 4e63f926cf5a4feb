//! The record that a delivery takes with it.
//!
//! Every hand on the way holds a clone of [`PendingReceipt`]: the parser writes the event on it,
//! each agent its verdict. When the last clone is dropped the receipt closes and goes to the
//! store as one atomic batch; the HTTP answer leaves after the commit. So there is one fsync for
//! a group of deliveries and no half-routed state, and a hand that panics leaves a gap which the
//! receipt shows.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::{
    AgentName, AgentSpec, Answer, Delivery, DeliveryAck, Event, Match, NewJob, ReceiptId, Reply, Revision,
    Timestamp, Topology, Verdict, request::Unfinished,
};

/// Message to a parser: read this delivery.
#[derive(Debug)]
pub struct ParseRequest(pub PendingReceipt);

/// Message to an agent: do you want this delivery?
#[derive(Debug)]
pub struct FilterRequest {
    /// The agent, as the configuration had it under which the delivery came.
    pub agent: Arc<AgentSpec>,
    /// What the delivery says.
    pub event: Arc<Event>,
    /// Where the verdict goes.
    pub receipt: PendingReceipt,
}

/// Message to the rerouting: whoever read this delivery panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPanicked {
    /// Under which id it is kept.
    pub receipt: ReceiptId,
    /// The text of the panic.
    pub problem: String,
}

/// A shared handle on a receipt that is being written.
#[derive(Debug, Clone)]
pub struct PendingReceipt(Arc<Inner>);

struct Inner {
    id: ReceiptId,
    origin: Origin,
    delivery: Arc<Delivery>,
    topology: Arc<Topology>,
    sink: Arc<dyn ReceiptSink>,
    draft: Mutex<Draft>,
}

/// What has been written so far.
#[derive(Default)]
struct Draft {
    closed: bool,
    parsed: Option<Parsed>,
    expected: usize,
    answered: usize,
    verdicts: Vec<Verdict>,
    jobs: Vec<NewJob>,
    wakes: Vec<(AgentName, Arc<dyn WakeUp>)>,
    reply: Option<Reply>,
}

/// How a receipt came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A request.
    Request,
    /// An earlier receipt, stored without complete routing, is routed again under its own id.
    Reroute,
    /// An operator replays an earlier receipt under a new id.
    Replay {
        /// The earlier receipt.
        of: ReceiptId,
    },
}

/// What the parser made of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// An event.
    Event(Arc<Event>),
    /// Nothing that the provider would send.
    Unparsable(Unparsable),
}

/// A verified body that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unparsable(pub String);

/// Rouses an agent after its job is on disk. A lost wake-up costs only latency.
pub trait WakeUp: Send + Sync {
    /// Must not block.
    fn wake(&self);
}

impl PendingReceipt {
    /// Opens a receipt of a delivery that `topology` judges from here to its last filter; `reply` is
    /// answered when it is on disk.
    pub fn open(
        id: ReceiptId,
        origin: Origin,
        delivery: Delivery,
        topology: Arc<Topology>,
        sink: Arc<dyn ReceiptSink>,
        reply: Option<Reply>,
    ) -> Self {
        let inner = Arc::new(Inner {
            id,
            origin,
            delivery: Arc::new(delivery),
            topology,
            sink,
            draft: Mutex::default(),
        });
        if let Some(reply) = reply {
            let unfinished: Weak<dyn Unfinished> = Arc::downgrade(&inner) as Weak<dyn Unfinished>;
            reply.watch(unfinished);
            inner.draft().reply = Some(reply);
        }
        Self(inner)
    }

    /// The id under which it will be kept.
    pub fn id(&self) -> ReceiptId {
        self.0.id
    }

    /// The delivery that it is about.
    pub fn delivery(&self) -> &Delivery {
        &self.0.delivery
    }

    /// What was configured when it came.
    pub fn topology(&self) -> &Arc<Topology> {
        &self.0.topology
    }

    /// Writes what the parser found, and how many agents will be asked.
    pub fn parsed(&self, parsed: Parsed, expected: usize) {
        let mut draft = self.0.draft();
        draft.parsed = Some(parsed);
        draft.expected = expected;
    }

    /// Writes that an agent wants `job`; `wake` rouses it once the job is on disk.
    pub fn matched(&self, matched: Match, job: NewJob, wake: Arc<dyn WakeUp>) {
        let mut draft = self.0.draft();
        draft.answered += 1;
        draft.wakes.push((matched.agent.clone(), wake));
        draft.verdicts.push(Verdict::Matched(matched));
        draft.jobs.push(job);
    }

    /// Writes that an agent does not want it. `reasons` is asked only while there is room.
    pub(crate) fn not_matched(&self, reasons: impl FnOnce() -> Verdict) {
        let mut draft = self.0.draft();
        draft.answered += 1;
        if draft.verdicts.len() < STORED_MISMATCHES {
            draft.verdicts.push(reasons());
        }
    }
}

/// Reasons beyond this many agents are not stored; `explain` finds them again.
const STORED_MISMATCHES: usize = 64;

impl Inner {
    fn draft(&self) -> MutexGuard<'_, Draft> {
        // A page is consistent after every single write, so a panic elsewhere spoils nothing.
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, routed: bool) {
        let draft = {
            let mut draft = self.draft();
            if draft.closed {
                return;
            }
            draft.closed = true;
            std::mem::replace(&mut *draft, Draft { closed: true, ..Draft::default() })
        };
        let parsed = if routed { draft.parsed } else { None };
        let record = ReceiptBatch {
            id: self.id,
            origin: self.origin,
            delivery: Arc::clone(&self.delivery),
            missing: if parsed.is_some() { draft.expected.saturating_sub(draft.answered) } else { 0 },
            verdicts: if parsed.is_some() { draft.verdicts } else { Vec::new() },
            revision: self.topology.revision(),
            jobs: if parsed.is_some() { draft.jobs } else { Vec::new() },
            parsed,
        };
        let (unparsable, event) = match &record.parsed {
            Some(Parsed::Unparsable(problem)) => (Some(problem.0.clone()), None),
            Some(Parsed::Event(event)) => (None, Some(Arc::clone(event))),
            None => (None, None),
        };
        let (id, wakes, reply) = (self.id, draft.wakes, draft.reply);
        self.sink.record(
            record,
            Box::new(move |committed| {
                let answer = match committed {
                    Err(_) => Answer::Unavailable,
                    Ok(committed) => {
                        let created: HashSet<_> =
                            committed.created.iter().map(|created| &created.agent).collect();
                        wakes
                            .iter()
                            .filter(|(agent, _)| created.contains(agent))
                            .for_each(|(_, wake)| wake.wake());
                        answer(id, &committed, unparsable)
                    }
                };
                if let Some(reply) = reply {
                    reply.send_about(answer, event.as_ref().map(|event| event.header.event.as_ref()));
                }
            }),
        );
    }
}

fn answer(id: ReceiptId, committed: &CommitResult, unparsable: Option<String>) -> Answer {
    match unparsable {
        Some(reason) => Answer::Unparsable { receipt: id, reason },
        None => Answer::DeliveryAck(DeliveryAck {
            receipt: id,
            matched: u32::try_from(committed.created.len()).unwrap_or(u32::MAX),
            skipped: committed.skipped,
            duplicate: committed.duplicate_of.is_some(),
        }),
    }
}

impl Unfinished for Inner {
    fn commit_now(&self) {
        self.close(false);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close(true);
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("id", &self.id).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// A closed receipt on its way to the store.
#[derive(Debug, Clone)]
pub struct ReceiptBatch {
    /// Under which id to keep it.
    pub id: ReceiptId,
    /// How it came to be.
    pub origin: Origin,
    /// The delivery itself.
    pub delivery: Arc<Delivery>,
    /// What it says; `None` leaves it to the upkeep to route it.
    pub parsed: Option<Parsed>,
    /// What the agents decided, a bounded number of mismatches among it.
    pub verdicts: Vec<Verdict>,
    /// The jobs that the matches among them ask for.
    pub jobs: Vec<NewJob>,
    /// How many agents were asked and never answered; the upkeep asks again.
    pub missing: usize,
    /// Which configuration judged it.
    pub revision: Revision,
}

/// What became of a [`ReceiptBatch`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitResult {
    /// The first receipt of the same delivery, where there is one.
    pub duplicate_of: Option<ReceiptId>,
    /// The jobs that now wait.
    pub created: Vec<Created>,
    /// Matches that made no waiting job: one existed for the delivery, or the queue was full.
    pub skipped: u32,
}

/// A job that a record created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Whose it is.
    pub agent: AgentName,
    /// Its id.
    pub job: crate::domain::JobId,
    /// When it is due.
    pub due: Timestamp,
}

/// Called once, after the commit or its failure.
pub type OnCommit = Box<dyn FnOnce(Result<CommitResult, LedgerError>) + Send>;

/// A record that is not on disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store did not take the record: {0}")]
pub struct LedgerError(pub String);

/// Takes closed receipts and makes them durable: the store, as a receipt sees it.
pub trait ReceiptSink: Send + Sync + 'static {
    /// Commits the record with its dedupe keys and jobs as one batch, then calls `done`. Never
    /// blocks for the disk.
    fn record(&self, record: ReceiptBatch, done: OnCommit);
}
