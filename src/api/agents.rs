//! Agents.

use std::collections::BTreeMap;

use herdgate_actors::{
    agent::Mode,
    domain::{AgentName, JobId, RunId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    ids::{Id, RunKey},
    jobs,
    reports::Spent,
    runs::{self, Phase},
    time::Time,
};

/// An agent, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// The name of its folder.
    #[schema(value_type = String)]
    pub name: AgentName,
    /// What it may do.
    pub state: State,
    /// How many runs it may have at once.
    pub scale: u32,
    /// What its file says of that; absent where it is configured no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured_scale: Option<u32>,
    /// Its runs under way.
    pub executing: Vec<Executing>,
    /// Its jobs by state; not those that completed, which are history.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub jobs: BTreeMap<jobs::State, u64>,
    /// How many of them wait: available, scheduled, retryable and held.
    pub waiting: u64,
    /// When the first that waits is, or was, due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_due: Option<Time>,
    /// The deliveries that wait to be judged; absent where its actor is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Mailbox>,
    /// How its runs of the last 24 hours ended.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub outcomes_24h: BTreeMap<runs::State, u64>,
    /// What those runs told that they spent; absent where they told nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_24h: Option<Spent>,
    /// Its last run that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// When its schedule comes due next; a paused agent's job waits then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_tick: Option<Time>,
}

/// What an agent may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Whatever its scale allows.
    Open,
    /// Nothing: its scale is 0.
    Disabled,
    /// Begin no runs: an operator paused it. Its jobs wait.
    Paused,
    /// Nothing for a while: the machine had no room for its last run.
    HeldOff,
    /// Begin no runs: the gate ends.
    Draining,
    /// End its last runs: the configuration has it no more.
    Removed,
    /// Nothing: its actor failed too often. Its jobs wait for the next configuration or start.
    Failed,
    /// Nothing: no such agent is configured, and jobs wait for it.
    Unconfigured,
}

/// A run that has a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Executing {
    /// Which.
    #[schema(value_type = RunKey)]
    pub run: RunId,
    /// Since when.
    pub since: Time,
    /// How far it has come.
    pub phase: Phase,
}

/// How full a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mailbox {
    /// Messages that wait.
    pub waiting: usize,
    /// How many may.
    pub capacity: usize,
}

/// The last run of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastRun {
    /// Which.
    #[schema(value_type = RunKey)]
    pub run: RunId,
    /// How it ended.
    pub state: runs::State,
    /// When it was started.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Time,
}

/// An agent with its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentDetail {
    /// What it does.
    pub agent: Agent,
    /// What is configured; absent for an agent that is configured no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured: Option<Configured>,
}

/// What is configured of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Configured {
    /// Its `[[webhooks]]`, in their order.
    pub triggers: Vec<Trigger>,
    /// When it runs by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How many jobs may wait.
    pub work_queue_size: u32,
    /// How its runs are driven.
    pub run: Run,
    /// What happens after a run that did not complete.
    pub retry: Retry,
    /// Its `[params]`.
    #[schema(value_type = Object)]
    pub params: Value,
    /// What it is told to do.
    pub instructions: String,
}

/// One of an agent's `[[webhooks]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trigger {
    /// What it is known by, wherever it stands.
    pub id: String,
    /// Only deliveries of this source count.
    pub source: String,
    /// All of these must hold.
    pub clauses: Vec<Clause>,
}

/// A clause of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clause {
    /// The field, named as in configuration.
    pub field: String,
    /// Any of these will do.
    pub wanted: Vec<String>,
}

/// When an agent runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// As its file has it.
    pub expression: String,
    /// In which zone.
    pub timezone: String,
    /// Whether one run makes up for times that passed while the gate was down.
    pub catches_up: bool,
    /// The next times.
    pub next: Vec<Time>,
}

/// How runs are driven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where it runs; a folder of its own for each run where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The names of the variables that it is given. Values are never shown.
    pub env: Vec<String>,
    /// How long it may take.
    pub timeout_ms: u64,
    /// Between TERM and KILL.
    pub kill_grace_ms: u64,
    /// How many bytes of output are kept.
    pub output_limit: u64,
    /// Whose working folders outlive their runs: `never`, `failed` or `always`.
    pub keep_work: String,
}

/// What happens after a run that did not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retry {
    /// How many attempts may fail before the job is a dead letter.
    pub attempts: u32,
    /// The pause after the first failure; doubles with each further one.
    pub backoff_ms: u64,
    /// The longest pause.
    pub backoff_max_ms: u64,
    /// Whether a timeout is tried again.
    pub retry_timeouts: bool,
    /// How often a run may ask for another try.
    pub snoozes: u32,
}

/// How many runs an agent is to have at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// So many; what its file says where this is null.
    #[schema(maximum = 1_000_000)]
    pub to: Option<u32>,
}

/// A run that an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewRun {
    /// What it is told beside its instructions; at most 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 65536)]
    pub prompt: Option<String>,
}

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Triggered {
    /// The job that it is an attempt of.
    #[schema(value_type = Id)]
    pub job: JobId,
    /// Whether it had been asked for before, with the same `Idempotency-Key`.
    pub known: bool,
}

impl From<Mode> for State {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Open => Self::Open,
            Mode::Disabled => Self::Disabled,
            Mode::Paused => Self::Paused,
            Mode::HeldOff => Self::HeldOff,
            Mode::Draining => Self::Draining,
            Mode::Removed => Self::Removed,
            Mode::Failed => Self::Failed,
        }
    }
}
