//! What an agent can be told while it runs, and the ways to it.

use std::sync::Arc;

use tokio::sync::watch;

use super::AgentState;
use crate::{
    domain::{AgentSpec, RunId},
    runner::StopMode,
    runtime::{Listener, MailboxSender},
};

/// Message to an agent: change what you do.
#[derive(Debug, Clone)]
pub enum AgentCommand {
    /// Be like this from now on. Runs that are under way end as they began.
    Configure(Arc<AgentSpec>),
    /// Have so many runs at once.
    Scale(u32),
    /// Begin no runs; the jobs wait.
    Pause,
    /// Go on.
    Resume,
    /// End a run, and its job with it.
    Cancel(RunId, StopMode),
    /// Begin no runs any more: the gate ends.
    Drain,
    /// End every run: the gate ends. Their jobs are tried again in its next life.
    StopAll(StopMode),
    /// End when the last run has ended: the configuration has you no more.
    Remove,
}

/// The ways to one agent, for whoever rules over it.
#[derive(Debug, Clone)]
pub struct AgentHandle {
    /// The ways that everybody has.
    pub listener: Listener,
    /// Tells it what to do.
    pub commands: MailboxSender<AgentCommand>,
    /// What it does.
    pub observed: watch::Receiver<AgentState>,
}
