//! Jobs: made, claimed, ended, moved.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::Pending;
use crate::domain::{
    AgentName, AttemptOutcome, Disposition, Event, GroupKey, Headers, History, IdSource, Input, JobId,
    JobState, JobTrigger, NewJob, NodeLife, ProviderName, Reason, ReceiptId, RunId, RunReport, StandsFor,
    Timestamp, TraceParent,
};

/// The jobs of agents.
///
/// # Contract
/// - A job moves only as its state allows; a [`Finish`] for a run that is not the executing one
///   changes nothing (fencing).
/// - `available` jobs can be claimed whatever the clock says; `scheduled` and `retryable` ones when
///   their time has come; `held` ones not at all.
/// - Higher priority is claimed first, then the earliest due, then the oldest.
/// - Of jobs with the same [`GroupKey`] the oldest that waits is claimed, and none while one executes.
pub trait Queue: Send + Sync + 'static {
    /// Where ids come from; continues after the largest id in the store.
    fn ids(&self) -> Arc<IdSource>;

    /// Makes jobs, all in one change; says of each what became of it, in their order.
    fn insert(&self, jobs: Vec<NewJob>) -> Pending<Vec<Inserted>>;

    /// Takes up to `claim.places` jobs of an agent and starts an attempt on each.
    fn claim(&self, claim: Claim) -> Pending<Claimed>;

    /// Extends the leases of runs; gives back those that `by` does not execute any more.
    fn renew(&self, runs: Vec<RunId>, by: NodeLife, until: Timestamp) -> Pending<Vec<RunId>>;

    /// Ends an attempt and moves its job, and takes the next one for the place that got free.
    fn finish(&self, finish: Finish, then: Option<Claim>) -> Pending<Finished>;

    /// The runs of an agent that go on although a later job of their key stands for theirs: they are to
    /// be stopped.
    fn superseded(&self, agent: AgentName) -> Pending<Vec<RunId>>;

    /// Ends a job that waits. One that executes is left to whoever runs it.
    fn cancel(&self, job: JobId, now: Timestamp) -> Pending<Cancelled>;

    /// Makes a job that ended available again, with fresh failure counts.
    fn retry(&self, job: JobId, now: Timestamp) -> Pending<Retried>;

    /// Marks a dead letter as seen to, or a waiting job as not wanted: it is cancelled. `false` when
    /// it is neither.
    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool>;

    /// One page of dead letters, moved in one change; call again with `before` the last id.
    fn bulk(&self, bulk: Bulk) -> Pending<BulkDone>;

    /// Holds waiting jobs back, or lets held ones go: `by` says what holds them.
    fn hold(&self, jobs: Vec<JobId>, by: Option<String>) -> Pending<u64>;

    /// Gives the waiting jobs of one agent to another, up to `limit` in one change. Jobs for which
    /// the other has one of the same key already stay. Says how many moved.
    fn hand_over(&self, from: AgentName, to: AgentName, limit: u32) -> Pending<u64>;

    /// Makes dead letters of the waiting jobs of an agent, up to `limit` in one change. Says how many.
    fn discard_of(&self, agent: AgentName, reason: Reason, now: Timestamp, limit: u32) -> Pending<u64>;
}

/// What became of a [`NewJob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It waits.
    Created {
        /// Under this id.
        job: JobId,
        /// From when it may start.
        due: Timestamp,
    },
    /// There is one already, which stayed or took over what this one is about.
    Exists {
        /// That one.
        job: JobId,
        /// Whether it took over.
        replaced: bool,
    },
    /// A job of its key that waits stands for it.
    Merged {
        /// That one.
        job: JobId,
        /// From when it may start now.
        due: Timestamp,
    },
    /// A job of its key was there: it is kept as one that is over.
    Suppressed {
        /// Under this id.
        job: JobId,
        /// The other one.
        by: JobId,
    },
    /// The agent's queue was full: it is a dead letter.
    Full {
        /// Under this id.
        job: JobId,
    },
}

