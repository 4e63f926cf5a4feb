//! From a run's request to its program.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    phase::StopReason,
    spawner::{Answer, Pending, Spawner, Started},
};
use crate::{
    domain::RunSpec,
    runner::{
        NotStartedCause, Outcome, OutcomeKind, RunRequest, StopMode, StopSignal,
        launch::{SpawnError, Stage},
    },
};

/// How long a run waits for a thread to start it. Threads are busy for milliseconds; this long they
/// hang, and so many of them that no more are made.
const QUEUE_PATIENCE: Duration = Duration::from_secs(60);
/// A start takes well under a millisecond; one that takes this long waits for something that is dead.
const HANGS_AFTER: Duration = Duration::from_secs(1);
/// For a start that is given up: a killed child frees its thread at once, unless the kernel itself
/// waits for a disk.
const GIVE_UP_PATIENCE: Duration = Duration::from_millis(50);
const GIVE_UP_TRIES: u32 = 20;

/// Starts a run. Gives what was started and when its time began, or how the run ended without that.
pub(super) async fn start(
    spawner: &Spawner,
    request: RunRequest,
    stop: &mut StopSignal,
) -> Result<(Started, Instant), Outcome> {
    let spec = Arc::clone(&request.spec);
    let mut pending = spawner.begin(request).map_err(|error| not_started(&error))?;
    tokio::select! {
        biased;
        // A thread that panicked does not say so here; its answer does.
        _ = &mut pending.taken => {}
        _ = stop.beyond(None) => return Err(OutcomeKind::Interrupted.into()),
        () = sleep(QUEUE_PATIENCE) => {
            let program = spec.command.first().cloned().unwrap_or_default();
            return Err(not_started(&SpawnError::NotTaken { program, why: "all threads that start runs hang" }));
        }
    }
    // Waiting for a thread is not the run's time.
    let begun = Instant::now();
    match until_answered(spawner, &mut pending, &spec, begun, stop).await {
        Ok(answer) => answer.map(|started| (started, begun)).map_err(|error| not_started(&error)),
        Err(reason) => Err(give_up(pending, reason).await),
    }
}

/// Waits for the answer, or until the start has to be given up.
async fn until_answered(
    spawner: &Spawner,
    pending: &mut Pending,
    spec: &RunSpec,
    begun: Instant,
    stop: &mut StopSignal,
) -> Result<Answer, StopReason> {
    let mut heard = None;
    let mut reason = StopReason::Timeout;
    let mut hangs = pin!(sleep_until(begun + HANGS_AFTER));
    let mut replaced = false;
    let mut deadline = pin!(sleep_until(begun + spec.timeout));
    loop {
        tokio::select! {
            biased;
            answer = &mut pending.answer => return Ok(answer.unwrap_or_else(|_| Err(panicked(spec)))),
            mode = stop.beyond(heard) => {
                heard = Some(mode);
                reason = StopReason::Stop;
                match mode {
                    StopMode::Now => return Err(reason),
                    StopMode::Gently => {
                        let grace = Instant::now() + spec.kill_grace;
                        let end = deadline.deadline().min(grace);
                        deadline.as_mut().reset(end);
                    }
                }
            }
            () = hangs.as_mut(), if !replaced => {
                replaced = true;
                spawner.replace(pending);
            }
            () = deadline.as_mut() => return Err(reason),
        }
    }
}

/// Ends a start that hangs, and tells what that means.
async fn give_up(mut pending: Pending, reason: StopReason) -> Outcome {
    let stage = pending.starting.stage();
    for _ in 0..GIVE_UP_TRIES {
        pending.starting.give_up();
        if let Ok(answer) = timeout(GIVE_UP_PATIENCE, &mut pending.answer).await {
            if let Ok(Ok(started)) = answer {
                started.group.reap().await;
            }
            break;
        }
    }
    match (reason, stage) {
        (StopReason::Stop, _) => OutcomeKind::Interrupted.into(),
        (_, Stage::Executing) => Outcome {
            detail: Some("its program or working directory hangs".to_owned()),
            ..OutcomeKind::TimedOut.into()
        },
        // The run's own files, which are the gate's affair.
        (_, Stage::Preparing) => OutcomeKind::NotStarted {
            cause: NotStartedCause::Host,
            error: "cannot prepare the run's folder: the disk hangs".to_owned(),
        }
        .into(),
    }
}

fn not_started(error: &SpawnError) -> Outcome {
    OutcomeKind::NotStarted { cause: error.cause(), error: error.to_string() }.into()
}

fn panicked(spec: &RunSpec) -> SpawnError {
    let program = spec.command.first().cloned().unwrap_or_default();
    SpawnError::NotTaken { program, why: "the thread that started it panicked" }
}
