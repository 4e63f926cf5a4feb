//! What can be asked of a running gate.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{
    Agents, Applied, Configuration, ControlError,
    request::{Change, Request},
};
use crate::{
    domain::{
        AgentName, Answer, Clock, DeliveryAck, Input, JobId, JobTrigger, NewJob, Origin, Parsed,
        PendingReceipt, ReceiptId, Reply, RunId, Topology, TriggerId, Unique,
    },
    parser::Parsers,
    runner::StopMode,
    runtime::{Directory, MailboxSender},
    schedule::ScheduledAgent,
    store::{Cancelled, Inserted, Store},
    telemetry::{Event, emit, trace},
};

/// How long a replay may be on its way to its last filter.
const ROUTING_PATIENCE: Duration = Duration::from_secs(5);
/// How long the store may take to write it down.
const COMMIT_PATIENCE: Duration = Duration::from_secs(8);

/// A run that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triggered {
    /// The job that it is an attempt of.
    pub job: JobId,
    /// Whether it had been asked for before, with the same key.
    pub is_known: bool,
}

/// Asks a running gate for something; clones ask the same gate.
#[derive(Clone)]
pub struct Control {
    pub(super) actor: MailboxSender<Request>,
    pub(super) agents: Agents,
    pub(super) directory: Directory,
    pub(super) topology: Arc<arc_swap::ArcSwap<Topology>>,
    pub(super) schedules: Arc<arc_swap::ArcSwap<Vec<ScheduledAgent>>>,
    pub(super) parsers: Parsers,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
}

impl Control {
    /// The agents that run.
    pub const fn agents(&self) -> &Agents {
        &self.agents
    }

    /// What is configured now.
    pub fn topology(&self) -> Arc<Topology> {
        self.topology.load_full()
    }

    /// Who is scheduled now, and for when.
    pub fn schedules(&self) -> Arc<Vec<ScheduledAgent>> {
        self.schedules.load_full()
    }

    /// Puts a configuration in force.
    ///
    /// # Errors
    /// The gate ends.
    pub async fn apply(&self, configuration: Configuration) -> Result<Applied, ControlError> {
        self.ask(|answer| Request::Apply(configuration, answer)).await?
    }

    /// Lets no agent begin another run, for the gate ends. No configuration comes after it.
    ///
    /// # Errors
    /// There is nobody to tell them.
    pub async fn drain(&self) -> Result<(), ControlError> {
        self.ask(Request::Drain).await
    }

    /// Lets an agent have so many runs at once, whatever the configuration says; `None` is as many as
    /// that says. Remembered over restarts.
    ///
    /// # Errors
    /// No such agent, or the store refused.
    pub async fn scale(&self, agent: AgentName, scale: Option<u32>) -> Result<(), ControlError> {
        self.ask(|answer| Request::Tell(agent, Change::Scale(scale), answer)).await?
    }

    /// Lets an agent begin no runs; its jobs wait, also over restarts.
    ///
    /// # Errors
    /// No such agent, or the store refused.
    pub async fn pause(&self, agent: AgentName) -> Result<(), ControlError> {
        self.ask(|answer| Request::Tell(agent, Change::Pause, answer)).await?
    }

    /// Lets a paused agent go on.
    ///
    /// # Errors
    /// No such agent.
    pub async fn resume(&self, agent: AgentName) -> Result<(), ControlError> {
        self.ask(|answer| Request::Tell(agent, Change::Resume, answer)).await?
    }

    /// Ends a run, and its job with it. That it is over is seen in [`Control::agents`].
    ///
    /// # Errors
    /// No such run is under way.
    pub async fn kill(&self, run: RunId, mode: StopMode) -> Result<(), ControlError> {
        let agent = self.agents.runner_of(run).ok_or(ControlError::NotRunning(run))?;
        let command = crate::agent::AgentCommand::Cancel(run, mode);
        agent.commands.send(command).await.map_err(|_| ControlError::NotRunning(run))
    }

    /// Ends a job: at once where it waits, with its run where it has one.
    ///
    /// # Errors
    /// No such job, or it has ended.
    pub async fn cancel(&self, job: JobId) -> Result<(), ControlError> {
        match self.store.cancel(job, self.clock.now()).await? {
            Cancelled::Yes => {
                self.tell_cancelled(job).await;
                Ok(())
            }
            Cancelled::Executing(run) => self.kill(run, StopMode::Gently).await,
            Cancelled::Ended(state) => Err(ControlError::Ended { job, state }),
            Cancelled::Unknown => Err(ControlError::UnknownJob(job)),
        }
    }

