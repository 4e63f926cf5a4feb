//! What is different between two configurations.

use super::Topology;
use crate::domain::{AgentName, AgentSpec};

/// Agents that are new, gone, or different. One that is disabled counts as gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those that run from now on.
    pub added: Vec<AgentName>,
    /// Those that run no more.
    pub removed: Vec<AgentName>,
    /// Those that run differently.
    pub changed: Vec<AgentName>,
}

impl Changes {
    /// Whether nothing is different about any agent.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Topology {
    /// What `new` has that this one has not, and the other way round. Linear in both.
    pub(crate) fn diff(&self, new: &Self) -> Changes {
        let mut changes = Changes::default();
        for spec in new.agents.iter().filter(|spec| spec.is_enabled()) {
            match self.enabled(&spec.name) {
                None => changes.added.push(spec.name.clone()),
                Some(before) if before != &**spec => changes.changed.push(spec.name.clone()),
                Some(_) => {}
            }
        }
        let gone = |spec: &&std::sync::Arc<AgentSpec>| spec.is_enabled() && new.enabled(&spec.name).is_none();
        changes.removed = self.agents.iter().filter(gone).map(|spec| spec.name.clone()).collect();
        changes
    }

    fn enabled(&self, name: &AgentName) -> Option<&AgentSpec> {
        self.agent(name).map(std::sync::Arc::as_ref).filter(|spec| spec.is_enabled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revision;

    fn names(agents: &[AgentName]) -> Vec<&str> {
        agents.iter().map(AgentName::as_str).collect()
    }

    #[test]
    fn agents_come_go_change_and_stay() {
        let old = Topology::new(
            Revision(1),
            Vec::new(),
            vec![
                AgentSpec::named("gone", 1),
                AgentSpec::named("same", 1),
                AgentSpec::named("scaled", 1),
                AgentSpec::named("off", 1),
                AgentSpec::named("on", 0),
            ],
        );
        let new = Topology::new(
            old.revision().next(),
            Vec::new(),
            vec![
                AgentSpec::named("same", 1),
                AgentSpec::named("scaled", 2),
                AgentSpec::named("new", 1),
                AgentSpec::named("off", 0),
                AgentSpec::named("on", 1),
            ],
        );
        let changes = old.diff(&new);
        assert_eq!(names(&changes.added), ["new", "on"]);
        assert_eq!(names(&changes.removed), ["gone", "off"]);
        assert_eq!(names(&changes.changed), ["scaled"]);
        assert!(new.diff(&new).is_empty());
    }
}
