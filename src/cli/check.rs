//! `herdgate check`: whether a project is sound, and what it has.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write as _},
    process::ExitCode,
};

use chrono::TimeZone;
use clap::Args;
use herdgate_actors::{
    domain::Source,
    domain::{Clock, Timestamp, Trigger},
};

use super::project::Project;
use crate::config::{self, ColorMode, Env, ResolvedAgent, ResolvedConfig, Schedule};

/// How many columns a report has where the terminal does not say.
pub(super) const WIDTH: usize = 100;
/// How many of its next times a schedule shows.
const UPCOMING: usize = 3;

/// Options of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    project: Project,
}

impl Check {
    /// Prints what the project has, or everything that is wrong with it: exit code 1.
    pub(super) fn run(self) -> ExitCode {
        match config::load(&self.project.path(), &Env::of_process()) {
            Ok(plan) => {
                // Nobody is left to tell when standard output is closed.
                let _ = io::stdout().write_all(describe(&plan, Clock::System.now()).as_bytes());
                ExitCode::SUCCESS
            }
            Err(problems) => {
                let ink = if io::stderr().is_terminal() { ColorMode::Colour } else { ColorMode::Plain };
                let _ = io::stderr().write_all(problems.render(ink, WIDTH).as_bytes());
                ExitCode::FAILURE
            }
        }
    }
}

/// What a project has, as an operator reads it.
fn describe(plan: &ResolvedConfig, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = overview(&mut text, plan);
    let _ = sources(&mut text, plan);
    let _ = agents(&mut text, plan, now);
    let _ = warnings(&mut text, plan);
    text
}

fn overview(text: &mut String, plan: &ResolvedConfig) -> std::fmt::Result {
    writeln!(text, "project      {}", plan.file.display())?;
    writeln!(text, "webhooks at  {}", plan.gateway.public)?;
    writeln!(text, "admin at     {}", plan.gateway.admin)?;
    writeln!(text, "data in      {}", plan.data_dir.display())?;
    writeln!(text, "secrets in   {}", plan.credentials.root().display())?;
    if let Some(scale) = plan.scale {
        writeln!(text, "scale        {scale} runs at once in the whole project")?;
    }
    Ok(())
}

fn sources(text: &mut String, plan: &ResolvedConfig) -> std::fmt::Result {
    writeln!(text, "\n{}", count(plan.sources.len(), "source"))?;
    for source in &plan.sources {
        let url = plan.gateway.url.as_deref().unwrap_or_default();
        writeln!(text, "  {}  ({}, {})", source.name, source.provider, trust(source))?;
        writeln!(text, "    POST {url}/webhooks/{}/{}", source.provider, source.name)?;
    }
    Ok(())
}

fn trust(source: &Source) -> &'static str {
    match source.secrets.len() {
        0 => "unsigned",
        1 => "signed",
        _ => "signed, current and previous secret",
    }
}

fn agents(text: &mut String, plan: &ResolvedConfig, now: Timestamp) -> std::fmt::Result {
    writeln!(text, "\n{}", count(plan.agents.len(), "agent"))?;
    for agent in &plan.agents {
        writeln!(text, "  {}  ({})", agent.name(), scale(agent))?;
        for trigger in &agent.spec.triggers {
            writeln!(text, "    on {}", describe_trigger(trigger))?;
        }
        if let Some(schedule) = &agent.schedule {
            writeln!(text, "    at {} {}", schedule.expression, schedule.zone)?;
            writeln!(text, "       next: {}", upcoming(schedule, now))?;
        }
        writeln!(text, "    runs {}", agent.spec.run.command.join(" "))?;
    }
    Ok(())
}

fn scale(agent: &ResolvedAgent) -> String {
    match agent.spec.scale {
        0 => "disabled".to_owned(),
        1 => "1 run at once".to_owned(),
        scale => format!("{scale} runs at once"),
    }
}

fn describe_trigger(trigger: &Trigger) -> String {
    let mut text = trigger.source.to_string();
    for clause in &trigger.filter.clauses {
        let _ = write!(text, ", {} {}", clause.field, clause.wanted.join(" or "));
    }
    if trigger.filter.clauses.is_empty() {
        text.push_str(", everything");
    }
    text
}

fn upcoming(schedule: &Schedule, now: Timestamp) -> String {
    let times = schedule.upcoming(now, UPCOMING);
    let local = times.iter().map(|time| schedule.zone.from_utc_datetime(&time.to_utc().naive_utc()));
    local.map(|time| time.format("%a %Y-%m-%d %H:%M:%S %Z").to_string()).collect::<Vec<_>>().join(" · ")
}

fn warnings(text: &mut String, plan: &ResolvedConfig) -> std::fmt::Result {
    if !plan.warnings.is_empty() {
        writeln!(text, "\n{}", count(plan.warnings.len(), "warning"))?;
    }
    for warning in &plan.warnings {
        writeln!(text, "  {warning}")?;
    }
    writeln!(text, "\nsound")
}

fn count(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Fixture;

    /// The Friday before the clocks of Berlin go back in 2026.
    const FRIDAY: Timestamp = Timestamp::from_millis(1_792_742_400_000);

    const DEV: &str = r#"
schedule = "0 9 * * MON-FRI"
timezone = "Europe/Berlin"
scale = 2
model = "x"
env = ["TOKEN"]

[[webhooks]]
source = "hub"
events = ["issues", "push"]
repos = "acme/*"
"#;

    #[test]
    fn sources_agents_their_next_times_and_warnings_are_listed() {
        let fixture = Fixture::with_sources()
            .agent("dev", DEV)
            .agent("ops", "[[webhooks]]\nsource = \"sentry\"\n")
            .agent("off", "scale = 0\n")
            .var("TOKEN", "t0ken");
        let text = describe(&fixture.plan(), FRIDAY);
        assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
        insta::assert_snapshot!(text.replace(&fixture.root().display().to_string(), "project"));
    }
}
