//! The engine: every call under one lock.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::watch;

use super::state::State;
use crate::{
    domain::{
        AgentName, AnyId, Delivery, IdSource, JobId, LedgerError, NewJob, NodeId, NodeLife, OnCommit, Reason,
        ReceiptBatch, ReceiptId, ReceiptSink, Revision, RunId, SourceName, Timestamp,
    },
    store::{
        AgentOverride, Backlog, Bulk, BulkDone, BulkRow, Cancelled, ChangeQuery, ChangeRow, Claim, Claimed,
        ClockBack, CountOf, Cursors, DeadLetters, Finish, Finished, Fire, Fired, Found, Inserted, JobDetail,
        JobQuery, JobRow, LastRevision, Ledger, NewRevision, Operators, OutcomeCount, Pending, Prune, Pruned,
        QuarantineReason, Queue, ReceiptQuery, ReceiptRow, Rescue, Rescued, Retried, RevisionQuery,
        RevisionRow, Revisions, RunQuery, RunRow, ScheduleCursor, StoreError, StoreState, StoredReceipt,
        Unrouted, UnroutedQuery, Upkeep, Views,
    },
};

/// A store in memory.
pub struct MemoryEngine {
    state: Mutex<State>,
    ids: Arc<IdSource>,
    dedupe_window: Mutex<Duration>,
    fares: watch::Sender<StoreState>,
}

impl MemoryEngine {
    /// An empty store.
    pub fn new(dedupe_window: Duration) -> Self {
        Self {
            state: Mutex::default(),
            ids: Arc::new(IdSource::new(NodeId::default(), 0)),
            dedupe_window: Mutex::new(dedupe_window),
            fares: watch::Sender::new(StoreState::Writable),
        }
    }

    /// Lets tests say how the store fares; one that is broken refuses everything.
    pub fn pretend(&self, fares: StoreState) {
        self.fares.send_replace(fares);
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        match &*self.fares.borrow() {
            StoreState::Writable => {}
            StoreState::Refusing { error, .. } => return Err(StoreError::Unavailable(error.clone())),
            StoreState::Broken { error } => return Err(StoreError::Broken(error.clone())),
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        Ok(act(&mut state))
    }

    fn now<T: Send + 'static>(&self, act: impl FnOnce(&mut State) -> T) -> Pending<T> {
        let done = self.with(act);
        Box::pin(std::future::ready(done))
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryEngine")
    }
}

impl ReceiptSink for MemoryEngine {
    fn record(&self, batch: ReceiptBatch, done: OnCommit) {
        let window = *self.dedupe_window.lock().unwrap_or_else(PoisonError::into_inner);
        let committed = self.with(|state| state.record(batch, window));
        done(committed.map_err(|error| LedgerError(error.to_string())));
    }
}

impl Ledger for MemoryEngine {
    fn unrouted(&self, query: UnroutedQuery) -> Pending<Vec<Unrouted>> {
        self.now(|state| state.unrouted(&query))
    }

    fn routing_taken(&self, receipt: ReceiptId) -> Pending<u32> {
        self.now(|state| state.routing_taken(receipt))
    }

    fn quarantine(&self, receipt: ReceiptId, reason: QuarantineReason) -> Pending<bool> {
        self.now(|state| state.quarantine(receipt, reason))
    }

    fn delivery(&self, receipt: ReceiptId) -> Pending<Option<Delivery>> {
        self.now(|state| state.receipt(receipt).map(|stored| stored.delivery))
    }

    fn remember_for(&self, window: Duration) {
        *self.dedupe_window.lock().unwrap_or_else(PoisonError::into_inner) = window;
    }

    fn body(&self, receipt: ReceiptId) -> Pending<Option<Bytes>> {
        self.now(|state| state.receipt(receipt).map(|stored| stored.delivery.body().clone()))
    }
}

impl Queue for MemoryEngine {
    fn ids(&self) -> Arc<IdSource> {
        Arc::clone(&self.ids)
    }

    fn insert(&self, jobs: Vec<NewJob>) -> Pending<Vec<Inserted>> {
        self.now(|state| state.insert_all(&jobs))
    }

    fn claim(&self, claim: Claim) -> Pending<Claimed> {
        self.now(|state| state.claim(&claim))
    }

    fn renew(&self, runs: Vec<RunId>, by: NodeLife, until: Timestamp) -> Pending<Vec<RunId>> {
        self.now(|state| state.renew(runs, by, until))
    }

    fn finish(&self, finish: Finish, then: Option<Claim>) -> Pending<Finished> {
        self.now(|state| state.finish(&finish, then.as_ref()))
    }

    fn superseded(&self, agent: AgentName) -> Pending<Vec<RunId>> {
        self.now(|state| state.superseded(&agent))
    }

