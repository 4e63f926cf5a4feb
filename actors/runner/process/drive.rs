//! One run, from its order to its end.

use std::{pin::pin, sync::Arc};

use rustix::process::WaitStatus;
use tokio::time::{Instant, sleep_until};

use super::{
    exit::Exit,
    group::Group,
    output::Output,
    spawner::{Spawner, Started},
};
use crate::{
    domain::RunSpec,
    runner::{RunExit, RunRequest, Stop, StopKind},
};

/// Why the gate ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StopReason {
    Timeout,
    Stop,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has until its timeout.
    Running,
    /// It got TERM and has `kill_grace` left.
    Asked(StopReason),
    /// It got KILL.
    Killed(StopReason),
}

/// Drives one run. The spawner is held to the end, because its threads' end would be the run's.
pub(super) async fn drive(spawner: Arc<Spawner>, order: RunRequest, mut stop: Stop) -> RunExit {
    if *stop.borrow() != StopKind::No {
        return RunExit::Stopped;
    }
    let spec = Arc::clone(&order.spec);
    let Started { group, output, log } = match spawner.run(order).await {
        Ok(started) => started,
        Err(error) => return RunExit::NotStarted(error.to_string()),
    };
    let watched =
        Exit::of(group.leader()).and_then(|exit| Ok((exit, Output::new(output, log, spec.output_limit)?)));
    let (mut exit, mut output) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            group.bury().await;
            return RunExit::NotStarted(format!("cannot watch `{}`: {error}", spec.command[0]));
        }
    };
    let phase = attend(&group, &mut exit, &mut output, &spec, &mut stop).await;
    let status = group.bury().await;
    output.finish();
    ended(phase, status)
}

/// Stands by until the leader has exited, carries its output, and ends it when it is time to.
async fn attend(
    group: &Group,
    exit: &mut Exit,
    output: &mut Output,
    spec: &RunSpec,
    stop: &mut Stop,
) -> Phase {
    let mut phase = Phase::Running;
    let mut heard = StopKind::No;
    let mut deadline = pin!(sleep_until(Instant::now() + spec.timeout));
    loop {
        tokio::select! {
            biased;
            () = exit.happened() => return phase,
            kind = next_word(stop, heard) => {
                heard = kind;
                match (kind, phase) {
                    (StopKind::Now, Phase::Running) => {
                        group.kill();
                        phase = Phase::Killed(StopReason::Stop);
                    }
                    (StopKind::Now, Phase::Asked(cause)) => {
                        group.kill();
                        phase = Phase::Killed(cause);
                    }
                    (StopKind::Gently, Phase::Running) => {
                        group.terminate();
                        deadline.as_mut().reset(Instant::now() + spec.kill_grace);
                        phase = Phase::Asked(StopReason::Stop);
                    }
                    (StopKind::No, _) | (StopKind::Gently, Phase::Asked(_)) | (_, Phase::Killed(_)) => {}
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

/// The next thing the gate says that the run has not heard yet; never, if the gate fell silent.
async fn next_word(stop: &mut Stop, heard: StopKind) -> StopKind {
    let word = stop.wait_for(|kind| *kind != StopKind::No && *kind != heard).await.map(|kind| *kind);
    match word {
        Ok(kind) => kind,
        Err(_) => std::future::pending().await,
    }
}

/// What the end of a run is called.
///
/// Exit 0 promises that the work is done, so a run that a shutdown's grace let finish counts as
/// finished. A timeout was exceeded whatever the command says about it afterwards.
fn ended(phase: Phase, status: Option<WaitStatus>) -> RunExit {
    let code = status.and_then(WaitStatus::exit_status);
    match phase {
        Phase::Asked(StopReason::Timeout) | Phase::Killed(StopReason::Timeout) => RunExit::TimedOut,
        Phase::Asked(StopReason::Stop) | Phase::Killed(StopReason::Stop) if code == Some(0) => {
            RunExit::Exited(0)
        }
        Phase::Asked(StopReason::Stop) | Phase::Killed(StopReason::Stop) => RunExit::Stopped,
        Phase::Running => match (code, status.and_then(WaitStatus::terminating_signal)) {
            (Some(code), _) => RunExit::Exited(code),
            (None, Some(signal)) => RunExit::Signalled(signal),
            // The kernel lost the status: something else in this process reaped the leader.
            (None, None) => RunExit::Stopped,
        },
    }
}
