//! What the running gate is to be.

use std::sync::Arc;

use herdgate_actors::{control::Configuration, domain::AgentSpec, schedule::ScheduledAgent};

use super::{ResolvedAgent, ResolvedConfig, effective};

impl ResolvedConfig {
    /// What the running gate is to be.
    pub fn configuration(&self) -> Configuration {
        let schedule = |agent: &ResolvedAgent| {
            let calendar = agent.schedule.as_ref().filter(|_| agent.spec.is_enabled())?.calendar.clone();
            Some(ScheduledAgent { agent: agent.name().clone(), calendar, catch_up: agent.catch_up })
        };
        let settings = effective::gate_keys(self).into_iter();
        Configuration {
            sources: self.sources.iter().cloned().map(Arc::new).collect(),
            agents: self.agents.iter().map(|agent| Arc::<AgentSpec>::clone(&agent.spec)).collect(),
            schedules: self.agents.iter().filter_map(schedule).collect(),
            settings: settings.map(|(key, setting)| (key, setting.value.to_string())).collect(),
        }
    }
}
