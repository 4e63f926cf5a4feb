//! What an agent is, as its actor needs to know it.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{AgentName, Trigger},
    runner::RunSpec,
};

/// One agent, resolved from its configuration.
#[derive(Debug, Clone)]
pub struct AgentSpec {
    /// The name of its folder.
    pub name: AgentName,
    /// Its `[[webhooks]]`, in their order.
    pub triggers: Vec<Trigger>,
    /// How many runs at once; 0 disables the agent.
    pub scale: u32,
    /// How many jobs may wait.
    pub queue_limit: u32,
    /// What happens after an attempt that did not complete.
    pub retry: RetryPolicy,
    /// How its runs are driven.
    pub run: Arc<RunSpec>,
    /// `[params]` as JSON, shown to the agent as `<agent-config>`; `{}` where there are none.
    pub params: Arc<str>,
}

/// `[retry]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many attempts may fail before the job is a dead letter; at least 1.
    pub attempts: u32,
    /// The pause after the first failure; doubles with each further one.
    pub backoff: Duration,
    /// The longest pause.
    pub backoff_max: Duration,
    /// Whether a timeout is tried again like a failure.
    pub retry_timeouts: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff: Duration::from_secs(10),
            backoff_max: Duration::from_secs(600),
            retry_timeouts: false,
        }
    }
}