    /// Starts a run that nothing caused but the operator. Of a `key` there is one, for as long as its
    /// job is kept.
    ///
    /// # Errors
    /// No such agent.
    pub async fn trigger(
        &self,
        agent: AgentName,
        input: Option<Input>,
        key: Option<String>,
    ) -> Result<Triggered, ControlError> {
        self.agents.get(&agent)?;
        let now = self.clock.now();
        let id = self.store.ids().job(now);
        let unique = key.map(|key| Unique::Text(format!("key:{key}")));
        let trace = trace::of_job(id);
        let job = NewJob { input, unique, trace, ..NewJob::new(id, agent.clone(), JobTrigger::Manual, now) };
        let triggered = match self.store.insert(vec![job]).await?.first() {
            Some(Inserted::Exists { job, .. }) => Triggered { job: *job, is_known: true },
            _ => Triggered { job: id, is_known: false },
        };
        self.directory.wake(&agent);
        Ok(triggered)
    }

    /// Gives a stored delivery to one agent, whatever its filters say of it.
    ///
    /// # Errors
    /// No such agent or receipt, or one that is no event.
    pub async fn replay_to(&self, id: ReceiptId, agent: AgentName) -> Result<JobId, ControlError> {
        self.agents.get(&agent)?;
        let receipt = self.store.receipt(id).await?.ok_or(ControlError::UnknownReceipt(id))?;
        if !matches!(receipt.parsed, Some(Parsed::Event(_))) {
            return Err(ControlError::NoEvent(id));
        }
        let (topology, sources) = (self.topology(), receipt.delivery.sources());
        let triggers = topology.agent(&agent).map(|spec| spec.triggers.as_slice()).unwrap_or_default();
        let trigger = triggers.iter().position(|trigger| sources.contains(&trigger.source));
        let source = trigger.map(|index| &triggers[index].source).or_else(|| sources.first());
        let cause = JobTrigger::Webhook {
            source: source.cloned().unwrap_or_else(|| "".into()),
            trigger: trigger.unwrap_or_default(),
            trigger_id: trigger.map(|index| TriggerId::of(&triggers[index])),
        };
        let now = self.clock.now();
        let job = self.store.ids().job(now);
        let new = NewJob { receipt: Some(id), ..NewJob::new(job, agent.clone(), cause, now) };
        self.store.insert(vec![new]).await?;
        self.directory.wake(&agent);
        Ok(job)
    }

    /// Routes a stored delivery again, with the filters of now, under a new receipt.
    ///
    /// # Errors
    /// No such receipt, or no way to record the new one.
    pub async fn replay(&self, id: ReceiptId) -> Result<DeliveryAck, ControlError> {
        let delivery = self.store.delivery(id).await?.ok_or(ControlError::UnknownReceipt(id))?;
        let now = self.clock.now();
        let (reply, mut end) = Reply::channel();
        let receipt = PendingReceipt::open(
            self.store.ids().receipt(now),
            Origin::Replay { of: id },
            delivery.again(now),
            self.topology(),
            Arc::clone(&self.store) as Arc<dyn crate::domain::ReceiptSink>,
            Some(reply),
        );
        if self.parsers.try_send(receipt).is_err() {
            return Err(ControlError::Busy);
        }
        let routed = tokio::time::timeout(ROUTING_PATIENCE, end.wait()).await;
        let answer = if let Ok(answer) = routed {
            answer
        } else {
            // Kept as it is, and routed by the upkeep.
            end.commit_now();
            tokio::time::timeout(COMMIT_PATIENCE, end.wait()).await.unwrap_or(Answer::Unavailable)
        };
        match answer {
            Answer::DeliveryAck(ack) => Ok(ack),
            Answer::Unparsable { receipt, .. } => {
                Ok(DeliveryAck { receipt, matched: 0, skipped: 0, duplicate: false })
            }
            Answer::Rejected(_) | Answer::Handshake(_) | Answer::Unavailable => Err(ControlError::Busy),
        }
    }

    async fn tell_cancelled(&self, job: JobId) {
        if let Ok(Some(detail)) = self.store.job(job).await {
            emit(Event::JobCancelled { job, agent: detail.job.agent });
        }
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, ControlError> {
        let (answer, answered) = oneshot::channel();
        self.actor.send(request(answer)).await.map_err(|_| ControlError::Busy)?;
        answered.await.map_err(|_| ControlError::Busy)
    }
}
