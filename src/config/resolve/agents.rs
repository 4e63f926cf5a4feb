//! Agents: one folder each.

use std::{collections::BTreeMap, sync::Arc};

use chrono_tz::Tz;
use herdgate_actors::{domain::AgentName, domain::AgentSpec};

use super::{Resolver, is_usable_name, schedule::catch_up, sources::Declared};
use crate::config::{ConfigError, Diagnostic, Origins, ResolvedAgent, Warning, agents::AgentFiles};

impl Resolver<'_> {
    pub(super) fn agents(&mut self, declared: &BTreeMap<String, Declared>) -> Vec<ResolvedAgent> {
        let files = self.files;
        let zone = self.project_zone();
        self.names();
        let resolved: Vec<_> = files.agents.iter().map(|agent| self.agent(agent, declared, zone)).collect();
        self.commands(&resolved);
        resolved
    }

    fn agent(
        &mut self,
        files: &AgentFiles,
        declared: &BTreeMap<String, Declared>,
        project_zone: Tz,
    ) -> ResolvedAgent {
        let project = &self.files.settings;
        let agent = &files.settings;
        let scale = agent.scale.unwrap_or(project.default_agent_scale);
        let name = AgentName::from(files.name.as_str());
        if scale == 0 {
            self.warnings.push(Warning::Disabled { agent: name.clone() });
        } else {
            self.can_start(files);
        }
        let schedule = self.schedule(files, project_zone);
        let mut places = Origins::default();
        places.extend(files.document.origins());
        ResolvedAgent {
            spec: Arc::new(AgentSpec {
                name,
                triggers: self.triggers(files, declared),
                scale,
                queue_limit: agent.work_queue_size.unwrap_or(project.work_queue_size),
                retry: self.retry(files),
                run: Arc::new(self.run(files)),
                params: json(&agent.params),
            }),
            schedule,
            catch_up: catch_up(agent.catch_up.unwrap_or(project.catch_up)),
            folder: files.folder.clone(),
            places,
        }
    }

    /// A schedule or triggers that are there but wrong are told of elsewhere.
    fn can_start(&mut self, files: &AgentFiles) {
        let scheduled = files
            .settings
            .schedule
            .as_ref()
            .map_or_else(|| files.document.mentions("schedule"), |expression| !expression.is_empty());
        let listens = !files.settings.webhooks.is_empty() || files.document.mentions("webhooks[0]");
        if !scheduled && !listens && files.document.legible {
            let agent = files.name.clone();
            self.problems.push(if files.has_config {
                Diagnostic::of_path(files.document.path(), ConfigError::Idle { agent })
            } else {
                let front_matter = files.configured_by_front_matter;
                Diagnostic::of_path(&files.folder, ConfigError::NoAgentConfig { agent, front_matter })
            });
        }
    }

    fn names(&mut self) {
        let mut seen = BTreeMap::new();
        for files in &self.files.agents {
            let name = &files.name;
            let cause = if is_usable_name(name) {
                let first = seen.insert(name.to_ascii_lowercase(), name);
                first.map(|first| ConfigError::SameName { first: first.clone(), second: name.clone() })
            } else {
                Some(ConfigError::BadName { name: name.clone(), what: "an agent" })
            };
            if let Some(cause) = cause {
                self.problems.push(Diagnostic::of_path(&files.folder, cause));
            }
        }
    }

    /// One problem for all agents without a command: it takes one table to help them all.
    fn commands(&mut self, resolved: &[ResolvedAgent]) {
        let without = resolved.iter().filter(|agent| agent.spec.run.command.is_empty());
        let agents: Vec<_> = without.map(|agent| agent.name().to_string()).collect();
        if !agents.is_empty() && !self.files.layers.is_wrong("run.command") {
            self.problems.push(self.files.layers.problem("run", ConfigError::NoCommand { agents }));
        }
    }
}

/// `[params]` in the order of the file, as Action Llama shows them to its agents.
fn json(params: &toml::Table) -> Arc<str> {
    serde_json::to_string(params).unwrap_or_else(|_| "{}".to_owned()).into()
}
