//! What is configured, as one immutable value.
//!
//! A change makes a new one with the next [`Revision`] and swaps it in whole; nobody keeps a copy of
//! a part. A delivery is judged by the one that was there when it came, from its signature to its
//! last filter, and its receipt names that revision.

mod diff;
mod subscriptions;

use std::sync::Arc;

pub use diff::Changes;
pub use subscriptions::SubscriptionIndex;

use super::{AgentName, AgentSpec, Event, Revision, Source, SourceName};

/// Sources, agents, and who may want what.
#[derive(Debug, Default)]
pub struct Topology {
    revision: Revision,
    sources: Vec<Arc<Source>>,
    agents: Vec<Arc<AgentSpec>>,
    subscriptions: SubscriptionIndex,
}

impl Topology {
    /// Puts sources in the order in which configuration names them, and agents in that of their names.
    pub fn new(revision: Revision, sources: Vec<Arc<Source>>, mut agents: Vec<Arc<AgentSpec>>) -> Self {
        agents.sort_by(|one, other| one.name.cmp(&other.name));
        let listens = |agent: &'_ Arc<AgentSpec>| agent.is_enabled();
        let subscriptions = SubscriptionIndex::build(
            agents.iter().map(|agent| if listens(agent) { agent.triggers.as_slice() } else { &[] }),
        );
        Self { revision, sources, agents, subscriptions }
    }

    /// Which configuration this is.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Every source.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The source of that name.
    pub fn source(&self, name: &SourceName) -> Option<&Arc<Source>> {
        self.sources.iter().find(|source| source.name == *name)
    }

    /// Every agent, by name; disabled ones too.
    pub fn agents(&self) -> &[Arc<AgentSpec>] {
        &self.agents
    }

    /// The agent of that name.
    pub fn agent(&self, name: &AgentName) -> Option<&Arc<AgentSpec>> {
        let index = self.agents.binary_search_by(|agent| agent.name.cmp(name)).ok()?;
        self.agents.get(index)
    }

    /// Puts the places in [`Topology::agents`] of those that may want a delivery into `found`.
    pub fn candidates(&self, sources: &[SourceName], event: &Event, found: &mut Vec<usize>) {
        self.subscriptions.candidates(sources, event, found);
    }
}
