//! Doing again what was done: a delivery with today's filters, or one job.

use std::sync::Arc;

use herdgate_actors::{
    clock::Clock,
    flow::{Answer, OpenReceipt, Origin, Parse, Recorded, Recorder, Reply, Wake},
    mailbox::{Bell, Outlet},
    names::{AgentName, JobId, ReceiptId},
    store::{Cause, Engine, JobQuery, JobState, NewJob, Page, Revived, StoreError},
};

use crate::system::Bells;

/// What an operator can ask a running gate to do.
pub struct Operator {
    /// Where receipts and jobs are.
    pub engine: Arc<dyn Engine>,
    /// Where replayed receipts are recorded: the engine again.
    pub recorder: Arc<dyn Recorder>,
    /// The parsers.
    pub parsers: Vec<Outlet<Parse>>,
    /// Rouse the agents.
    pub bells: Bells,
    /// The time.
    pub clock: Clock,
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
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

impl Operator {
    /// Routes a stored delivery again, with the filters of today, under a new receipt.
    ///
    /// # Errors
    /// No such receipt, or no way to record the new one.
    pub async fn replay_receipt(&self, id: ReceiptId) -> Result<Recorded, NotDone> {
        let stored =
            self.engine.receipt(id).await?.ok_or_else(|| NotDone::Unknown(format!("receipt {id}")))?;
        let now = self.clock.now();
        let mut delivery = stored.delivery;
        delivery.at = now;
        let (reply, mut end) = Reply::channel();
        let receipt = OpenReceipt::open(
            self.engine.ids().receipt(now),
            Origin::Replay { of: id },
            delivery,
            Arc::clone(&self.recorder),
            Some(reply),
        );
        let turn = usize::try_from(id.get()).unwrap_or(0) % self.parsers.len();
        if self.parsers[turn].try_post(Parse(receipt)).is_err() {
            return Err(NotDone::Busy);
        }
        match end.wait().await {
            Answer::Recorded(recorded) => Ok(recorded),
            Answer::Unparsable { receipt, .. } => {
                Ok(Recorded { receipt, matched: 0, skipped: 0, duplicate: false })
            }
            Answer::Refused(_) | Answer::Unavailable => Err(NotDone::Busy),
        }
    }

    /// Runs a job that has ended once more.
    ///
    /// # Errors
    /// No such job, or it has not ended.
    pub async fn rerun(&self, id: JobId) -> Result<(), NotDone> {
        match self.engine.revive(id, self.clock.now()).await? {
            Revived::Yes { agent } => {
                self.wake(&agent);
                Ok(())
            }
            Revived::NotEnded(state) => Err(NotDone::NotEnded { job: id, state }),
            Revived::Unknown => Err(NotDone::Unknown(format!("job {id}"))),
        }
    }

    /// Starts a run that nothing caused but the operator.
    ///
    /// # Errors
    /// No such agent.
    pub async fn trigger(&self, agent: AgentName) -> Result<JobId, NotDone> {
        if !self.bells.contains_key(&agent) {
            return Err(NotDone::Unknown(format!("agent {agent}")));
        }
        let now = self.clock.now();
        let job =
            self.engine.enqueue(NewJob { agent: agent.clone(), cause: Cause::Manual, now, due: now }).await?;
        self.wake(&agent);
        Ok(job)
    }

    /// Marks a dead letter as seen to.
    ///
    /// # Errors
    /// No such dead letter.
    pub async fn dismiss(&self, id: JobId) -> Result<(), NotDone> {
        if self.engine.dismiss(id, self.clock.now()).await? {
            Ok(())
        } else {
            Err(NotDone::Unknown(format!("dead letter {id}")))
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
    ) -> Result<Vec<JobId>, NotDone> {
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
                    Err(NotDone::NotEnded { .. } | NotDone::Unknown(_)) => {}
                    Err(problem) => return Err(problem),
                }
            }
        }
    }

    fn wake(&self, agent: &AgentName) {
        if let Some(bell) = self.bells.get(agent) {
            Bell::wake(bell);
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
