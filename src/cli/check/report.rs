//! What a project has, as an operator reads it.

use std::{fmt::Write as _, time::Duration};

use chrono::TimeZone;
use herdgate_actors::domain::{Debounce, JobPolicy, Source, Timestamp, Trigger, WhenBusy};
use serde_json::{Value, json};

use crate::config::{Place, Problems, ResolvedAgent, ResolvedConfig, Schedule, Verification};

/// How many of its next times a schedule shows.
const UPCOMING: usize = 3;

/// All of it, and whether it is sound.
pub(super) fn describe(config: &ResolvedConfig, now: Timestamp, sound: bool) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = overview(&mut text, config);
    let _ = sources(&mut text, config);
    let _ = agents(&mut text, config, now);
    let _ = warnings(&mut text, config, sound);
    text
}

/// The same for programs.
pub(super) fn json(config: &ResolvedConfig, now: Timestamp, sound: bool) -> Value {
    let sources = config.sources.iter().map(|source| {
        json!({
            "name": source.name,
            "type": source.provider,
            "signed": trust(source, config),
            "path": format!("/webhooks/{}/{}", source.provider, source.name),
        })
    });
    let agents = config.agents.iter().map(|agent| {
        let schedule = agent.schedule.as_ref().map(|schedule| {
            let next: Vec<_> = schedule.upcoming(now, UPCOMING).iter().map(ToString::to_string).collect();
            json!({ "expression": schedule.expression, "timezone": schedule.zone.name(), "next": next })
        });
        json!({
            "name": agent.name(),
            "scale": agent.spec.scale,
            "triggers": agent.spec.triggers.iter().map(describe_trigger).collect::<Vec<_>>(),
            "schedule": schedule,
            "command": agent.spec.run.command,
        })
    });
    json!({
        "sound": sound,
        "project": config.file,
        "public": config.gateway.public.to_string(),
        "admin": config.gateway.admin.to_string(),
        "data_dir": config.data_dir,
        "credentials_dir": config.credentials.root(),
        "max_runs": config.max_runs,
        "sources": sources.collect::<Vec<_>>(),
        "agents": agents.collect::<Vec<_>>(),
        "warnings": config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What is wrong, for programs.
pub(super) fn problems_json(problems: &Problems) -> Value {
    let problems = problems.iter().map(|problem| {
        let file = match &problem.place {
            Place::Text(source, _) => Some(source.path.clone()),
            Place::Path(path) => Some(path.clone()),
            Place::Variable(_) => None,
        };
        json!({ "file": file, "line": problem.line(), "problem": problem.to_string() })
    });
    json!({ "sound": false, "problems": problems.collect::<Vec<_>>() })
}

fn overview(text: &mut String, config: &ResolvedConfig) -> std::fmt::Result {
    writeln!(text, "project      {}", config.file.display())?;
    writeln!(text, "webhooks at  {}", config.gateway.public)?;
    writeln!(text, "admin at     {}", config.gateway.admin)?;
    writeln!(text, "data in      {}", config.data_dir.display())?;
    writeln!(text, "secrets in   {}", config.credentials.root().display())?;
    writeln!(text, "runs         {} at once", config.max_runs)?;
    if !config.origins.is_empty() {
        writeln!(text, "\nset elsewhere than in {}", config.file.display())?;
    }
    for (key, origin) in &config.origins {
        writeln!(text, "  {key}  by {origin}")?;
    }
    Ok(())
}

fn sources(text: &mut String, config: &ResolvedConfig) -> std::fmt::Result {
    writeln!(text, "\n{}", count(config.sources.len(), "source"))?;
    for source in &config.sources {
        let url = config.gateway.url.as_deref().unwrap_or_default();
        writeln!(text, "  {}  ({}, {})", source.name, source.provider, trust(source, config))?;
        writeln!(text, "    POST {url}/webhooks/{}/{}", source.provider, source.name)?;
        if let Some(Verification::Signed { path, by_default, previous }) =
            config.verification.get(&source.name)
        {
            let why = if *by_default { ", which is there and so is used" } else { "" };
            writeln!(text, "    secret {}{why}", path.display())?;
            if let Some(age) = previous {
                writeln!(text, "    previous secret, {} old", days(*age))?;
            }
        }
    }
    Ok(())
}

fn trust(source: &Source, config: &ResolvedConfig) -> String {
    match config.verification.get(&source.name) {
        Some(Verification::NotRead { instance, by_default: false }) => {
            format!("signed, secret {instance} not looked at")
        }
        Some(Verification::NotRead { instance, .. }) => {
            format!("signed if there is a secret {instance}, which was not looked at")
        }
        _ => match source.secrets.len() {
            0 => "unsigned: ANYBODY CAN SEND".to_owned(),
            1 => "signed".to_owned(),
            _ => "signed, current and previous secret".to_owned(),
        },
    }
}

fn days(age: Duration) -> String {
    match age.as_secs() / (24 * 3_600) {
        0 => "less than a day".to_owned(),
        days => count(usize::try_from(days).unwrap_or(usize::MAX), "day"),
    }
}

fn agents(text: &mut String, config: &ResolvedConfig, now: Timestamp) -> std::fmt::Result {
    writeln!(text, "\n{}", count(config.agents.len(), "agent"))?;
    for agent in &config.agents {
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
    describe_subject(&mut text, &trigger.jobs);
    text
}

fn describe_subject(text: &mut String, jobs: &JobPolicy) {
    let JobPolicy { key, when_busy, debounce, priority } = jobs;
    if let Some(key) = key {
        let _ = write!(text, "; one run at a time about the same {}, ", key.as_str());
        let others = match when_busy {
            WhenBusy::Queue => "others wait",
            WhenBusy::Replace => "the latest replaces those that wait",
            WhenBusy::Cancel => "the latest stops the others",
            WhenBusy::Drop => "others are dropped",
        };
        text.push_str(others);
    }
    if let Some(Debounce { quiet, max }) = *debounce {
        let (quiet, max) = (humantime::format_duration(quiet), humantime::format_duration(max));
        let _ = write!(text, ", after {quiet} without another, at most {max}");
    }
    if *priority != 0 {
        let _ = write!(text, "; priority {priority}");
    }
}

fn upcoming(schedule: &Schedule, now: Timestamp) -> String {
    let times = schedule.upcoming(now, UPCOMING);
    let local = times.iter().map(|time| schedule.zone.from_utc_datetime(&time.to_utc().naive_utc()));
    local.map(|time| time.format("%a %Y-%m-%d %H:%M:%S %Z").to_string()).collect::<Vec<_>>().join(" · ")
}

fn warnings(text: &mut String, config: &ResolvedConfig, sound: bool) -> std::fmt::Result {
    if !config.warnings.is_empty() {
        writeln!(text, "\n{}", count(config.warnings.len(), "warning"))?;
    }
    for warning in &config.warnings {
        writeln!(text, "  {warning}")?;
    }
    if sound {
        writeln!(text, "\nsound")
    } else {
        writeln!(text, "\nnot sound: --strict takes warnings for problems")
    }
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
key = "{repo}#{number}"
when_busy = "replace"
debounce = "30s"
priority = 5
"#;

    #[test]
    fn sources_agents_their_next_times_and_warnings_are_listed() {
        let fixture = Fixture::with_sources()
            .agent("dev", DEV)
            .agent("ops", "[[webhooks]]\nsource = \"sentry\"\n")
            .agent("off", "scale = 0\n")
            .var("TOKEN", "t0ken");
        let text = describe(&fixture.plan(), FRIDAY, true);
        assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
        insta::assert_snapshot!(text.replace(&fixture.root().display().to_string(), "project"));
    }
}
