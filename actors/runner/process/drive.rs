//! One run, from its program's start to its end.

use std::{io, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use rustix::process::WaitStatus;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    capped_log::CappedLog,
    exit::Exit,
    files::FileThreads,
    group::Group,
    meaning::{End, meaning},
    output::{Output, SaidItsEnd},
    phase::{Phase, StopReason},
    result_file::{BadResult, ResultFile, merged},
    sink::Sink,
    spawner::{Spawner, Started},
    start::start,
};
use crate::{
    domain::{KeepWork, RunId, RunReport, RunSpec},
    preset::{self, Verdict},
    runner::{NotStartedCause, Outcome, OutcomeKind, RunFolders, RunRequest, StopMode, StopSignal},
    telemetry::{Event, emit},
};

/// What a program that said how it ended has left to end. Some never do.
const LINGER: Duration = Duration::from_secs(10);

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
    let Started { group, leader, output, log, result } = started;
    let preset = spec.preset.and_then(|name| preset::find(name.as_str()));
    let sink = Sink::new(log, spec.output_limit, preset.map(preset::Preset::reader));
    let watched =
        Exit::of(leader).and_then(|exit| Ok((exit, Output::new(output, sink, Arc::clone(&shared.files))?)));
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
    let end = End { phase, code, signal: status.and_then(WaitStatus::terminating_signal) };
    finish(&shared, run, &spec, output, end, result).await
}

/// Reads what is left of a run, and tidies up behind it.
async fn finish(
    shared: &Shared,
    run: RunId,
    spec: &RunSpec,
    output: Output,
    end: End,
    result: PathBuf,
) -> Outcome {
    let (sink, result) = (output.drain().await, read_result(shared, result).await);
    let (said, read, log) = match sink {
        Some(mut sink) => {
            let (said, read) = sink.verdict(end.of_program());
            (said, read, sink.into_log())
        }
        None => (Verdict::ByExit, RunReport::default(), None),
    };
    let (result, problem) = match result {
        Ok(result) => (result, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let kind = meaning(end, &said, result.as_ref());
    let keeps_work = spec.cwd.is_some()
        || match spec.keep_work {
            KeepWork::Always => true,
            KeepWork::Failed => kind != OutcomeKind::Completed,
            KeepWork::Never => false,
        };
    tidy(shared, run, keeps_work, log).await;
    let ResultFile { report: written, retry_after, .. } = result.unwrap_or_default();
    let mut report = merged(read, written);
    spec.prices.apply(&mut report);
    Outcome { kind, detail: problem, report, retry_after }
}

/// Off the runtime: the run may have put anything in its place.
async fn read_result(shared: &Shared, path: PathBuf) -> Result<Option<ResultFile>, BadResult> {
    // Most runs write none, and then this is one look.
    if !path.symlink_metadata().is_ok_and(|found| found.len() > 0) {
        return Ok(None);
    }
    shared.files.begin(move || ResultFile::read(&path)).await.unwrap_or(Ok(None))
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
    // What the deadline means.
    let mut reason = StopReason::Timeout;
    let mut deadline = pin!(sleep_until(deadline));
    let silence = spec.stall_timeout.unwrap_or(Duration::MAX);
    let mut stalled = pin!(sleep(silence));
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
                        Phase::Asked(reason)
                    }
                    Phase::Asked(cause) | Phase::Killed(cause) => {
                        group.kill();
                        Phase::Killed(cause)
                    }
                };
            }
            () = stalled.as_mut(), if phase == Phase::Running && spec.stall_timeout.is_some() => {
                let until = output.last_heard() + silence;
                if until > Instant::now() {
                    stalled.as_mut().reset(until);
                } else {
                    group.terminate();
                    deadline.as_mut().reset(Instant::now() + spec.kill_grace);
                    phase = Phase::Asked(StopReason::Stalled);
                }
            }
            SaidItsEnd = output.pump() => {
                if phase == Phase::Running {
                    reason = StopReason::Lingers;
                    deadline.as_mut().reset(Instant::now() + LINGER);
                    stalled.as_mut().reset(Instant::now() + LINGER + LINGER);
                }
            }
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
