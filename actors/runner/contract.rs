//! What every way of running an agent must do.

use std::{future::Future, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::watch;

use crate::domain::{AgentName, ReceiptId, RunId};

/// How an agent's runs are driven; the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSpec {
    /// Program and arguments; never empty. No shell, and nothing of a delivery in it.
    pub command: Vec<String>,
    /// Where it runs; its own folder per run where this is `None`.
    pub cwd: Option<PathBuf>,
    /// Variables beside those which every run gets. Values are secrets: see [`std::fmt::Debug`] of
    /// [`EnvVar`].
    pub env: Vec<EnvVar>,
    /// How long it may take.
    pub timeout: Duration,
    /// Between TERM and KILL.
    pub kill_grace: Duration,
    /// How many bytes of output are kept.
    pub output_limit: u64,
    /// What the agent is told to do; the text behind `HERDGATE_INSTRUCTIONS_FILE`.
    pub instructions: Arc<str>,
}

/// A variable of a run's environment.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value, which may be a token.
    pub value: String,
}

impl std::fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

/// One run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// How.
    pub spec: Arc<RunSpec>,
    /// `webhook`, `schedule` or `manual`.
    pub trigger: &'static str,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
    /// What goes to standard input and the prompt file.
    pub prompt: String,
    /// The context as JSON, where a delivery caused it.
    pub context: Option<String>,
    /// The JSON body of that delivery, byte for byte.
    pub payload: Option<Bytes>,
}

/// How a run ended, as the operating system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunExit {
    /// It exited by itself.
    Exited(i32),
    /// A signal ended it that the gate did not send.
    Signalled(i32),
    /// It exceeded its timeout; the whole process group is gone.
    TimedOut,
    /// The gate stopped it; the whole process group is gone.
    Stopped,
    /// It could not be started.
    NotStarted(String),
}

/// How a run is to end before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    /// Let it run.
    No,
    /// TERM, `kill_grace`, KILL.
    Gently,
    /// KILL.
    Now,
}

/// Tells runs to stop; every run watches one.
pub type Stop = watch::Receiver<StopKind>;

/// A run under way. Dropping it kills the process group.
pub type Running = Pin<Box<dyn Future<Output = RunExit> + Send>>;

/// Drives runs.
pub trait Runner: Send + Sync + 'static {
    /// Starts a run and drives it to its end. When the future is ready nothing of the run is
    /// alive: not the command, nor anything else in its process group.
    fn run(&self, order: RunRequest, stop: Stop) -> Running;
}
