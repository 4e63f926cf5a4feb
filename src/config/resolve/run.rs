//! `[run]`, `env` and `[retry]`: the project's, and what an agent has instead.

use std::sync::Arc;

use herdgate_actors::domain::{AgentName, EnvVar, RetryPolicy, RunSpec};

use super::{Resolver, absolute};
use crate::config::{ConfigError, Variable, Variables, Warning, herd::AgentFiles, load::expand};

impl Resolver<'_> {
    /// How an agent's runs are driven. The command is empty where there is none; the caller tells
    /// of that once for all agents.
    pub(super) fn run(&mut self, files: &AgentFiles) -> RunSpec {
        let project = &self.files.project.run;
        let own = &files.agent.run;
        let command = if own.command.is_empty() { &project.command } else { &own.command };
        if command.first().is_some_and(String::is_empty) {
            let cause = ConfigError::BadValue {
                key: "command".to_owned(),
                why: "the program has no name".to_owned(),
            };
            self.problems.push(if own.command.is_empty() {
                self.files.problem("run.command", cause)
            } else {
                files.document.problem("run.command", cause)
            });
        }
        let cwd = own.cwd.as_ref().or(project.cwd.as_ref()).filter(|cwd| !cwd.is_empty());
        RunSpec {
            command: command.clone(),
            cwd: cwd.map(|cwd| absolute(expand(cwd, &self.files.root, self.env))),
            env: self.variables(files),
            timeout: own.timeout.or(files.agent.timeout).unwrap_or(project.timeout),
            kill_grace: own.kill_grace.unwrap_or(project.kill_grace),
            output_limit: own.output_limit.unwrap_or(project.output_limit),
            keep_work: herdgate_actors::domain::KeepWork::default(),
            instructions: Arc::from(files.instructions.as_str()),
        }
    }

    /// The project's variables, the agent's `env` over them, and its `[run] env` over both.
    fn variables(&mut self, files: &AgentFiles) -> Vec<EnvVar> {
        let agent = &files.agent;
        let layers = [&self.files.project.run.env, &agent.env, &agent.run.env];
        let merged: Variables = layers.into_iter().flatten().map(|(n, v)| (n.clone(), v.clone())).collect();
        let mut variables = Vec::with_capacity(merged.len());
        for (name, variable) in merged {
            if name.is_empty() || name.contains(['=', '\0']) {
                let cause = ConfigError::BadName { name, what: "a variable" };
                self.problems.push(files.document.problem("env", cause));
                continue;
            }
            let value = match variable {
                Variable::Set(value) => Some(value),
                Variable::PassedOn => self.env.get(&name).map(str::to_owned),
            };
            if let Some(value) = value {
                variables.push(EnvVar { name, value });
            } else {
                let agent = AgentName::from(files.name.as_str());
                self.warnings.push(Warning::NotSet { agent, variable: name });
            }
        }
        variables
    }

    pub(super) fn retry(&self, files: &AgentFiles) -> RetryPolicy {
        let project = &self.files.project.retry;
        let own = &files.agent.retry;
        RetryPolicy {
            attempts: own.attempts.unwrap_or(project.attempts),
            backoff: own.backoff.unwrap_or(project.backoff),
            backoff_max: own.backoff_max.unwrap_or(project.backoff_max),
            retry_timeouts: own.retry_timeouts.unwrap_or(project.retry_timeouts),
            snoozes: RetryPolicy::default().snoozes,
        }
    }
}