/// A wish for jobs.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose jobs.
    pub agent: AgentName,
    /// At most this many.
    pub places: u32,
    /// The current time.
    pub now: Timestamp,
    /// How long the runs may go without renewing.
    pub lease: Duration,
    /// Who executes them.
    pub by: NodeLife,
    /// Jobs of these groups are passed over: their places are taken.
    pub except: Vec<GroupKey>,
}

/// Jobs taken, and when to look again.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Now executing.
    pub jobs: Vec<ClaimedJob>,
    /// When the next waiting job of the agent can be claimed: in the past when more can already.
    pub next_due: Option<Timestamp>,
    /// Jobs that could not be read, and are dead letters now.
    pub unreadable: Vec<JobId>,
}

/// A job with an attempt under way, and what its run needs.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The attempt.
    pub run: RunId,
    /// Whose it is.
    pub agent: AgentName,
    /// Why it exists.
    pub trigger: JobTrigger,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// What that receipt says.
    pub delivered: Option<ClaimedDelivery>,
    /// What it is given beside that.
    pub input: Option<Input>,
    /// What it is about, where it shares that with other jobs.
    pub group_key: Option<GroupKey>,
    /// What it stands for beside its own delivery.
    pub stands_for: StandsFor,
    /// The trace that it belongs to.
    pub trace: Option<TraceParent>,
    /// Earlier attempts.
    pub history: History,
    /// When the job was created.
    pub created_at: Timestamp,
}

/// The delivery of a claimed job, unread: nothing of it is parsed where jobs are claimed. Its body is
/// asked for by [`Ledger::body`](super::Ledger::body).
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// Who sent it.
    pub provider: ProviderName,
    /// The event as JSON.
    pub context: Option<Bytes>,
    /// The headers as JSON.
    pub headers: Bytes,
}

impl ClaimedDelivery {
    /// Reads the event.
    ///
    /// # Errors
    /// What is stored is not one.
    pub fn event(&self) -> serde_json::Result<Option<Event>> {
        self.context.as_deref().map(serde_json::from_slice).transpose()
    }

    /// Reads the headers.
    ///
    /// # Errors
    /// What is stored are none.
    pub fn headers(&self) -> serde_json::Result<Headers> {
        serde_json::from_slice(&self.headers)
    }
}

/// The end of an attempt.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Which attempt.
    pub run: RunId,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What happens to the job.
    pub disposition: Disposition,
    /// When.
    pub at: Timestamp,
    /// What the run told of itself.
    pub report: RunReport,
}

impl Finish {
    /// Of a run that told nothing of itself.
    pub const fn new(run: RunId, outcome: AttemptOutcome, disposition: Disposition, at: Timestamp) -> Self {
        Self { run, outcome, disposition, at, report: RunReport::NOTHING }
    }
}

/// What became of a [`Finish`].
#[derive(Debug, Clone, Default)]
pub struct Finished {
    /// Whether the run was executing until now.
    pub ended: bool,
    /// What the claim that came with it took.
    pub claimed: Option<Claimed>,
}

/// What became of [`Queue::cancel`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// It waited, and is cancelled.
    Yes,
    /// It executes: whoever runs it is to stop it.
    Executing(RunId),
    /// It has ended already.
    Ended(JobState),
    /// There is no such job.
    Unknown,
}

/// What became of [`Queue::retry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It waits again.
    Yes {
        /// Whose it is, to be woken.
        agent: AgentName,
    },
    /// It has not ended.
    NotEnded(JobState),
    /// There is no such job.
    Unknown,
}

/// What to do with dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAction {
    /// Run them again.
    Retry,
    /// Mark them as seen to.
    Dismiss,
}

/// One page of dead letters, newest first, and what to do with them.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// What to do.
    pub action: BulkAction,
    /// The current time.
    pub now: Timestamp,
    /// At most this many in one change.
    pub limit: u32,
    /// Only those with a smaller id: the last one of the page before.
    pub before: Option<JobId>,
}

/// What a [`Bulk`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkDone {
    /// The jobs that moved, and whose they are.
    pub jobs: Vec<(JobId, AgentName)>,
    /// Where the next page begins, where there may be one.
    pub next: Option<JobId>,
}
