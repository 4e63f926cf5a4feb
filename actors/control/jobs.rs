//! What operators do with jobs that nobody runs.

use super::{Control, ControlError};
use crate::{
    domain::{AgentName, JobId, Reason},
    store::{Bulk, BulkAction, Retried},
    telemetry::{Event, emit},
};

/// How many jobs one change of the store moves: more would hold up the deliveries that wait behind.
const PAGE: u32 = 500;

impl Control {
    /// Runs a job that has ended once more.
    ///
    /// # Errors
    /// No such job, or it has not ended.
    pub async fn retry(&self, job: JobId) -> Result<(), ControlError> {
        match self.store.retry(job, self.clock.now()).await? {
            Retried::Yes { agent } => {
                self.directory.wake(&agent);
                emit(Event::JobRetried { job, agent });
                Ok(())
            }
            Retried::NotEnded(state) => Err(ControlError::NotEnded { job, state }),
            Retried::Unknown => Err(ControlError::UnknownJob(job)),
        }
    }

    /// Marks a dead letter as seen to, or a job that waits as not wanted.
    ///
    /// # Errors
    /// It is neither, or there is none.
    pub async fn dismiss(&self, job: JobId) -> Result<(), ControlError> {
        if self.store.dismiss(job, self.clock.now()).await? {
            Ok(())
        } else {
            Err(ControlError::NoDeadLetter(job))
        }
    }

    /// Runs, or dismisses, every dead letter of `agent`, or of all; says which ones.
    ///
    /// # Errors
    /// The store refused; what was done before stays done.
    pub async fn each_dead_letter(
        &self,
        agent: Option<AgentName>,
        action: BulkAction,
    ) -> Result<Vec<JobId>, ControlError> {
        let (mut moved, mut before) = (Vec::new(), None);
        loop {
            let now = self.clock.now();
            let done =
                self.store.bulk(Bulk { agent: agent.clone(), action, now, limit: PAGE, before }).await?;
            for (job, agent) in done.jobs {
                if action == BulkAction::Retry {
                    self.directory.wake(&agent);
                }
                moved.push(job);
            }
            before = match done.next {
                Some(next) => Some(next),
                None => return Ok(moved),
            };
        }
    }

    /// Gives the waiting jobs of one agent, which need not be configured, to another; says how many.
    ///
    /// # Errors
    /// The other does not run, or the store refused; what was moved before stays moved.
    pub async fn hand_over(&self, from: AgentName, to: AgentName) -> Result<u64, ControlError> {
        self.agents.get(&to)?;
        let mut moved = 0;
        loop {
            let page = self.store.hand_over(from.clone(), to.clone(), PAGE).await?;
            moved += page;
            if page < u64::from(PAGE) {
                self.directory.wake(&to);
                return Ok(moved);
            }
        }
    }

    /// Makes dead letters of the waiting jobs of an agent that is not configured; says how many.
    ///
    /// # Errors
    /// The agent is configured, or the store refused; what was discarded before stays so.
    pub async fn discard_of(&self, agent: AgentName) -> Result<u64, ControlError> {
        if self.topology().agent(&agent).is_some_and(|spec| spec.is_enabled()) {
            return Err(ControlError::Configured(agent));
        }
        let mut discarded = 0;
        loop {
            let now = self.clock.now();
            let page = self.store.discard_of(agent.clone(), Reason::AgentRemoved, now, PAGE).await?;
            discarded += page;
            if page < u64::from(PAGE) {
                return Ok(discarded);
            }
        }
    }
}
