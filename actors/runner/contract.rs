//! What every way of running an agent must do.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

use crate::domain::{AgentName, ReceiptId, RunId, RunSpec};

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
