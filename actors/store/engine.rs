//! What every store must do.

use std::{future::Future, pin::Pin, sync::Arc};

use super::{
    Backlog, Claim, Claimed, Finish, Fire, Fired, JobDetail, JobQuery, JobRow, NewJob, Pruned, ReceiptQuery,
    ReceiptRow, Rescue, Rescued, Retried, RunQuery, RunRow, ScheduleCursor, StoredReceipt,
};
use crate::domain::{AgentName, IdSource, JobId, Ledger, ReceiptId, RunId, Timestamp};

/// An answer that comes after the commit.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It may work later: disk full, database locked.
    #[error("the store cannot write now: {0}")]
    Unavailable(String),
    /// It will not work again in this process: I/O error, corruption, a dead writer.
    #[error("the store is broken: {0}")]
    Broken(String),
}

/// The half of a store that only looks.
pub trait Reads: Send + Sync + 'static {
    /// One receipt with its body, context, verdicts and jobs.
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>>;

    /// Receipts, newest first, without bodies.
    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>>;

    /// One job with its attempts.
    fn job(&self, id: JobId) -> Pending<Option<JobDetail>>;

    /// Jobs, newest first.
    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>>;

    /// Attempts, newest job first, and of a job newest first. The end of a page may cut off older
    /// attempts of its last job; [`Reads::job`] has them all.
    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>>;

    /// What is remembered of every agent's schedule.
    fn cursors(&self) -> Pending<Vec<ScheduleCursor>>;

    /// Jobs by agent and state; states without a job are left out.
    fn backlog(&self) -> Pending<Vec<Backlog>>;

    /// When the first waiting job of each agent is due, or was.
    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>>;
}

/// A durable store.
///
/// # Contract
/// - Each call is atomic, and durable when it answers.
/// - [`Ledger::record`] writes the receipt, its dedupe marks and its jobs as one batch:
///   - The first receipt with a (source, key) owns that mark for the dedupe window; a later one is
///     a duplicate of it. Replays and reroutes are never duplicates.
///   - A match creates a job unless the agent has one for the same (source, delivery key), whatever
///     receipt made that, as long as the mark lives. A replay's key is its own receipt, so it
///     always creates.
///   - An agent whose waiting jobs are at the match's `queue_limit` gets a job that is discarded at
///     once with [`Reason::QueueFull`](super::Reason::QueueFull); its key stays free, so a redelivery can try again.
///   - `parsed: None` keeps the receipt as unrouted; `missing > 0` as gapped. Both are listed by
///     [`Engine::unrouted`]; a [`Reroute`](crate::domain::Origin::Reroute) of the same id fills them in.
/// - A job moves only as its state allows; a [`Finish`] for a run that is not the executing one
///   changes nothing (fencing).
/// - Among due jobs of an agent the earliest due is claimed first, then the oldest.
pub trait Engine: Ledger + Reads {
    /// Where ids come from; continues after the largest id in the store.
    fn ids(&self) -> Arc<IdSource>;

    /// Takes up to `claim.places` due jobs of an agent and starts an attempt on each.
    fn claim(&self, claim: Claim) -> Pending<Claimed>;

    /// Extends the lease of an executing run; `false` when it is not executing any more.
    fn renew(&self, run: RunId, until: Timestamp) -> Pending<bool>;

    /// Ends an attempt and moves its job; `false` when the run was not executing any more.
    fn finish(&self, finish: Finish) -> Pending<bool>;

    /// Records that a schedule came due; creates a job unless a scheduled one is waiting.
    fn fire(&self, fire: Fire) -> Pending<Fired>;

    /// Adds a job that no delivery caused.
    fn enqueue(&self, job: NewJob) -> Pending<JobId>;

    /// Ends attempts whose lease ran out, or (`rescue.all`) all executing ones, as interrupted.
    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>>;

    /// Receipts stored before `before` that still need routing and were tried fewer than
    /// `max_routings` times, oldest first. Counts a routing on each.
    fn unrouted(&self, before: Timestamp, max_routings: u32, limit: u32) -> Pending<Vec<StoredReceipt>>;

    /// Makes a job that ended available again, with fresh failure counts.
    fn retry_job(&self, job: JobId, now: Timestamp) -> Pending<Retried>;

    /// Marks a dead letter as seen to: it is cancelled. `false` when it is not discarded.
    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool>;

    /// Deletes ended jobs, their attempts and receipts that no waiting job needs, older than
    /// `before`, and dedupe marks older than `marks_before`; at most `limit` receipts and `limit`
    /// jobs, so that a long history never stalls the writer.
    fn prune(&self, before: Timestamp, marks_before: Timestamp, limit: u32) -> Pending<Pruned>;

    /// Proves that the store can write, by writing.
    fn probe(&self) -> Pending<()>;

    /// Why the store will not work again in this process, if so.
    fn broken(&self) -> Option<StoreError>;

    /// Commits what is queued and closes; later calls answer [`StoreError::Unavailable`].
    fn close(&self) -> Pending<()>;
}
