//! Why something was not done.

use std::fmt::Write;

use crate::{
    domain::{AgentName, JobId, JobState, ReceiptId, RunId},
    store::StoreError,
};

/// Why something was not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No agent of that name runs.
    #[error("there is no agent {agent}; there are: {}", names(known))]
    UnknownAgent {
        /// Who was asked for.
        agent: AgentName,
        /// Who there is.
        known: Vec<AgentName>,
    },
    /// The agent runs, so its jobs wait for it.
    #[error(
        "agent {0} is configured, its jobs wait for it: only those of a removed agent are discarded at once"
    )]
    Configured(AgentName),
    /// No such receipt is kept.
    #[error("there is no receipt {0}")]
    UnknownReceipt(ReceiptId),
    /// The receipt's body is no event, or has not been read.
    #[error("receipt {0} holds no event that an agent could be given")]
    NoEvent(ReceiptId),
    /// No such job is kept.
    #[error("there is no job {0}")]
    UnknownJob(JobId),
    /// The job is no dead letter, or there is none.
    #[error("there is no dead letter {0}")]
    NoDeadLetter(JobId),
    /// The run is not under way.
    #[error("run {0} is not under way")]
    NotRunning(RunId),
    /// It is not in a state in which this makes sense.
    #[error("job {job} is {state}: only a job that has ended can be run again")]
    NotEnded {
        /// Which.
        job: JobId,
        /// Where it stands.
        state: JobState,
    },
    /// It has ended already.
    #[error("job {job} is {state} already")]
    Ended {
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

fn names(known: &[AgentName]) -> String {
    const SHOWN: usize = 20;
    let mut text = known.iter().take(SHOWN).map(AgentName::as_str).collect::<Vec<_>>().join(", ");
    if known.is_empty() {
        "none".clone_into(&mut text);
    } else if known.len() > SHOWN {
        let _ = write!(text, " and {} more", known.len() - SHOWN);
    }
    text
}
