//! `[run]`, `env` and `[retry]`: the project's, and what an agent has instead.

use std::sync::Arc;

use herdgate_actors::domain::{self, AgentName, EnvVar, RetryPolicy, RunSpec};

use secrecy::ExposeSecret;

use super::{Resolver, absolute, preset::stall_timeout};
use crate::config::{
    ConfigError, Variable, Variables, Warning,
    agents::AgentFiles,
    layers::expand,
    settings::{KeepWork, Run},
    value::Span,
};

impl Resolver<'_> {
    /// How an agent's runs are driven. The command is empty where there is none; the caller tells
    /// of that once for all agents.
    pub(super) fn run(&mut self, files: &AgentFiles) -> RunSpec {
        let settings = &self.files.settings;
        let project = Run { timeout: self.project_timeout(), ..settings.run.clone() };
        let own = &files.settings.run;
        let mut run = own.over(&project);
        let owns_command = own.command.as_ref().is_some_and(|command| !command.is_empty());
        if !owns_command {
            run.command.clone_from(&project.command);
        }
        if run.command.first().is_some_and(String::is_empty) {
            let cause = ConfigError::BadValue {
                key: "command".to_owned(),
                why: "the program has no name".to_owned(),
            };
            self.problems.push(if owns_command {
                files.document.problem("run.command", cause)
            } else {
                self.files.layers.problem("run.command", cause)
            });
        }
        let owns_preset = own.preset.is_some();
        if owns_command && !owns_preset {
            // The project's preset is not what an agent with a command of its own runs.
            run.preset = None;
        }
        let preset = self.preset(files, &run);
        if let Some((preset, options)) = &preset
            && !owns_command
            && (owns_preset || run.command.is_empty())
        {
            run.command = preset.spec().command(options);
        }
        let prices = self.prices(files, &run, preset.as_ref().map(|(_, options)| options));
        let stall_timeout = stall_timeout(preset.as_ref().map(|(preset, _)| *preset), &run);
        let cwd = run.cwd.filter(|cwd| !cwd.is_empty());
        RunSpec {
            command: run.command,
            preset: preset.map(|(preset, _)| preset.spec().name),
            stall_timeout,
            prices,
            cwd: cwd.map(|cwd| absolute(expand(&cwd, &self.files.layers.root, self.inputs.env))),
            env: self.variables(files),
            timeout: *own.timeout.or(files.settings.timeout).unwrap_or(project.timeout),
            kill_grace: *run.kill_grace,
            output_limit: run.output_limit,
            keep_work: match run.keep_work {
                KeepWork::Never => domain::KeepWork::Never,
                KeepWork::Failed => domain::KeepWork::Failed,
                KeepWork::Always => domain::KeepWork::Always,
            },
            instructions: Arc::from(files.instructions.as_str()),
        }
    }

    /// `[local] timeout` of Action Llama is the `[run] timeout` of a project that has none.
    fn project_timeout(&self) -> Span {
        let settings = &self.files.settings;
        let own = self.files.layers.mentions("run.timeout");
        settings.local.timeout.filter(|_| !own).unwrap_or(settings.run.timeout)
    }

    /// The project's variables, the agent's `env` over them, and its `[run] env` over both.
    fn variables(&mut self, files: &AgentFiles) -> Vec<EnvVar> {
        let agent = &files.settings;
        let layers = [Some(&self.files.settings.run.env), Some(&agent.env), agent.run.env.as_ref()];
        let merged: Variables =
            layers.into_iter().flatten().flatten().map(|(n, v)| (n.clone(), v.clone())).collect();
        let mut variables = Vec::with_capacity(merged.len());
        for (name, variable) in merged {
            if name.is_empty() || name.contains(['=', '\0']) {
                // What stands behind a `=` was meant to be its value.
                let name = name.split('=').next().unwrap_or_default().to_owned();
                let cause = ConfigError::BadName { name, what: "a variable" };
                self.problems.push(files.document.problem("env", cause));
                continue;
            }
            let value = match variable {
                Variable::Set(value) => Some(value.expose_secret().to_owned()),
                Variable::PassedOn => self.inputs.env.get(&name).map(str::to_owned),
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
        let retry = files.settings.retry.over(&self.files.settings.retry);
        RetryPolicy {
            attempts: retry.attempts,
            backoff: *retry.backoff,
            backoff_max: *retry.backoff_max,
            retry_timeouts: retry.retry_timeouts,
            snoozes: retry.snoozes,
        }
    }
}
