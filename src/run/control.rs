//! Doing again what was done: a delivery with today's filters, or one job.

use std::sync::Arc;

use herdgate_actors::{
    domain::{
        AgentName, Answer, Clock, DeliveryAck, JobId, Ledger, Origin, ParseRequest, PendingReceipt,
        ReceiptId, Reply, WakeUp,
    },
    runtime::{MailboxSender, Waker},
    store::{Engine, JobQuery, JobState, JobTrigger, NewJob, Page, Retried, StoreError},
};

use crate::run::system::Wakers;

/// What an operator can ask a running gate to do.
pub struct Control {
    /// Where receipts and jobs are.
    pub engine: Arc<dyn Engine>,
    /// Where replayed receipts are recorded: the engine again.
    pub recorder: Arc<dyn Ledger>,
    /// The parsers.
    pub parsers: Vec<MailboxSender<ParseRequest>>,
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
        let stored =
            self.engine.receipt(id).await?.ok_or_else(|| ControlError::Unknown(format!("receipt {id}")))?;
        let now = self.clock.now();
        let mut delivery = stored.delivery;
        delivery.at = now;
        let (reply, mut end) = Reply::channel();
        let receipt = PendingReceipt::open(
            self.engine.ids().receipt(now),
            Origin::Replay { of: id },
            delivery,
            Arc::clone(&self.recorder),
            Some(reply),
        );
        let turn = usize::try_from(id.get()).unwrap_or(0) % self.parsers.len();
        if self.parsers[turn].try_send(ParseRequest(receipt)).is_err() {
            return Err(ControlError::Busy);
        }
        match end.wait().await {
            Answer::DeliveryAck(recorded) => Ok(recorded),
            Answer::Unparsable { receipt, .. } => {
                Ok(DeliveryAck { receipt, matched: 0, skipped: 0, duplicate: false })
            }
            Answer::Rejected(_) | Answer::Unavailable => Err(ControlError::Busy),
        }
    }

    /// Runs a job that has ended once more.
    ///
    /// # Errors
    /// No such job, or it has not ended.
    pub async fn rerun(&self, id: JobId) -> Result<(), ControlError> {
        match self.engine.retry_job(id, self.clock.now()).await? {
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
        let job = self
            .engine
            .enqueue(NewJob { agent: agent.clone(), cause: JobTrigger::Manual, now, due: now })
            .await?;
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
        let mut done = Vec::new();
        let mut before = None;
        loop {
            let page = Page { limit: 500, before };
            let query = JobQuery { agent: agent.clone(), state: Some(JobState::Discarded), page };
            let letters = self.engine.jobs(query).await?;
            let Some(last) = letters.last() else {
                return Ok(done);
            };
            before = Some(last.id.get());
            for letter in letters {
                let moved = match then {
                    DeadLetterAction::Replay => self.rerun(letter.id).await,
                    DeadLetterAction::Dismiss => self.dismiss(letter.id).await,
                };
                match moved {
                    Ok(()) => done.push(letter.id),
                    // Somebody else was faster.
                    Err(ControlError::NotEnded { .. } | ControlError::Unknown(_)) => {}
                    Err(problem) => return Err(problem),
                }
            }
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
