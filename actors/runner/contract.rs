//! What every way of running an agent must do.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

use super::Outcome;
use crate::domain::{AgentName, ReceiptId, RunId, RunSpec, TraceParent};

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
    /// The trace that it is part of: its own span.
    pub trace: Option<TraceParent>,
    /// What goes to standard input and the prompt file.
    pub prompt: String,
    /// The context as JSON, where a delivery caused it.
    pub context: Option<String>,
    /// The JSON body of that delivery, byte for byte.
    pub payload: Option<Bytes>,
}

/// A run, from its start on.
pub struct RunHandle {
    /// Which.
    pub run: RunId,
    /// Ends it before its time.
    pub stop: StopHandle,
    /// Drives it: nothing happens before the first poll, and nothing of the run is alive when this is
    /// ready. Dropping it kills whatever lives.
    pub ended: Ended,
}

/// A run on its way to its end.
pub type Ended = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("run", &self.run).field("stop", &self.stop).finish_non_exhaustive()
    }
}

/// How a run is to end before its time. The later one is the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopMode {
    /// TERM, `kill_grace`, KILL.
    Gently,
    /// KILL.
    Now,
}

/// Tells one run to stop. What was said stays said: also before the run's program began, and nothing
/// takes it back or makes it gentler.
#[derive(Debug, Clone)]
pub struct StopHandle(watch::Sender<Option<StopMode>>);

/// What a run was told so far, for its runner. No `CancellationToken`, which knows one word only: a run
/// is asked to end before it is made to.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Receiver<Option<StopMode>>);

impl StopHandle {
    /// A handle, and what it tells.
    pub fn new() -> (Self, StopSignal) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), StopSignal(receiver))
    }

    /// Tells the run to end. A run that is over does not mind.
    pub fn stop(&self, mode: StopMode) {
        self.0.send_if_modified(|told| {
            let stronger = *told < Some(mode);
            if stronger {
                *told = Some(mode);
            }
            stronger
        });
    }

    /// What the run was told.
    pub fn told(&self) -> Option<StopMode> {
        *self.0.borrow()
    }
}

impl StopSignal {
    /// What was told so far.
    pub fn told(&self) -> Option<StopMode> {
        *self.0.borrow()
    }

    /// Waits until something stronger is told than `heard`; for ever, when nobody is left to tell it.
    pub async fn beyond(&mut self, heard: Option<StopMode>) -> StopMode {
        match self.0.wait_for(|told| *told > heard).await.map(|told| *told) {
            Ok(Some(mode)) => mode,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

/// Drives runs.
///
/// A runner says itself what an end means for the job, since an exit code means one thing to one
/// program and nothing to the next. It tells failures of the machine apart from those of the
/// agent, because only the latter are the job's.
pub trait Runner: Send + Sync + 'static {
    /// Takes a run on. It may be told to stop from now on, and begins when its future is polled.
    fn start(&self, request: RunRequest) -> RunHandle;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stop_grows_and_never_shrinks() {
        let (stop, signal) = StopHandle::new();
        assert_eq!(signal.told(), None);
        stop.stop(StopMode::Now);
        stop.stop(StopMode::Gently);
        assert_eq!((stop.told(), signal.told()), (Some(StopMode::Now), Some(StopMode::Now)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_that_came_before_anyone_listened_is_heard() {
        let (stop, mut signal) = StopHandle::new();
        stop.stop(StopMode::Gently);
        assert_eq!(signal.beyond(None).await, StopMode::Gently);
        let nothing_new = signal.beyond(Some(StopMode::Gently));
        assert!(tokio::time::timeout(Duration::from_secs(1), nothing_new).await.is_err());
        stop.stop(StopMode::Now);
        assert_eq!(signal.beyond(Some(StopMode::Gently)).await, StopMode::Now);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_whose_handle_is_gone_goes_on() {
        let (stop, mut signal) = StopHandle::new();
        drop(stop);
        assert!(tokio::time::timeout(Duration::from_secs(1), signal.beyond(None)).await.is_err());
    }
}
