//! What is to be configured, and what has come of it.

use std::sync::Arc;

use crate::{
    domain::{AgentSpec, Changes, Revision, Source},
    schedule::ScheduledAgent,
};

/// What is to be configured.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// Sources, in the order in which they are tried.
    pub sources: Vec<Arc<Source>>,
    /// Agents; disabled ones too.
    pub agents: Vec<Arc<AgentSpec>>,
    /// When those with a schedule are due.
    pub schedules: Vec<ScheduledAgent>,
}

/// What has come of a [`Configuration`].
#[derive(Debug, Clone)]
pub struct Applied {
    /// Its number.
    pub revision: Revision,
    /// What is different from the one before.
    pub changes: Changes,
}
