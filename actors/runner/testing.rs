//! A runner without processes, for tests: what a run does is said by the test.
//!
//! Works under paused time: it waits on channels and tokio's timers only.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{Outcome, OutcomeKind, RunHandle, RunRequest, Runner, StopHandle, StopMode, StopSignal};

/// What a run does that nobody stops: how long it takes, and how it ends.
type Script = dyn Fn(&RunRequest) -> (Duration, Outcome) + Send + Sync;

/// Drives runs as a test says, within the test's own process.
#[derive(Clone)]
pub struct ScriptedRunner {
    play: Play,
    alive: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Play {
    Script(Arc<Script>),
    ByHand(mpsc::UnboundedSender<ScriptedRun>),
}

/// A run that waits for the test to end it. Dropped, it ends as interrupted.
#[derive(Debug)]
pub struct ScriptedRun {
    /// What it was asked for.
    pub request: RunRequest,
    /// What it was told; see [`Self::stopped`].
    pub stop: StopSignal,
    end: oneshot::Sender<Outcome>,
}

impl ScriptedRunner {
    /// A runner whose runs take and end as `script` says. A stop ends a run at once, as interrupted.
    pub fn new(script: impl Fn(&RunRequest) -> (Duration, Outcome) + Send + Sync + 'static) -> Self {
        Self { play: Play::Script(Arc::new(script)), alive: Arc::default() }
    }

    /// A runner whose runs the test gets in its hands, in the order of their starts. A stop ends
    /// nothing by itself: the test decides what such a run does.
    pub fn by_hand() -> (Self, mpsc::UnboundedReceiver<ScriptedRun>) {
        let (started, runs) = mpsc::unbounded_channel();
        (Self { play: Play::ByHand(started), alive: Arc::default() }, runs)
    }

    /// How many runs are under way.
    pub fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Runner for ScriptedRunner {
    fn start(&self, request: RunRequest) -> RunHandle {
        let (stop, signal) = StopHandle::new();
        let run = request.run;
        let (play, alive) = (self.play.clone(), Arc::clone(&self.alive));
        let ended = async move {
            if signal.told().is_some() {
                return OutcomeKind::Interrupted.into();
            }
            let _alive = Alive::enter(alive);
            play.perform(request, signal).await
        };
        RunHandle { run, stop, ended: Box::pin(ended) }
    }
}

impl Play {
    async fn perform(self, request: RunRequest, mut stop: StopSignal) -> Outcome {
        match self {
            Self::Script(script) => {
                let (takes, outcome) = script(&request);
                tokio::select! {
                    biased;
                    _ = stop.beyond(None) => OutcomeKind::Interrupted.into(),
                    () = tokio::time::sleep(takes) => outcome,
                }
            }
            Self::ByHand(started) => {
                let (end, ended) = oneshot::channel();
                let _ = started.send(ScriptedRun { request, stop, end });
                ended.await.unwrap_or_else(|_| OutcomeKind::Interrupted.into())
            }
        }
    }
}

impl ScriptedRun {
    /// Ends the run.
    pub fn end(self, outcome: impl Into<Outcome>) {
        // Whoever drove it may have let go of it.
        let _ = self.end.send(outcome.into());
    }

    /// Waits until the run is told to stop.
    pub async fn stopped(&mut self) -> StopMode {
        self.stop.beyond(None).await
    }

    /// Whether whoever drove it let go of it, which kills it.
    pub fn is_dropped(&self) -> bool {
        self.end.is_closed()
    }
}

impl fmt::Debug for ScriptedRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedRunner").field("alive", &self.alive()).finish_non_exhaustive()
    }
}

/// A run that counts.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn enter(alive: Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self(alive)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::domain::{Attempt, JobId, KeepWork, Prices, RunId, RunSpec};

    fn request() -> RunRequest {
        RunRequest {
            run: RunId { job: JobId::from_raw(1), attempt: Attempt(1) },
            agent: "dev".into(),
            spec: Arc::new(RunSpec {
                command: vec!["true".to_owned()],
                preset: None,
                stall_timeout: None,
                prices: Prices::default(),
                cwd: None,
                env: Vec::new(),
                timeout: Duration::from_secs(60),
                kill_grace: Duration::from_secs(1),
                output_limit: 0,
                instructions: "".into(),
                keep_work: KeepWork::default(),
            }),
            trigger: "manual",
            receipt: None,
            trace: None,
            prompt: String::new(),
            context: None,
            payload: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_scripted_run_takes_its_time_and_ends_as_told() {
        let runner = ScriptedRunner::new(|_| (Duration::from_secs(3600), OutcomeKind::Snooze.into()));
        let begun = Instant::now();
        let handle = runner.start(request());
        assert_eq!(runner.alive(), 0, "nothing happens before the first poll");
        assert_eq!(handle.ended.await.kind, OutcomeKind::Snooze);
        assert_eq!((begun.elapsed(), runner.alive()), (Duration::from_secs(3600), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_a_scripted_run_also_when_it_came_first() {
        let runner = ScriptedRunner::new(|_| (Duration::from_secs(3600), OutcomeKind::Completed.into()));
        let handle = runner.start(request());
        handle.stop.stop(StopMode::Gently);
        assert_eq!(handle.ended.await.kind, OutcomeKind::Interrupted);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_in_the_hands_of_the_test_ends_when_the_test_says_so() {
        let (runner, mut runs) = ScriptedRunner::by_hand();
        let handle = runner.start(request());
        let driven = tokio::spawn(handle.ended);
        let mut run = runs.recv().await.unwrap();
        assert_eq!(runner.alive(), 1);
        handle.stop.stop(StopMode::Gently);
        assert_eq!(run.stopped().await, StopMode::Gently);
        run.end(OutcomeKind::Failed { code: 3 });
        assert_eq!(driven.await.unwrap().kind, OutcomeKind::Failed { code: 3 });
        assert_eq!(runner.alive(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_is_let_go_of_is_dead() {
        let (runner, mut runs) = ScriptedRunner::by_hand();
        let driven = tokio::spawn(runner.start(request()).ended);
        let run = runs.recv().await.unwrap();
        driven.abort();
        assert!(driven.await.unwrap_err().is_cancelled());
        assert!(run.is_dropped());
        assert_eq!(runner.alive(), 0);
    }
}
