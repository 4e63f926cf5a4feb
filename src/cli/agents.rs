//! `herdgate agents`.

use clap::Args;

use super::{
    gate::Gate,
    globals::{Globals, View},
    outcome::Outcome,
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
    times::{Times, span},
    words::{agent_tone, count, run_tone, spelled, spent},
};
use crate::{
    api::{
        agents::{Agent, AgentDetail, Configured, State},
        jobs, runs,
    },
    client::Api,
};

/// List agents: what they do, what waits for them, how their runs ended; or one with its configuration.
#[derive(Debug, Args)]
pub(super) struct Agents {
    /// Only this one, with what is configured of it.
    agent: Option<String>,
    #[command(flatten)]
    view: View,
}

impl Agents {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let times = Times::new(self.view);
        let mut out = Out::new();
        if let Some(name) = &self.agent {
            let detail = gate.ask(|api| api.agent(name))?;
            if globals.json {
                out.object(&detail)?;
            } else {
                show(&detail, times, &mut out)?;
            }
            return out.success();
        }
        let agents = gate.ask(Api::agents)?.items;
        if globals.json {
            out.each(&agents)?;
        } else if agents.is_empty() {
            out.line("no agents: a folder under agents/ with ACTIONS.md is one")?;
        } else {
            out.table(&table(&agents, times), self.view.wide)?;
        }
        out.success()
    }
}

/// The agents as they are listed.
pub(super) fn table(agents: &[Agent], times: Times) -> Table {
    let mut table = Table::new([
        Column::new("AGENT").least(8),
        Column::new("STATE"),
        Column::new("RUNS").right(),
        Column::new("WAITING").right(),
        Column::new("SINCE").rank(3),
        Column::new("DEAD").right().rank(4),
        Column::new("24H").rank(1),
        Column::new("SPENT").right().rank(5),
        Column::new("LAST RUN").rank(2),
        Column::new("NEXT TICK").rank(0),
    ]);
    for agent in agents {
        let dead = jobs_in(agent, jobs::State::Discarded);
        table.row([
            agent.name.to_string().into(),
            Cell::toned(spelled(agent.state), agent_tone(agent.state)),
            format!("{}/{}", agent.executing.len(), scale(agent)).into(),
            Cell::toned(
                agent.waiting.to_string(),
                if agent.waiting > 0 { Tone::Waiting } else { Tone::Plain },
            ),
            agent
                .oldest_due
                .filter(|_| agent.waiting > 0)
                .map(|due| times.short(due.0))
                .unwrap_or_default()
                .into(),
            Cell::toned(dead.to_string(), if dead > 0 { Tone::Bad } else { Tone::Plain }),
            day(agent).into(),
            agent.spent_24h.as_ref().map_or_else(String::new, spent).into(),
            agent.last_run.as_ref().map_or_else(
                || Cell::from("-"),
                |run| {
                    let text = format!("{} {}", run.state.as_str(), times.short(run.finished_at.0));
                    Cell::toned(text, run_tone(run.state))
                },
            ),
            agent.next_tick.map(|tick| times.short(tick.0)).unwrap_or_default().into(),
        ]);
    }
    table
}

/// How many runs it may have, and where that is not what its file says.
fn scale(agent: &Agent) -> String {
    match agent.configured_scale {
        Some(configured) if configured != agent.scale => format!("{} (file: {configured})", agent.scale),
        _ => agent.scale.to_string(),
    }
}

fn jobs_in(agent: &Agent, state: jobs::State) -> u64 {
    agent.jobs.get(&state).copied().unwrap_or_default()
}

/// How the runs of the last day ended, in short.
fn day(agent: &Agent) -> String {
    let all: u64 = agent.outcomes_24h.values().sum();
    let good = agent.outcomes_24h.get(&runs::State::Completed).copied().unwrap_or_default();
    match all {
        0 => "-".to_owned(),
        _ if good == all => format!("{good} ok"),
        _ => format!("{good} ok, {} not", all - good),
    }
}

