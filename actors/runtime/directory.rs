//! Who is there to be asked and woken.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;

use super::{MailboxSender, Waker};
use crate::domain::{AgentName, FilterRequest, WakeUp};

/// The ways to one agent.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Asks whether it wants a delivery.
    pub filter: MailboxSender<FilterRequest>,
    /// Says that jobs may wait.
    pub waker: Waker,
}

/// The agents that are there, by name. Read by everybody, changed by the one hand that starts and
/// ends agents; clones are the same directory.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<ArcSwap<HashMap<AgentName, Listener>>>);

impl Directory {
    /// Everybody who is there now.
    pub fn listeners(&self) -> Arc<HashMap<AgentName, Listener>> {
        self.0.load_full()
    }

    /// Calls `ask` with the ways to one agent, where it is there.
    pub fn with<T>(&self, agent: &AgentName, ask: impl FnOnce(&Listener) -> T) -> Option<T> {
        self.0.load().get(agent).map(ask)
    }

    /// Wakes an agent; says whether it is there.
    pub fn wake(&self, agent: &AgentName) -> bool {
        self.with(agent, |listener| listener.waker.wake()).is_some()
    }

    /// Puts everybody in place of those who were there.
    pub fn replace(&self, listeners: HashMap<AgentName, Listener>) {
        self.0.store(Arc::new(listeners));
    }
}
