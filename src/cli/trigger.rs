//! `herdgate trigger`.

use std::{
    io::{self, IsTerminal, Read},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use herdgate_actors::domain::JobId;

use super::{
    gate::Gate,
    globals::Globals,
    logs::{Printer, tell_end},
    outcome::{Outcome, report},
    print::{Out, note},
    words::{exit_code, why_job},
};
use crate::api::{agents::NewRun, history::JobDetail, jobs::State};

/// How often a job that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Start a run of an agent by hand.
#[derive(Debug, Args)]
pub(super) struct Trigger {
    /// The agent.
    agent: String,
    /// What it is told beside its instructions; `-` is standard input.
    #[arg(long)]
    prompt: Option<String>,
    /// Follow its output until the job has ended, tries and all, and end with the exit code of its last
    /// run.
    #[arg(long)]
    wait: bool,
}

impl Trigger {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let prompt = match self.prompt.as_deref() {
            Some("-") => {
                let mut text = String::new();
                io::stdin()
                    .read_to_string(&mut text)
                    .map_err(|error| report(format!("cannot read the prompt: {error}")))?;
                Some(text)
            }
            other => other.map(str::to_owned),
        };
        let triggered = gate.ask(|api| async { api.trigger(&self.agent, &NewRun { prompt }).await })?;
        if self.wait {
            note(&format!("job {} of {} waits for its run", triggered.job, self.agent));
            return wait(&gate, triggered.job, globals.json);
        }
        let mut out = Out::new();
        if globals.json {
            out.object(&triggered)?;
        } else {
            out.line(format!("job {} of {} waits for its run", triggered.job, self.agent))?;
            out.line(format!("`herdgate logs {} -f` follows it", triggered.job))?;
        }
        out.success()
    }
}

/// Follows the runs of a job to its end.
fn wait(gate: &Gate, job: JobId, json: bool) -> Outcome {
    let mut followed = 0;
    loop {
        let detail: JobDetail = gate.ask(|api| api.job(job))?;
        for run in &detail.attempts[followed..] {
            let ended = Printer::new(run.id, io::stdout().is_terminal()).follow(gate)?;
            tell_end(&ended);
            followed += 1;
        }
        let JobDetail { job: row, attempts } = &detail;
        if !matches!(row.state, State::Completed | State::Discarded | State::Cancelled) {
            std::thread::sleep(LOOK_EVERY);
            continue;
        }
        if json {
            let mut out = Out::new();
            out.object(&detail)?;
            out.flush()?;
        } else if row.state != State::Completed {
            let why = why_job(row);
            let why = if why.is_empty() { why } else { format!(": {why}") };
            note(&format!("job {job} is {}{why}", row.state.as_str()));
        }
        let code = attempts.last().map_or(1, exit_code);
        let code = if row.state == State::Completed { 0 } else { code.max(1) };
        return Ok(ExitCode::from(code));
    }
}
