//! `herdgate check`: whether a project is sound, and what it has.

mod against;
mod prompt;
mod report;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Args;
use herdgate_actors::{
    domain::Clock,
    store::{Backlog, JobState, SqliteReader, Views},
};

use super::{globals::Globals, outcome::Outcome, print::Out, project::read, visible::visible};
use crate::config::{ColorMode, ResolvedConfig, Warning};

/// How many columns a report has where the terminal does not say.
pub(super) const WIDTH: usize = 100;

/// Options of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Take a warning for a problem: exit code 1.
    #[arg(long)]
    strict: bool,
    /// Look at no secret, for machines that do not have them.
    #[arg(long)]
    no_secrets: bool,
    /// Show what differs from what the running gate has in force: exit code 3 where anything does, 0
    /// where nothing does. Secrets are said to have changed, no more.
    #[arg(long, conflicts_with_all = ["no_secrets", "strict", "prompt"])]
    against_running: bool,
    #[command(flatten)]
    prompt: prompt::Prompt,
}

impl Check {
    /// Prints what the project has, or everything that is wrong with it: exit code 1.
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let project = globals.project().handle();
        let project = if self.no_secrets { project.without_secrets() } else { project };
        match project.load() {
            Ok(config) if self.against_running => against::compare(&config, globals),
            Ok(config) if self.prompt.prompt.is_some() => {
                let agent = self.prompt.prompt.as_deref().unwrap_or_default();
                self.prompt.show(agent, &config, globals)
            }
            Ok(mut config) => {
                let stranded = stranded(&config);
                config.warnings.extend(stranded);
                let sound = !self.strict || config.warnings.is_empty();
                let mut out = Out::new();
                if globals.json {
                    out.pretty(&report::json(&config, Clock::System.now(), sound))?;
                } else {
                    out.bytes(visible(&report::describe(&config, Clock::System.now(), sound)).as_bytes())?;
                }
                out.flush()?;
                Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            Err(problems) => {
                let text = problems.render(ColorMode::of_stderr(), WIDTH);
                let _ = io::stderr().write_all(text.as_bytes());
                if globals.json {
                    let mut out = Out::new();
                    out.pretty(&report::problems_json(&problems))?;
                    out.flush()?;
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// A warning for each agent that has jobs and does not run them; a store that cannot be read is one
/// too.
fn stranded(config: &ResolvedConfig) -> Vec<Warning> {
    let path = config.data_dir.join(crate::run::DATABASE);
    if !path.exists() {
        return Vec::new();
    }
    let backlog = match SqliteReader::open(&path) {
        Ok(reader) => read(reader.backlog()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match backlog {
        Ok(backlog) => jobs_without_agent(config, &backlog),
        Err(why) => vec![Warning::StoreUnreadable { path, why }],
    }
}

fn jobs_without_agent(config: &ResolvedConfig, backlog: &[Backlog]) -> Vec<Warning> {
    let waits = |state| {
        matches!(state, JobState::Available | JobState::Scheduled | JobState::Held | JobState::Retryable)
    };
    let mut jobs = BTreeMap::new();
    for row in backlog.iter().filter(|row| waits(row.state)) {
        let agent = config.agent(row.agent.as_str());
        if agent.is_none_or(|agent| !agent.spec.is_enabled()) {
            let why = if agent.is_none() { "is not configured" } else { "is disabled" };
            jobs.entry(row.agent.clone()).or_insert((0, why)).0 += row.jobs;
        }
    }
    jobs.into_iter().map(|(agent, (jobs, why))| Warning::Stranded { agent, jobs, why }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Fixture;

    #[test]
    fn jobs_of_agents_that_do_not_run_are_told_of() {
        let fixture = Fixture::with_sources()
            .agent("dev", "schedule = \"@daily\"\n")
            .agent("off", "schedule = \"@daily\"\nscale = 0\n");
        let row = |agent: &str, state, jobs| Backlog { agent: agent.into(), state, jobs };
        let backlog = [
            row("dev", JobState::Available, 9),
            row("gone", JobState::Available, 3),
            row("gone", JobState::Retryable, 1),
            row("gone", JobState::Completed, 50),
            row("off", JobState::Scheduled, 1),
        ];
        let told: Vec<_> =
            jobs_without_agent(&fixture.plan(), &backlog).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "4 jobs wait for agent `gone`, which is not configured",
                "1 job waits for agent `off`, which is disabled"
            ]
        );
    }
}
