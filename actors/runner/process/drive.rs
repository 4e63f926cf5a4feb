//! One run, from its order to its end.

use std::{pin::pin, sync::Arc};

use rustix::process::WaitStatus;
use tokio::time::{Instant, sleep_until};

use super::{
    exit::Exit,
    group::Group,
    meaning::meaning,
    output::Output,
    spawner::{Spawner, Started},
};
use crate::{
    domain::RunSpec,
    runner::{NotStartedCause, Outcome, OutcomeKind, RunRequest, StopMode, StopSignal},
};

/// Why the gate ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    Timeout,
    Stop,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has until its timeout.
    Running,
    /// It got TERM and has `kill_grace` left.
    Asked(StopReason),
    /// It got KILL.
    Killed(StopReason),
}

/// Drives one run. The spawner is held to the end, because its threads' end would be the run's.
pub(super) async fn drive(spawner: Arc<Spawner>, request: RunRequest, mut stop: StopSignal) -> Outcome {
    if stop.told().is_some() {
        return OutcomeKind::Interrupted.into();
    }
    let spec = Arc::clone(&request.spec);
    let Started { group, output, log } = match spawner.run(request).await {
        Ok(started) => started,
        Err(error) => {
            return OutcomeKind::NotStarted { cause: error.cause(), error: error.to_string() }.into();
        }
    };
    let watched =
        Exit::of(group.leader()).and_then(|exit| Ok((exit, Output::new(output, log, spec.output_limit)?)));
    let (mut exit, mut output) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            group.bury().await;
            let error = format!("cannot watch `{}`: {error}", spec.command[0]);
            return OutcomeKind::NotStarted { cause: NotStartedCause::Surroundings, error }.into();
        }
    };
    let phase = attend(&group, &mut exit, &mut output, &spec, &mut stop).await;
    let status = group.bury().await;
    output.finish();
    let code = status.and_then(WaitStatus::exit_status);
    meaning(phase, code, status.and_then(WaitStatus::terminating_signal)).into()
}

/// Stands by until the leader has exited, carries its output, and ends it when it is time to.
async fn attend(
    group: &Group,
    exit: &mut Exit,
    output: &mut Output,
    spec: &RunSpec,
    stop: &mut StopSignal,
) -> Phase {
    let mut phase = Phase::Running;
    let mut heard = None;
    let mut deadline = pin!(sleep_until(Instant::now() + spec.timeout));
    loop {
        tokio::select! {
            biased;
            () = exit.happened() => return phase,
            mode = stop.beyond(heard) => {
                heard = Some(mode);
                match (mode, phase) {
                    (StopMode::Now, Phase::Running) => {
                        group.kill();
                        phase = Phase::Killed(StopReason::Stop);
                    }
                    (StopMode::Now, Phase::Asked(cause)) => {
                        group.kill();
                        phase = Phase::Killed(cause);
                    }
                    (StopMode::Gently, Phase::Running) => {
                        group.terminate();
                        deadline.as_mut().reset(Instant::now() + spec.kill_grace);
                        phase = Phase::Asked(StopReason::Stop);
                    }
                    (StopMode::Gently, Phase::Asked(_)) | (_, Phase::Killed(_)) => {}
                }
            }
            () = deadline.as_mut(), if !matches!(phase, Phase::Killed(_)) => {
                phase = match phase {
                    Phase::Running => {
                        group.terminate();
                        deadline.as_mut().reset(Instant::now() + spec.kill_grace);
                        Phase::Asked(StopReason::Timeout)
                    }
                    Phase::Asked(cause) | Phase::Killed(cause) => {
                        group.kill();
                        Phase::Killed(cause)
                    }
                };
            }
            never = output.carry() => match never {},
        }
    }
}
