//! Who is there to be asked and woken.

use std::{collections::HashMap, fmt, sync::Arc};

use arc_swap::ArcSwap;

use super::{MailboxSender, SendError, Waker};
use crate::domain::{AgentName, FilterRequest, WakeUp};

/// The ways to one agent.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Asks whether it wants a delivery.
    pub filter: MailboxSender<FilterRequest>,
    /// Judges for it where its actor was given up.
    pub proxy: Proxy,
    /// Says that jobs may wait.
    pub waker: Waker,
}

impl Listener {
    /// Asks whether it wants a delivery. The deliveries of an agent that cannot go on become jobs that
    /// wait for its return; they cost the others nothing.
    ///
    /// # Errors
    /// Its mailbox is full.
    pub fn ask(&self, request: FilterRequest) -> Result<(), FilterRequest> {
        match self.filter.try_send(request) {
            Ok(()) => Ok(()),
            Err(SendError::Full(request)) => Err(request),
            Err(SendError::Closed(request)) => {
                (self.proxy.0)(&request);
                Ok(())
            }
        }
    }
}

/// Judges deliveries as an agent would, on the thread that asks.
#[derive(Clone)]
pub struct Proxy(Arc<dyn Fn(&FilterRequest) + Send + Sync>);

impl Proxy {
    /// One that judges by `judge`.
    pub fn new(judge: impl Fn(&FilterRequest) + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy")
    }
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
