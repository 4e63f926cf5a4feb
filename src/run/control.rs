//! Doing again what was done: a delivery with today's filters, or one job.

use std::{collections::HashMap, sync::Arc};

use herdgate_actors::{
    domain::{
        AgentName, Answer, Clock, DeliveryAck, JobId, JobState, JobTrigger, NewJob, Origin, PendingReceipt,
        ReceiptId, ReceiptSink, Reply, WakeUp,
    },
    parser::Parsers,
    runtime::Waker,
    store::{Bulk, BulkAction, Retried, Store, StoreError},
};

/// Rouse the agents, by name.
pub type Wakers = HashMap<AgentName, Waker>;

/// How many dead letters one change moves: some 20 ms of the writer's time.
const DEAD_LETTERS: u32 = 500;

/// What an operator can ask a running gate to do.
pub struct Control {
    /// Where receipts and jobs are.
    pub engine: Arc<dyn Store>,
    /// Where replayed receipts are recorded: the engine again.
    pub recorder: Arc<dyn ReceiptSink>,
    /// The parsers.
    pub parsers: Parsers,
    /// Rouse the agents.
    pub wakers: Wakers,
    /// The time.
    pub clock: Clock,
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No such thing.
    #[error("there is no {0}")]
    Unknown(String),
    /// It is not in a state in which this makes sense.
    #[error("job {job} is {state}: only a job that has ended can be run again")]
    NotEnded {
        /// Which.
        job: JobId,
        /// Where it stands.
        state: JobState,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gate is too busy, or draining.
    #[error("the gate cannot take it now")]
    Busy,
}

impl Control {
    /// Routes a stored delivery again, with the filters of today, under a new receipt.
    ///
    /// # Errors
    /// No such receipt, or no way to record the new one.
    pub async fn replay_receipt(&self, id: ReceiptId) -> Result<DeliveryAck, ControlError> {
        let stored = self.engine.delivery(id).await?;
        let mut delivery = stored.ok_or_else(|| ControlError::Unknown(format!("receipt {id}")))?;
        let now = self.clock.now();
        delivery.at = now;
        let (reply, mut end) = Reply::channel();
        let receipt = PendingReceipt::open(
            self.engine.ids().receipt(now),
            Origin::Replay { of: id },
            delivery,
            Arc::clone(&self.recorder),
            Some(reply),
        );
        if self.parsers.try_send(receipt).is_err() {
            return Err(ControlError::Busy);
        }
        match end.wait().await {
            Answer::DeliveryAck(recorded) => Ok(recorded),
            Answer::Unparsable { receipt, .. } => {
                Ok(DeliveryAck { receipt, matched: 0, skipped: 0, duplicate: false })
            }
            Answer::Rejected(_) | Answer::Handshake(_) | Answer::Unavailable => Err(ControlError::Busy),
        }
    }

    /// Runs a job that has ended once more.
    ///
    /// # Errors
    /// No such job, or it has not ended.
    pub async fn rerun(&self, id: JobId) -> Result<(), ControlError> {
        match self.engine.retry(id, self.clock.now()).await? {
            Retried::Yes { agent } => {
                self.wake(&agent);
                Ok(())
            }
            Retried::NotEnded(state) => Err(ControlError::NotEnded { job: id, state }),
            Retried::Unknown => Err(ControlError::Unknown(format!("job {id}"))),
        }
    }

    /// Starts a run that nothing caused but the operator.
    ///
    /// # Errors
    /// No such agent.
    pub async fn trigger(&self, agent: AgentName) -> Result<JobId, ControlError> {
        if !self.wakers.contains_key(&agent) {
            return Err(ControlError::Unknown(format!("agent {agent}")));
        }
        let now = self.clock.now();
        let job = self.engine.ids().job(now);
        let new = NewJob::new(job, agent.clone(), JobTrigger::Manual, now);
        self.engine.insert(vec![new]).await?;
        self.wake(&agent);
        Ok(job)
    }

    /// Marks a dead letter as seen to.
    ///
    /// # Errors
    /// No such dead letter.
    pub async fn dismiss(&self, id: JobId) -> Result<(), ControlError> {
        if self.engine.dismiss(id, self.clock.now()).await? {
            Ok(())
        } else {
            Err(ControlError::Unknown(format!("dead letter {id}")))
        }
    }

    /// Runs, or dismisses, every dead letter of `agent`, or of all; says which ones.
    ///
    /// # Errors
    /// The store refused; what was done before stays done.
    pub async fn each_dead_letter(
        &self,
        agent: Option<AgentName>,
        then: DeadLetterAction,
    ) -> Result<Vec<JobId>, ControlError> {
        let action = match then {
            DeadLetterAction::Replay => BulkAction::Retry,
            DeadLetterAction::Dismiss => BulkAction::Dismiss,
        };
        let (mut done, mut before) = (Vec::new(), None);
        loop {
            let (agent, now) = (agent.clone(), self.clock.now());
            let page = self.engine.bulk(Bulk { agent, action, now, limit: DEAD_LETTERS, before }).await?;
            for (job, agent) in page.jobs {
                if then == DeadLetterAction::Replay {
                    self.wake(&agent);
                }
                done.push(job);
            }
            if page.next.is_none() {
                return Ok(done);
            }
            before = page.next;
        }
    }

    fn wake(&self, agent: &AgentName) {
        if let Some(waker) = self.wakers.get(agent) {
            Waker::wake(waker);
        }
    }
}

/// What to do with dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterAction {
    /// Run them again.
    Replay,
    /// Mark them as seen to.
    Dismiss,
}
