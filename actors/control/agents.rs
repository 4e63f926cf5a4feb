//! The agents that run, and the ways to them. Their runs are counted where they are known, in the machine of
//! each agent; a `TaskTracker` would count them a second time.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::ControlError;
use crate::{
    agent::{AgentCommand, AgentHandle, AgentState, machine::Mode},
    domain::{AgentName, RunId},
    runtime::MailboxDepth,
};

/// Whether an agent was removed and has ended. It is on the list until the next change.
fn has_left(handle: &AgentHandle) -> bool {
    handle.observed.has_changed().is_err() && handle.observed.borrow().mode == Mode::Removed
}

/// What an agent does. One whose actor is gone without having been removed has failed.
fn state_of(handle: &AgentHandle) -> AgentState {
    let state = handle.observed.borrow().clone();
    let is_gone = handle.observed.has_changed().is_err();
    match state.mode {
        Mode::Removed => state,
        _ if is_gone => AgentState { mode: Mode::Failed, executing: Vec::new(), ..state },
        _ => state,
    }
}

/// Every agent that runs, those that are on their way out among them. Read by everybody, changed by
/// the control actor alone; clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Agents(Arc<ArcSwap<HashMap<AgentName, AgentHandle>>>);

impl Agents {
    /// What each of them does.
    pub fn observed(&self) -> Vec<(AgentName, AgentState)> {
        let mut states: Vec<_> = self
            .0
            .load()
            .iter()
            .filter(|(_, handle)| !has_left(handle))
            .map(|(name, handle)| (name.clone(), state_of(handle)))
            .collect();
        states.sort_by(|one, other| one.0.cmp(&other.0));
        states
    }

    /// What one of them does, now.
    pub fn observed_one(&self, agent: &AgentName) -> Option<AgentState> {
        self.0.load().get(agent).filter(|handle| !has_left(handle)).map(state_of)
    }

    /// What one of them does.
    pub fn observe(&self, agent: &AgentName) -> Option<watch::Receiver<AgentState>> {
        self.0.load().get(agent).map(|handle| handle.observed.clone())
    }

    /// How full the mailbox of one is in which it is asked about deliveries; `None` where it has ended.
    pub fn mailbox(&self, agent: &AgentName) -> Option<MailboxDepth> {
        let all = self.0.load();
        let handle = all.get(agent).filter(|handle| handle.observed.has_changed().is_ok())?;
        Some(handle.listener.filter.depth())
    }

    /// How many runs they have together.
    pub fn executing(&self) -> usize {
        self.0.load().values().map(|handle| handle.observed.borrow().executing.len()).sum()
    }

    /// Every run that is under way.
    pub fn runs(&self) -> Vec<RunId> {
        let executing = |handle: &AgentHandle| handle.observed.borrow().executing.clone();
        self.0.load().values().flat_map(executing).map(|executing| executing.run).collect()
    }

    /// Waits until no run is left, or `patience` is over. Says whether none is left.
    pub async fn idle_within(&self, patience: Duration) -> bool {
        let all = self.0.load_full();
        let idle = async {
            for handle in all.values() {
                let mut observed = handle.observed.clone();
                // An agent that is gone has no runs.
                let _ = observed.wait_for(|state| state.executing.is_empty()).await;
            }
        };
        tokio::time::timeout(patience, idle).await.is_ok()
    }

    /// Tells every agent, as fast as they take it.
    pub async fn tell_all(&self, command: AgentCommand) {
        for handle in self.0.load_full().values() {
            // One that is gone need not be told.
            let _ = handle.commands.send(command.clone()).await;
        }
    }

    /// The ways to one that has not ended.
    pub(super) fn get(&self, agent: &AgentName) -> Result<AgentHandle, ControlError> {
        let all = self.0.load();
        all.get(agent).filter(|handle| !has_left(handle)).cloned().ok_or_else(|| {
            let there = all.iter().filter(|(_, handle)| !has_left(handle));
            let mut known: Vec<_> = there.map(|(name, _)| name.clone()).collect();
            known.sort();
            ControlError::UnknownAgent { agent: agent.clone(), known }
        })
    }

    /// Who has a run.
    pub(super) fn runner_of(&self, run: RunId) -> Option<AgentHandle> {
        let has = |handle: &&AgentHandle| {
            handle.observed.borrow().executing.iter().any(|executing| executing.run == run)
        };
        self.0.load().values().find(has).cloned()
    }

    pub(super) fn load(&self) -> Arc<HashMap<AgentName, AgentHandle>> {
        self.0.load_full()
    }

    pub(super) fn replace(&self, agents: HashMap<AgentName, AgentHandle>) {
        self.0.store(Arc::new(agents));
    }
}