fn show(AgentDetail { agent, configured }: &AgentDetail, times: Times, out: &mut Out) -> miette::Result<()> {
    out.line(sentence(agent, times))?;
    out.line("")?;
    let waits: Vec<_> = agent
        .jobs
        .iter()
        .filter(|(_, jobs)| **jobs > 0)
        .map(|(state, jobs)| format!("{jobs} {}", state.as_str()))
        .collect();
    out.pair("jobs", &if waits.is_empty() { "none".to_owned() } else { waits.join(", ") })?;
    for run in &agent.executing {
        out.pair("runs", &format!("{} since {}, {}", run.run, times.full(run.since.0), spelled(run.phase)))?;
    }
    let day: Vec<_> =
        agent.outcomes_24h.iter().map(|(state, runs)| format!("{runs} {}", state.as_str())).collect();
    out.pair("24 hours", &if day.is_empty() { "no run ended".to_owned() } else { day.join(", ") })?;
    if let Some(run) = &agent.last_run {
        out.pair(
            "last run",
            &format!("{} {} {}", run.run, run.state.as_str(), times.full(run.finished_at.0)),
        )?;
    }
    if let Some(mailbox) = &agent.mailbox {
        out.pair("mailbox", &format!("{} of {}", mailbox.waiting, mailbox.capacity))?;
    }
    match configured {
        Some(configured) => configuration(configured, times, out),
        None => out.pair("configured", "no more; `herdgate jobs --agent` lists what waits for it"),
    }
}

fn configuration(configured: &Configured, times: Times, out: &mut Out) -> miette::Result<()> {
    for trigger in &configured.triggers {
        let clauses =
            trigger.clauses.iter().map(|clause| format!(", {} {}", clause.field, clause.wanted.join(" or ")));
        out.pair("on", &format!("{}{}", trigger.source, clauses.collect::<String>()))?;
    }
    if let Some(schedule) = &configured.schedule {
        let next: Vec<_> = schedule.next.iter().take(3).map(|tick| times.short(tick.0)).collect();
        out.pair("at", &format!("{} {}, next {}", schedule.expression, schedule.timezone, next.join(", ")))?;
    }
    let run = &configured.run;
    out.pair("command", &run.command.join(" "))?;
    out.pair("in", run.cwd.as_deref().unwrap_or("a folder of the run's own"))?;
    out.pair(
        "with",
        &if run.env.is_empty() { "no variables of its own".to_owned() } else { run.env.join(", ") },
    )?;
    out.pair("timeout", &span(std::time::Duration::from_millis(run.timeout_ms)))?;
    out.pair("tries", &configured.retry.attempts.to_string())
}

fn sentence(agent: &Agent, times: Times) -> String {
    let name = &agent.name;
    let what = match agent.state {
        State::Open => format!(
            "takes work: {} of at most {} under way",
            count(agent.executing.len() as u64, "run"),
            scale(agent)
        ),
        State::Disabled => "is disabled: its scale is 0".to_owned(),
        State::Paused => format!("is paused: its work is held; `herdgate resume {name}` lets it go on"),
        State::HeldOff => "is held off for a while: the machine had no room for its last run".to_owned(),
        State::Draining => "begins no runs: the gate ends".to_owned(),
        State::Removed => "is configured no more, and ends its last runs".to_owned(),
        State::Failed => {
            "is given up: its actor failed too often; a reload or a restart tries it again".to_owned()
        }
        State::Unconfigured => "is not configured, and jobs wait for it".to_owned(),
    };
    let waits = match (agent.waiting, agent.oldest_due) {
        (0, _) => "nothing waits".to_owned(),
        (jobs, Some(due)) => format!("{} waiting, the first since {}", count(jobs, "job"), times.full(due.0)),
        (jobs, None) => format!("{} waiting", count(jobs, "job")),
    };
    format!("{name} {what}; {waits}.")
}