    fn cancel(&self, job: JobId, now: Timestamp) -> Pending<Cancelled> {
        self.now(|state| state.cancel(job, now))
    }

    fn retry(&self, job: JobId, now: Timestamp) -> Pending<Retried> {
        self.now(|state| state.retry(job, now))
    }

    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool> {
        self.now(|state| state.dismiss(job, now))
    }

    fn bulk(&self, bulk: Bulk) -> Pending<BulkDone> {
        self.now(|state| state.bulk(&bulk))
    }

    fn hold(&self, jobs: Vec<JobId>, by: Option<String>) -> Pending<u64> {
        self.now(|state| state.hold(&jobs, by.as_deref()))
    }

    fn hand_over(&self, from: AgentName, to: AgentName, limit: u32) -> Pending<u64> {
        self.now(|state| state.hand_over(&from, &to, limit))
    }

    fn discard_of(&self, agent: AgentName, reason: Reason, now: Timestamp, limit: u32) -> Pending<u64> {
        self.now(|state| state.discard_of(&agent, &reason, now, limit))
    }
}

impl Cursors for MemoryEngine {
    fn cursors(&self) -> Pending<Vec<ScheduleCursor>> {
        self.now(|state| state.cursors())
    }

    fn fire(&self, fire: Fire) -> Pending<Fired> {
        self.now(|state| state.fire(&fire))
    }
}

impl Revisions for MemoryEngine {
    fn add_revision(&self, revision: NewRevision) -> Pending<Revision> {
        self.now(|state| state.revisions.add(revision))
    }

    fn last_revision(&self) -> Pending<Option<LastRevision>> {
        self.now(|state| state.revisions.last())
    }
}

impl Upkeep for MemoryEngine {
    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>> {
        self.now(|state| state.rescue(&rescue))
    }

    fn follow_clock(&self, back: ClockBack) -> Pending<u64> {
        self.now(move |state| state.follow_clock(back))
    }

    fn prune(&self, step: Prune) -> Pending<Pruned> {
        self.now(|state| state.prune(&step))
    }

    fn probe(&self) -> Pending<()> {
        self.now(|_| ())
    }

    fn state(&self) -> watch::Receiver<StoreState> {
        self.fares.subscribe()
    }

    fn close(&self) -> Pending<()> {
        // Closing twice is closing.
        let _ = self.with(|state| state.closed = true);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Operators for MemoryEngine {
    fn overrides(&self) -> Pending<Vec<AgentOverride>> {
        self.now(|state| state.overrides.values().cloned().collect())
    }

    fn set_override(&self, wish: AgentOverride) -> Pending<()> {
        self.now(|state| state.set_override(wish))
    }

    fn note_change(&self, change: ChangeRow) -> Pending<()> {
        self.now(|state| drop(state.changes.insert(change.id, change)))
    }

    fn changes(&self, query: ChangeQuery) -> Pending<Vec<ChangeRow>> {
        self.now(|state| state.changes_by(&query).take(query.limit as usize).cloned().collect())
    }

    fn save_bulk(&self, task: BulkRow) -> Pending<()> {
        self.now(|state| state.save_bulk(task))
    }

    fn bulks(&self) -> Pending<Vec<BulkRow>> {
        self.now(|state| state.list_bulks())
    }
}

impl Views for MemoryEngine {
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>> {
        self.now(|state| state.receipt(id))
    }

    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>> {
        self.now(|state| state.list_receipts(&query))
    }

    fn job(&self, id: JobId) -> Pending<Option<JobDetail>> {
        self.now(|state| state.job(id))
    }

    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>> {
        self.now(|state| state.list_jobs(&query))
    }

    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>> {
        self.now(|state| state.list_runs(&query))
    }

    fn find(&self, id: AnyId) -> Pending<Option<Found>> {
        self.now(|state| state.find(id))
    }

    fn count(&self, of: CountOf, cap: u32) -> Pending<u32> {
        self.now(|state| state.count(&of, cap))
    }

    fn revisions(&self, query: RevisionQuery) -> Pending<Vec<RevisionRow>> {
        self.now(|state| state.revisions.list(query))
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.now(|state| state.backlog())
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.now(|state| state.oldest_due())
    }

    fn outcomes(&self, since: Timestamp) -> Pending<Vec<OutcomeCount>> {
        self.now(|state| state.outcomes(since))
    }

    fn last_runs(&self, agents: Vec<AgentName>) -> Pending<Vec<RunRow>> {
        self.now(|state| state.last_runs(&agents))
    }

    fn dead_letters(&self, query: JobQuery) -> Pending<Vec<DeadLetters>> {
        self.now(|state| state.dead_letters(&query))
    }

    fn last_receipts(&self) -> Pending<Vec<(SourceName, ReceiptId)>> {
        self.now(|state| state.last_receipts())
    }
}
