//! The engine: every call under one lock.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::state::State;
use crate::{
    domain::{
        AgentName, IdSource, JobId, Ledger, LedgerError, OnCommit, ReceiptBatch, ReceiptId, RunId, Timestamp,
    },
    store::{
        Backlog, Claim, Claimed, Engine, Finish, Fire, Fired, JobDetail, JobQuery, JobRow, NewJob, Pending,
        Pruned, Reads, ReceiptQuery, ReceiptRow, Rescue, Rescued, Retried, RunQuery, RunRow, ScheduleCursor,
        StoreError, StoredReceipt,
    },
};

/// A store in memory.
pub struct MemoryEngine {
    state: Mutex<State>,
    ids: Arc<IdSource>,
    dedupe_window: Duration,
}

impl MemoryEngine {
    /// An empty store.
    pub fn new(dedupe_window: Duration) -> Self {
        Self { state: Mutex::default(), ids: Arc::new(IdSource::after(0)), dedupe_window }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
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

impl Ledger for MemoryEngine {
    fn record(&self, record: ReceiptBatch, done: OnCommit) {
        let committed = self.with(|state| state.record(record, &self.ids, self.dedupe_window));
        done(committed.map_err(|error| LedgerError(error.to_string())));
    }
}

impl Engine for MemoryEngine {
    fn ids(&self) -> Arc<IdSource> {
        Arc::clone(&self.ids)
    }

    fn claim(&self, claim: Claim) -> Pending<Claimed> {
        self.now(|state| state.claim(&claim))
    }

    fn renew(&self, run: RunId, until: Timestamp) -> Pending<bool> {
        self.now(|state| state.renew(run, until))
    }

    fn finish(&self, finish: Finish) -> Pending<bool> {
        self.now(|state| state.finish(&finish))
    }

    fn fire(&self, fire: Fire) -> Pending<Fired> {
        self.now(|state| state.fire(&fire, &self.ids))
    }

    fn enqueue(&self, job: NewJob) -> Pending<JobId> {
        self.now(|state| state.enqueue(job, &self.ids))
    }

    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>> {
        self.now(|state| state.rescue(&rescue))
    }

    fn unrouted(&self, before: Timestamp, max_routings: u32, limit: u32) -> Pending<Vec<StoredReceipt>> {
        self.now(|state| state.unrouted(before, max_routings, limit))
    }

    fn retry_job(&self, job: JobId, now: Timestamp) -> Pending<Retried> {
        self.now(|state| state.retry_job(job, now))
    }

    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool> {
        self.now(|state| state.dismiss(job, now))
    }

    fn prune(&self, before: Timestamp, marks_before: Timestamp, limit: u32) -> Pending<Pruned> {
        self.now(|state| state.prune(before, marks_before, limit))
    }

    fn probe(&self) -> Pending<()> {
        self.now(|_| ())
    }

    fn broken(&self) -> Option<StoreError> {
        None
    }

    fn close(&self) -> Pending<()> {
        // Closing twice is closing.
        let _ = self.with(|state| state.closed = true);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Reads for MemoryEngine {
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

    fn cursors(&self) -> Pending<Vec<ScheduleCursor>> {
        self.now(|state| state.cursors())
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.now(|state| state.backlog())
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.now(|state| state.oldest_due())
    }
}
