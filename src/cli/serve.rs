//! `herdgate serve`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::{
    domain::Clock,
    runner::{ReaperCommand, forbid_inspection},
};
use miette::IntoDiagnostic;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use super::{
    outcome::{Outcome, report},
    project::Project,
};
use crate::{
    config::{LogFormat, ResolvedConfig},
    run::rlimits,
    run::system::{Deps, System},
    telemetry,
};

/// Take deliveries, fire schedules and run agents until SIGTERM.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    project: Project,
    /// How log lines look; `[log] format` where absent.
    #[arg(long, env = "HERDGATE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

impl Serve {
    pub(super) fn run(self) -> Outcome {
        let plan = self.project.plan()?;
        let metrics = telemetry::metrics().into_diagnostic()?;
        telemetry::logs(self.log_format.unwrap_or(plan.log.format), &plan.log.filter);
        telemetry::panics();
        rlimits::prepare();
        if let Err(error) = forbid_inspection() {
            warn!(%error, "runs can look into this process");
        }
        for warning in &plan.warnings {
            warn!("{warning}");
        }
        let around = Deps { clock: Clock::System, reaper: reaper()?, metrics };
        super::runtime::block_on(serve(plan, around))
    }
}

/// This very program, told to be the reaper.
pub(super) fn reaper() -> miette::Result<ReaperCommand> {
    ReaperCommand::this_program().into_diagnostic()
}

async fn serve(plan: ResolvedConfig, around: Deps) -> Outcome {
    let mut signals = Signals::new()?;
    let system = System::start(plan, around).await.map_err(report)?;
    let health = system.health.clone();
    let code = tokio::select! {
        name = signals.next() => {
            info!(signal = name, "draining; a second signal hurries");
            ExitCode::SUCCESS
        }
        why = health.failure() => {
            error!(why, "the gate cannot go on");
            ExitCode::FAILURE
        }
    };
    system
        .stop(async move {
            signals.next().await;
        })
        .await;
    Ok(code)
}

/// The signals that end a gate.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> miette::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).into_diagnostic()?,
            interrupt: signal(SignalKind::interrupt()).into_diagnostic()?,
        })
    }

    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
