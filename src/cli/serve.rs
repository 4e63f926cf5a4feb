//! `herdgate serve`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::{
    domain::Clock,
    runner::{ReaperCommand, forbid_inspection},
    telemetry::{Event, emit},
};
use miette::IntoDiagnostic;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use super::{
    globals::Globals,
    outcome::{Outcome, report},
    project::unsound,
};
use crate::{
    config::{Diagnostic, LogFormat, Place, ResolvedConfig},
    run::{Deps, Gate, Sockets, rlimits},
    telemetry,
};

/// Take deliveries, fire schedules and run agents until SIGTERM.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// How log lines look; `[log] format` where absent.
    #[arg(long, env = "HERDGATE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

impl Serve {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        // First of all, while there are no threads.
        let sockets = Sockets::from_env().into_diagnostic()?;
        let plan = match globals.project().handle().load() {
            Ok(plan) => plan,
            // What the project says of its log is not known yet.
            Err(problems) if self.log_format(globals) == Some(LogFormat::Json) => {
                telemetry::logs(LogFormat::Json, "info");
                problems.iter().for_each(|problem| emit(in_the_log(problem)));
                return Ok(ExitCode::FAILURE);
            }
            Err(problems) => return Err(unsound(&problems)),
        };
        let is_json = telemetry::is_json(self.log_format(globals).unwrap_or(plan.log.format));
        match self.serve(plan, sockets, globals) {
            Err(problem) if is_json => {
                let problem = problem.to_string();
                emit(Event::CannotStart { problem, file: None, line: None, help: None });
                Ok(ExitCode::FAILURE)
            }
            outcome => outcome,
        }
    }

    fn serve(self, plan: ResolvedConfig, sockets: Sockets, globals: &Globals) -> Outcome {
        let metrics = telemetry::metrics().into_diagnostic()?;
        telemetry::logs(self.log_format(globals).unwrap_or(plan.log.format), &plan.log.filter);
        telemetry::panics();
        // Until the gate has ended: its last spans are sent when this is dropped.
        let _traces = telemetry::traces(&plan.telemetry).map_err(report)?;
        rlimits::prepare();
        if let Err(error) = forbid_inspection() {
            warn!(%error, "runs can look into this process");
        }
        for warning in &plan.warnings {
            warn!("{warning}");
        }
        let project = globals.project().handle();
        let around = Deps { clock: Clock::System, project, reaper: reaper()?, metrics, sockets };
        super::runtime::block_on(serve(plan, around))
    }

    fn log_format(&self, globals: &Globals) -> Option<LogFormat> {
        self.log_format.or(globals.json.then_some(LogFormat::Json))
    }
}

/// A problem of the project as a line for machines.
fn in_the_log(problem: &Diagnostic) -> Event {
    let file = match &problem.place {
        Place::Text(text, _) => Some(text.path.display().to_string()),
        Place::Path(path) => Some(path.display().to_string()),
        Place::Variable(_) => None,
    };
    let help = miette::Diagnostic::help(problem).map(|help| help.to_string());
    Event::CannotStart { problem: problem.to_string(), file, line: problem.line(), help }
}

/// This very program, told to be the reaper.
pub(super) fn reaper() -> miette::Result<ReaperCommand> {
    ReaperCommand::this_program().into_diagnostic()
}

async fn serve(plan: ResolvedConfig, around: Deps) -> Outcome {
    let mut signals = Signals::new()?;
    let gate = Gate::start(plan, around).await.map_err(report)?;
    let (health, reload) = (gate.health.clone(), gate.reload.clone());
    let code = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Asked::Reload => {
                    info!("SIGHUP: reading the project again");
                    if let Err(problem) = reload.run().await {
                        error!("the configuration stays as it was:\n{problem}");
                    }
                }
                Asked::End(signal) => {
                    info!(signal, "draining; a second signal hurries");
                    break ExitCode::SUCCESS;
                }
            },
            why = health.failure() => {
                error!(why, "the gate cannot go on");
                break ExitCode::FAILURE;
            }
        }
    };
    gate.stop(async move {
        signals.end().await;
    })
    .await;
    Ok(code)
}

/// What a signal asks of a gate.
pub(super) enum Asked {
    /// Read the project again.
    Reload,
    /// End; for the reason of this name.
    End(&'static str),
}

/// The signals that a gate listens to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Which other programs act upon; a habit of an operator must not end this one.
    others: [Signal; 2],
}

impl Signals {
    pub(super) fn new() -> miette::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).into_diagnostic()?,
            interrupt: signal(SignalKind::interrupt()).into_diagnostic()?,
            hangup: signal(SignalKind::hangup()).into_diagnostic()?,
            others: [
                signal(SignalKind::user_defined1()).into_diagnostic()?,
                signal(SignalKind::user_defined2()).into_diagnostic()?,
            ],
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        let [one, two] = &mut self.others;
        loop {
            let ignored = tokio::select! {
                _ = self.terminate.recv() => return Asked::End("SIGTERM"),
                _ = self.interrupt.recv() => return Asked::End("SIGINT"),
                _ = self.hangup.recv() => return Asked::Reload,
                _ = one.recv() => "SIGUSR1",
                _ = two.recv() => "SIGUSR2",
            };
            warn!("{ignored} means nothing here, and is ignored");
        }
    }

    /// Waits for one that ends the gate.
    pub(super) async fn end(&mut self) {
        while matches!(self.next().await, Asked::Reload) {}
    }
}
