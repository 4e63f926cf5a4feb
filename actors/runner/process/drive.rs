//! One run, from its program's start to its end.

use std::{io, pin::pin, sync::Arc};

use rustix::process::WaitStatus;
use tokio::time::{Instant, sleep_until};

use super::{
    capped_log::CappedLog,
    exit::Exit,
    files::FileThreads,
    group::Group,
    meaning::meaning,
    output::Output,
    phase::{Phase, StopReason},
    spawner::{Spawner, Started},
    start::start,
};
use crate::{
    domain::{KeepWork, RunId, RunSpec},
    runner::{NotStartedCause, Outcome, OutcomeKind, RunFolders, RunRequest, StopMode, StopSignal},
    telemetry::{Event, emit},
};

/// What all runs share. Held to the end of each, because the end of the spawner's threads would be the
/// run's.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) spawner: Spawner,
    pub(super) files: Arc<FileThreads>,
    pub(super) folders: RunFolders,
}

/// Drives one run.
pub(super) async fn drive(shared: Arc<Shared>, request: RunRequest, mut stop: StopSignal) -> Outcome {
    if stop.told().is_some() {
        return OutcomeKind::Interrupted.into();
    }
    let (run, spec) = (request.run, Arc::clone(&request.spec));
    let (started, begun) = match start(&shared.spawner, request, &mut stop).await {
        Ok(started) => started,
        Err(outcome) => return outcome,
    };
    let Started { group, leader, output, log } = started;
    let watched = Exit::of(leader)
        .and_then(|exit| Ok((exit, Output::new(output, log, spec.output_limit, Arc::clone(&shared.files))?)));
    let (mut exit, mut output) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            group.reap().await;
            return not_watched(&spec, &error);
        }
    };
    let deadline = begun + spec.timeout;
    let phase = watch_until_exit(&group, &mut exit, &mut output, &spec, deadline, &mut stop).await;
    let status = group.reap().await;
    let code = status.and_then(WaitStatus::exit_status);
    let kind = meaning(phase, code, status.and_then(WaitStatus::terminating_signal));
    let log = output.drain().await;
    let keeps_work = spec.cwd.is_some()
        || match spec.keep_work {
            KeepWork::Always => true,
            KeepWork::Failed => kind != OutcomeKind::Completed,
            KeepWork::Never => false,
        };
    tidy(&shared, run, keeps_work, log).await;
    kind.into()
}

/// Stands by until the leader has exited, moves its output, and ends it when it is time to.
async fn watch_until_exit(
    group: &Group,
    exit: &mut Exit,
    output: &mut Output,
    spec: &RunSpec,
    deadline: Instant,
    stop: &mut StopSignal,
) -> Phase {
    let mut phase = Phase::Running;
    let mut heard = None;
    let mut deadline = pin!(sleep_until(deadline));
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
            never = output.pump() => match never {},
        }
    }
}

/// Writes the last line of the log, and sees to the folder in which the run worked.
async fn tidy(shared: &Shared, run: RunId, keeps_work: bool, log: Option<CappedLog>) {
    if log.is_none() && keeps_work {
        return;
    }
    let folders = shared.folders.clone();
    let tidied = shared.files.begin(move || {
        if let Some(log) = log {
            log.finish();
        }
        if !keeps_work && let Err(error) = folders.remove_work(run) {
            let detail = format!("could not remove the folder in which {run} worked: {error}");
            emit(Event::Warned { about: "run files", detail });
        }
    });
    let _ = tidied.await;
}

fn not_watched(spec: &RunSpec, error: &io::Error) -> Outcome {
    let error = format!("cannot watch `{}`: {error}", spec.command[0]);
    OutcomeKind::NotStarted { cause: NotStartedCause::Host, error }.into()
}
