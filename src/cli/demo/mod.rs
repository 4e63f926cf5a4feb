//! `herdgate demo`: the whole way, on real parts, in a folder that goes away.

mod project;
mod story;

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::domain::Clock;
use miette::IntoDiagnostic;

use super::{
    outcome::{Outcome, report},
    print,
    serve::{Signals, reaper},
};
use crate::{
    config::{self, ColorMode, Env, LogFormat},
    run::{Deps, Gate, Sockets},
    telemetry,
};

/// Start a gate on free ports, send it deliveries of all providers and show what becomes of them.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// End when all is shown, instead of serving on.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(self) -> Outcome {
        let folder = tempfile::tempdir().into_diagnostic()?;
        project::write(folder.path()).into_diagnostic()?;
        // Variables of the caller are about the caller's own project.
        let project = config::Project::at(folder.path()).with_env(Env::default());
        let plan = project.load().map_err(|problems| {
            super::outcome::Unsound(problems.render(ColorMode::Plain, super::check::WIDTH))
        })?;
        let metrics = telemetry::metrics().into_diagnostic()?;
        telemetry::logs(LogFormat::Pretty, "error");
        telemetry::panics();
        let sockets = Sockets::default();
        let around = Deps { clock: Clock::System, project, reaper: reaper()?, metrics, sockets };
        super::runtime::block_on(async move {
            let sources = plan.sources.clone();
            let agents: Vec<_> = plan
                .agents
                .iter()
                .map(|agent| herdgate_actors::domain::AgentSpec::clone(&agent.spec))
                .collect();
            let mut signals = Signals::new()?;
            let system = Gate::start(plan, around).await.map_err(report)?;
            let told = story::tell(&system, &sources, &agents).await;
            if told.is_ok() && !self.once && print::line("\nServing on. Ctrl-C ends it.").is_ok() {
                signals.end().await;
            }
            system
                .stop(async move {
                    signals.end().await;
                })
                .await;
            told.map(|()| ExitCode::SUCCESS)
        })
    }
}
