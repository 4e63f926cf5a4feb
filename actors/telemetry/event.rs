//! Everything that is worth telling, as one enum.
//!
//! Whoever notices a fact calls [`emit`]; that logs it, counts it and publishes it, all from the
//! same value. So a dashboard, a log and an alert can never disagree about what happened. Names of
//! variants and fields are read by operators' tools: add to them, do not change them.

mod facts;

use std::sync::Arc;

use serde::Serialize;

use super::words::word;
use super::{BulkProgress, Millis, OperatorChange};
use crate::domain::{
    AgentName, JobId, ProviderName, ReceiptId, RejectReason, RunId, SourceName, Timestamp, TraceParent,
};
pub use facts::{Answered, RunEnded};

/// A fact.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A verified delivery is on disk and was answered 200.
    DeliveryTaken {
        /// The id under which it is kept.
        receipt: ReceiptId,
        /// The provider's name of the event, where it was parsed in time.
        event: Option<Arc<str>>,
        /// How many jobs it made.
        matched: u32,
        /// How many agents wanted it but got no new job.
        skipped: u32,
        /// Whether the same delivery had been taken before.
        duplicate: bool,
        /// What was answered.
        #[serde(flatten)]
        answered: Answered,
    },
    /// A request was not verified, and nothing of it is kept.
    DeliveryRefused {
        /// The type in the URL.
        provider: ProviderName,
        /// The source in the URL, where it named one.
        source: Option<SourceName>,
        /// Why.
        #[serde(serialize_with = "word")]
        reason: RejectReason,
    },
    /// A verified body is no event of its provider; it is kept and was answered 400.
    DeliveryUnparsable {
        /// The id under which it is kept.
        receipt: ReceiptId,
        /// What is wrong with it.
        reason: Arc<str>,
        /// What was answered.
        #[serde(flatten)]
        answered: Answered,
    },
    /// A verified delivery could not be made durable and was answered 503.
    DeliveryUnavailable {
        /// What was answered.
        #[serde(flatten)]
        answered: Answered,
    },
    /// A stored delivery will not be routed by itself any more.
    DeliveryQuarantined {
        /// Which.
        receipt: ReceiptId,
        /// Why, in one word: the label of the metric.
        reason: &'static str,
        /// Why, in full.
        detail: String,
    },
    /// A parser took a stored delivery that had not been routed to everybody.
    RoutingRetried {
        /// Which.
        receipt: ReceiptId,
        /// How often it was routed before.
        routings: u32,
    },
    /// A run begins.
    RunStarted {
        /// Which.
        #[serde(serialize_with = "facts::text")]
        run: RunId,
        /// Whose.
        agent: AgentName,
        /// Why: `webhook`, `schedule`, `manual`.
        trigger: &'static str,
        /// The receipt that caused it.
        receipt: Option<ReceiptId>,
        /// Since the receipt, or whatever else made the job.
        waited_ms: Millis,
        /// The trace that its job is part of.
        #[serde(skip_serializing_if = "Option::is_none")]
        trace: Option<TraceParent>,
    },
    /// A run ended.
    RunEnded(RunEnded),
    /// A run could not begin for want of something that is not the agent's fault; its job waits on,
    /// and nothing is counted against it.
    RunNotStarted {
        /// Whose.
        agent: AgentName,
        /// Which.
        #[serde(serialize_with = "facts::text")]
        run: RunId,
        /// What is missing, in one word: the label of the metric.
        cause: &'static str,
        /// What is missing, in full.
        detail: String,
        /// The pause before the agent tries again.
        again_in_ms: Millis,
    },
    /// The process of a run is gone without having said how it ended.
    Rescued {
        /// Which.
        #[serde(serialize_with = "facts::text")]
        run: RunId,
        /// Whose.
        agent: AgentName,
        /// The state of its job now.
        then: &'static str,
        /// Whether an earlier life of the gate had started it.
        earlier_life: bool,
    },
    /// A job may not be claimed for now.
    JobHeld {
        /// Which.
        job: JobId,
        /// Whose.
        agent: AgentName,
        /// What holds it.
        by: String,
    },
    /// A job is a dead letter.
    JobDiscarded {
        /// Which.
        job: JobId,
        /// Whose.
        agent: AgentName,
        /// Why.
        reason: String,
    },
    /// An operator ended a job.
    JobCancelled {
        /// Which.
        job: JobId,
        /// Whose.
        agent: AgentName,
    },
    /// An operator asked for a job once more.
    JobRetried {
        /// Which.
        job: JobId,
        /// Whose.
        agent: AgentName,
    },
    /// Jobs wait for an agent that does not run here: it was removed, renamed or disabled.
    UnconfiguredJobs {
        /// Whose.
        agent: AgentName,
        /// How many.
        jobs: u64,
        /// Since when the oldest of them waits.
        oldest: Option<Timestamp>,
    },
    /// A schedule came due and made a job.
    ScheduleFired {
        /// Whose.
        agent: AgentName,
        /// The time that came due.
        due: Timestamp,
        /// What it made.
        job: JobId,
        /// From due to recorded.
        late_ms: Millis,
    },
    /// A schedule came due while the job that it made before still waits.
    ScheduleCoalesced {
        /// Whose.
        agent: AgentName,
        /// The time that came due.
        due: Timestamp,
    },
    /// Times of a schedule passed while nobody looked: the gate was down, or the machine slept.
    TicksMissed {
        /// Whose.
        agent: AgentName,
        /// How many; counting ends at some bound.
        missed: u32,
        /// The first of them.
        first: Timestamp,
        /// Whether one run makes up for them.
        made_up_for: bool,
    },
    /// The wall clock was set back.
    ClockWentBack {
        /// How far.
        by_ms: Millis,
    },
    /// The wall clock was set ahead, or the machine slept.
    ClockLeapt {
        /// How far beyond the time that passed.
        by_ms: Millis,
    },
    /// A message brought its actor down. The actor goes on.
    ActorPanicked {
        /// Its kind.
        actor: &'static str,
        /// Its name.
        name: Arc<str>,
        /// The text of the panic.
        message: String,
    },
    /// An actor came back.
    ActorRestarted {
        /// Its kind.
        actor: &'static str,
        /// Its name.
        name: Arc<str>,
        /// Why it had ended.
        why: String,
        /// The pause before it came back.
        after_ms: Millis,
    },
    /// An actor failed too often to be brought back.
    ActorGivenUp {
        /// Its kind.
        actor: &'static str,
        /// Its name.
        name: Arc<str>,
        /// Why it had ended the last time.
        why: String,
    },
    /// What an agent may do has changed while it runs.
    AgentChanged {
        /// Which.
        agent: AgentName,
        /// How: `paused`, `resumed`, `scaled to 3`, `failed`.
        change: String,
    },
    /// An operator changed something, or tried to.
    OperatorChanged(OperatorChange),
    /// The control API was asked with a wrong key, or without one.
    KeyRefused {
        /// From which address.
        from: String,
    },
    /// A bulk action began, came further or ended.
    BulkMoved(BulkProgress),
    /// A configuration is in force.
    TopologyApplied {
        /// Its number.
        revision: u64,
        /// Agents that are new.
        added: Vec<AgentName>,
        /// Agents that are gone.
        removed: Vec<AgentName>,
        /// Agents that are different.
        changed: Vec<AgentName>,
        /// All that is different from the revision before, in words.
        differences: String,
    },
    /// A configuration was not taken, and the one before stays in force.
    ReloadFailed {
        /// How many things are wrong with it.
        problems: usize,
        /// The first of them.
        first: String,
    },
    /// After a configuration was not taken, the files are right again.
    RefusalEnded {
        /// What is in force.
        revision: u64,
    },
    /// The store refused something that is done again later.
    StoreRefused {
        /// What was wanted.
        wanted: &'static str,
        /// Why not.
        error: String,
    },
    /// The store began or ceased to take what is written.
    StoreState {
        /// Whether it does.
        writable: bool,
        /// Why not.
        why: Option<String>,
    },
    /// History that is older than it needs to be kept was deleted.
    Pruned {
        /// How many receipts.
        receipts: u64,
        /// How many runs.
        runs: usize,
        /// In how long.
        took_ms: Millis,
    },
    /// Files of a run that nobody needs could not be deleted.
    FilesLeft {
        /// Whose.
        #[serde(serialize_with = "facts::text")]
        run: RunId,
        /// Why.
        error: String,
    },
    /// What a run prints is not kept from here on.
    OutputLost {
        /// The file that cannot be written.
        log: String,
        /// Why.
        error: String,
    },
    /// The process that cleans up behind runs had died; another one does its work now.
    ReaperReplaced {
        /// The new one.
        pid: u32,
    },
    /// The process that cleans up behind runs died and cannot be replaced yet.
    ReaperMissing {
        /// Why.
        error: String,
    },
    /// The gate takes deliveries.
    Ready {
        /// Where webhooks come in.
        public: std::net::SocketAddr,
        /// Where operators come in.
        admin: std::net::SocketAddr,
        /// What runs.
        version: &'static str,
        /// The project that it serves.
        project: String,
        /// Where its store lies.
        data: String,
        /// How many agents are enabled.
        agents: usize,
        /// Where each source is reached, a bounded number of them.
        urls: Vec<String>,
    },
    /// The gate does not come up, or its project is wrong.
    CannotStart {
        /// Why, on one line.
        problem: String,
        /// In which file.
        file: Option<String>,
        /// On which line of it, from 1.
        line: Option<usize>,
        /// What to do about it.
        help: Option<String>,
    },
    /// The gate ends: nothing new is begun.
    Draining {
        /// How many runs are under way.
        runs: usize,
        /// How long they may go on.
        grace_ms: Millis,
    },
    /// Runs did not end in time and are told to, or killed.
    RunsStopped {
        /// How many.
        runs: usize,
        /// Whether they were killed without being asked.
        killed: bool,
    },
    /// The gate has ended in order.
    Stopped,
    /// Something panicked anywhere in the process.
    Panicked {
        /// Where.
        place: String,
        /// The text of the panic.
        message: String,
    },
    /// Something is worth a look and none of the above.
    Warned {
        /// What.
        about: &'static str,
        /// In words.
        detail: String,
    },
}
