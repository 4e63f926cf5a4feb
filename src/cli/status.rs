//! `herdgate status`.

use std::{io::IsTerminal, process::ExitCode, time::Duration};

use clap::Args;
use serde_json::json;

use super::{
    agents,
    gate::Gate,
    globals::{Globals, View},
    outcome::{NO, Outcome},
    palette::Tone,
    print::Out,
    times::{Times, span},
    words::count,
};
use crate::api::{
    agents::{Agent, State},
    dead_letters::{DeadLetters, DeadLettersQuery},
    nodes::Node,
    sources::Source,
};
use crate::client::Api;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Clears the screen and begins at its top.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";

/// Say in one screen how the gate is, and what wants a look.
#[derive(Debug, Args)]
#[command(after_help = "Ends with 0 while the gate is ready, and with 3 while it is not.")]
pub(super) struct Status {
    /// Look again every two seconds, until Ctrl-C.
    #[arg(long, short)]
    watch: bool,
    #[command(flatten)]
    view: View,
}

/// What is looked at.
struct Seen {
    nodes: Vec<Node>,
    agents: Vec<Agent>,
    sources: Vec<Source>,
    dead: Vec<DeadLetters>,
}

impl Status {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        loop {
            let seen = Seen {
                nodes: gate.ask(Api::nodes)?.items,
                agents: gate.ask(Api::agents)?.items,
                sources: gate.ask(Api::sources)?.items,
                dead: gate.ask(|api| async { api.dead_letters(&DeadLettersQuery::default()).await })?.items,
            };
            let mut out = Out::new();
            if globals.json {
                out.json(&json!({
                    "nodes": seen.nodes,
                    "agents": seen.agents,
                    "sources": seen.sources,
                    "dead_letters": seen.dead,
                }))?;
            } else {
                if self.watch && std::io::stdout().is_terminal() {
                    out.bytes(CLEAR)?;
                }
                seen.show(Times::new(self.view), self.view.wide, gate.base(), &mut out)?;
            }
            out.flush()?;
            if !self.watch {
                let ready = seen.nodes.iter().all(|node| node.state == "ready");
                return Ok(if ready { ExitCode::SUCCESS } else { ExitCode::from(NO) });
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Seen {
    fn show(&self, times: Times, wide: bool, base: &str, out: &mut Out) -> miette::Result<()> {
        for node in &self.nodes {
            let why = node.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let tone = if node.state == "ready" { Tone::Good } else { Tone::Bad };
            out.toned(tone, &format!("{}{why}", node.state))?;
            out.line(format!(
                "{base}, version {}, up {}, configuration {}",
                node.version,
                span(times.now().since(node.started_at.0)),
                node.revision
            ))?;
            out.line(format!(
                "{}, {} of at most {} under way, {}",
                count(self.agents.len() as u64, "agent"),
                count(node.executing as u64, "run"),
                node.max_runs,
                self.waiting(times)
            ))?;
        }
        for line in self.wants_a_look() {
            out.toned(Tone::Waiting, &line)?;
        }
        if !self.agents.is_empty() {
            out.line("")?;
            out.table(&agents::table(&self.agents, times), wide)?;
        }
        Ok(())
    }

    fn waiting(&self, times: Times) -> String {
        let jobs = self.agents.iter().map(|agent| agent.waiting).sum();
        let oldest =
            self.agents.iter().filter(|agent| agent.waiting > 0).filter_map(|agent| agent.oldest_due).min();
        match (jobs, oldest) {
            (0, _) => "nothing waits".to_owned(),
            (jobs, Some(oldest)) => {
                format!("{} waiting, the first since {}", count(jobs, "job"), times.short(oldest.0))
            }
            (jobs, None) => format!("{} waiting", count(jobs, "job")),
        }
    }

    /// One line for each thing, with the command that says more.
    fn wants_a_look(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for agent in &self.agents {
            let name = &agent.name;
            let waits = count(agent.waiting, "job");
            match agent.state {
                State::Failed => lines.push(format!("agent {name} is given up; `herdgate agents {name}`")),
                State::Paused => lines.push(format!("agent {name} is paused, {waits} held; `herdgate resume {name}`")),
                State::HeldOff => lines.push(format!("agent {name} waits for room on the machine; `herdgate agents {name}`")),
                State::Unconfigured => lines.push(format!(
                    "{waits} waiting for agent {name}, which is not configured; `herdgate jobs --agent {name}`"
                )),
                State::Open | State::Disabled | State::Draining | State::Removed => {}
            }
        }
        let dead: u64 = self.dead.iter().map(|group| group.jobs).sum();
        if dead > 0 {
            lines.push(format!("{}; `herdgate dead`", count(dead, "dead letter")));
        }
        for source in &self.sources {
            let refused: u64 = source.since_start.refused.values().sum();
            if refused > 0 {
                let why: Vec<_> =
                    source.since_start.refused.iter().map(|(why, count)| format!("{count} {why}")).collect();
                lines.push(format!(
                    "source {} refused {} since the start ({}); `herdgate sources`",
                    source.name,
                    count(refused, "request"),
                    why.join(", ")
                ));
            }
        }
        for node in &self.nodes {
            for actor in
                node.actors.iter().filter(|actor| actor.doing == "given_up" || actor.doing == "restarting")
            {
                let problem = actor.last_problem.as_deref().unwrap_or("no reason is known");
                lines.push(format!(
                    "{} {} is {}: {problem}",
                    actor.actor,
                    actor.name,
                    actor.doing.replace('_', " ")
                ));
            }
        }
        lines
    }
}
