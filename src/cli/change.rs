//! `herdgate pause`, `resume` and `scale`: what an agent may do. `cancel` and `kill`: what ends.

use std::{process::ExitCode, str::FromStr};

use clap::Args;
use herdgate_actors::domain::{JobId, RunId};

use super::{
    confirm::agreed,
    gate::Gate,
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, report, usage},
    print::{Out, note},
    words::count,
};
use crate::{
    api::{
        agents::{AgentDetail, Scale as To},
        jobs::State,
        runs,
    },
    client::Record,
};

/// Let an agent begin no runs: its work is held, not lost.
#[derive(Debug, Args)]
pub(super) struct Pause {
    /// The agent.
    agent: String,
}

impl Pause {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let detail = Gate::of(globals)?.ask(|api| api.pause(&self.agent))?;
        let under_way = detail.agent.executing.len() as u64;
        tell(globals, &detail, |name| {
            let runs = if under_way > 0 {
                format!("; {} under way goes on", count(under_way, "run"))
            } else {
                String::new()
            };
            format!("{name} is paused: its work is held until `herdgate resume {name}`{runs}")
        })
    }
}

/// Let a paused agent go on with what was held.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The agent.
    agent: String,
}

impl Resume {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let detail = Gate::of(globals)?.ask(|api| api.resume(&self.agent))?;
        tell(globals, &detail, |name| {
            format!("{name} goes on: {} waiting", count(detail.agent.waiting, "job"))
        })
    }
}

/// Change how many runs an agent has at once.
#[derive(Debug, Args)]
pub(super) struct Scale {
    /// The agent.
    agent: String,
    /// So many, or `file` for what its file says.
    to: Number,
}

/// How many.
#[derive(Debug, Clone, Copy)]
enum Number {
    So(u32),
    AsConfigured,
}

impl FromStr for Number {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "file" => Ok(Self::AsConfigured),
            number => number.parse().map(Self::So).map_err(|_| "expected a number, or `file`"),
        }
    }
}

impl Scale {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let to = match self.to {
            Number::So(to) => Some(to),
            Number::AsConfigured => None,
        };
        let detail = Gate::of(globals)?.ask(|api| async { api.scale(&self.agent, &To { to }).await })?;
        let (scale, configured) = (detail.agent.scale, detail.agent.configured_scale);
        tell(globals, &detail, |name| {
            let file = match configured {
                Some(configured) if configured != scale => format!("; its file says {configured}"),
                _ => String::new(),
            };
            let runs = if scale == 0 {
                "begins no runs".to_owned()
            } else {
                format!("has {} at once", count(u64::from(scale), "run"))
            };
            format!("{name} {runs}{file}")
        })
    }
}

fn tell(globals: &Globals, detail: &AgentDetail, words: impl FnOnce(&str) -> String) -> Outcome {
    let mut out = Out::new();
    if globals.json {
        out.object(&detail.agent)?;
    } else {
        out.line(words(detail.agent.name.as_str()))?;
    }
    out.success()
}

/// End a job: one that waits, or one that executes with its run.
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// The job, or a receipt that made one.
    id: AnyId,
    /// Do not ask where it executes.
    #[arg(long, short)]
    yes: bool,
}

impl Cancel {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let id = job_of(&gate, self.id)?;
        let job = gate.ask(|api| api.job(id))?.job;
        if job.state == State::Executing
            && !agreed(&format!("job {id} of {} executes: its run will be ended", job.agent), self.yes)?
        {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let changed = gate.ask(|api| api.cancel(id))?;
        let mut out = Out::new();
        if globals.json {
            out.object(&changed)?;
        } else {
            out.line(format!("job {id} of {} is cancelled", job.agent))?;
        }
        out.success()
    }
}

/// End a run: TERM, and after its grace KILL. Its job is cancelled with it.
#[derive(Debug, Args)]
pub(super) struct Kill {
    /// The run, or a job that executes.
    id: AnyId,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Kill {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let id = match self.id {
            AnyId::Run(run) => run,
            record @ AnyId::Record(..) => under_way(&gate, job_of(&gate, record)?)?,
        };
        let run = gate.ask(|api| api.run(id))?.run;
        if run.state != runs::State::Executing {
            return Err(report(format!("run {id} has ended already: {}", run.state.as_str())));
        }
        if !agreed(&format!("run {id} of {} will be ended, and its job with it", run.agent), self.yes)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let changed = gate.ask(|api| api.kill(id))?;
        let mut out = Out::new();
        if globals.json {
            out.object(&changed)?;
        } else {
            out.line(format!("run {id} of {} was told to end", run.agent))?;
            out.line(format!("`herdgate logs {id} -f` waits for it"))?;
        }
        out.success()
    }
}

fn job_of(gate: &Gate, id: AnyId) -> miette::Result<JobId> {
    match id {
        AnyId::Run(run) => Ok(run.job),
        AnyId::Record(receipt, job) => match gate.ask(|api| api.record(receipt, job))? {
            Record::Job(detail) => Ok(detail.job.id),
            Record::Delivery(detail) => match &detail.jobs[..] {
                [job] => Ok(job.id),
                [] => Err(report(format!("receipt {receipt} made no job"))),
                jobs => {
                    let jobs: Vec<_> =
                        jobs.iter().map(|job| format!("{} of {}", job.id, job.agent)).collect();
                    Err(usage(&format!("receipt {receipt} made several jobs, name one: {}", jobs.join(", "))))
                }
            },
        },
    }
}

fn under_way(gate: &Gate, job: JobId) -> miette::Result<RunId> {
    let detail = gate.ask(|api| api.job(job))?;
    let run = detail.attempts.iter().find(|run| run.state == runs::State::Executing);
    run.map(|run| run.id)
        .ok_or_else(|| report(format!("job {job} has no run under way: it is {}", detail.job.state.as_str())))
}
