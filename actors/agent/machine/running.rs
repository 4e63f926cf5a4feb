//! One run, as the machine knows it, and what everybody may see.

use serde::Serialize;

use super::Command;
use crate::{
    domain::{AgentSpec, History, RunId, Timestamp},
    runner::StopMode,
    store::ClaimedJob,
};

/// A run that has a place.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) since: Timestamp,
    pub(super) history: History,
    pub(super) phase: Phase,
    /// The job is to end with it: an operator wants that, or a later one stands for it.
    pub(super) is_cancelled: bool,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It runs.
    Running,
    /// It was told to end.
    Stopping(#[serde(skip)] StopMode),
    /// It is over, and that is being written down.
    Recording,
}

impl Running {
    pub(super) const fn new(job: &ClaimedJob, now: Timestamp) -> Self {
        Self { since: now, history: job.history, phase: Phase::Running, is_cancelled: false }
    }

    /// Tells the run to end, unless it was told as much before or is over.
    pub(super) fn stop(&mut self, run: RunId, mode: StopMode, out: &mut Vec<Command>) {
        let is_news = match self.phase {
            Phase::Running => true,
            Phase::Stopping(known) => known < mode,
            Phase::Recording => false,
        };
        if is_news {
            self.phase = Phase::Stopping(mode);
            out.push(Command::Stop(run, mode));
        }
    }

    pub(super) const fn observed(&self, run: RunId) -> Executing {
        Executing { run, since: self.since, phase: self.phase }
    }
}

/// What holds an agent back, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    Open,
    /// Its scale is 0.
    Disabled,
    /// An operator paused it; its jobs wait.
    Paused,
    /// The machine had no room for its last run; it tries again by itself.
    HeldOff,
    /// The gate ends.
    Draining,
    /// The configuration has it no more; what runs may end.
    Removed,
    /// Its actor failed too often and is gone: its jobs wait for the next configuration or start.
    Failed,
}

/// What everybody may see of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentState {
    /// What holds it back.
    pub mode: Mode,
    /// How many runs it may have at once.
    pub scale: u32,
    /// The runs that it has.
    pub executing: Vec<Executing>,
}

impl AgentState {
    /// An agent that has not done anything yet.
    pub const fn of(spec: &AgentSpec) -> Self {
        Self { mode: Mode::Open, scale: spec.scale, executing: Vec::new() }
    }
}

/// A run that has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Executing {
    /// Which.
    #[serde(serialize_with = "text")]
    pub run: RunId,
    /// Since when.
    #[serde(serialize_with = "text")]
    pub since: Timestamp,
    /// How far it has come.
    pub phase: Phase,
}

fn text<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
