//! The commands, one file each.

mod check;
mod dead;
mod demo;
mod explain;
mod healthcheck;
mod init;
mod logs;
mod project;
mod replay;
mod runs;
mod send;
mod serve;
mod show;
mod trigger;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A gate for a herd of AI agents: signed webhooks and cron ticks in, durable agent runs out.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take deliveries, fire schedules and run agents until SIGTERM.
    Serve(serve::Serve),
    /// Start a gate on free ports, send it deliveries of all providers and show what becomes of them.
    Demo(demo::Demo),
    /// Write a small project that `serve` runs as it is.
    Init(init::Init),
    /// Say whether a project is sound, and what is configured.
    Check(check::Check),
    /// Answer "why did (not) this trigger?" without a server.
    Explain(explain::Explain),
    /// Sign and deliver a sample, or a body of your own.
    Send(send::Send),
    /// Start a run of an agent by hand.
    Trigger(trigger::Trigger),
    /// List runs.
    Runs(runs::Runs),
    /// Print the output of a run.
    Logs(logs::Logs),
    /// Show a receipt or a job with its history.
    Show(show::Show),
    /// Route a stored delivery again, or run a job again.
    Replay(replay::Replay),
    /// List dead letters, run them again, or dismiss them.
    Dead(dead::Dead),
    /// Ask a running gate whether it is ready; for container health checks.
    Healthcheck(healthcheck::Healthcheck),
    /// Ends the runs of a gate that was killed. Started by the gate itself.
    #[command(hide = true)]
    Warden,
}

/// Parses the command line and runs one command.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => return init.run(),
        Command::Check(check) => return check.run(),
        Command::Explain(explain) => explain.run(),
        Command::Send(send) => send.run(),
        Command::Trigger(trigger) => trigger.run(),
        Command::Runs(runs) => runs.run(),
        Command::Logs(logs) => logs.run(),
        Command::Show(show) => show.run(),
        Command::Replay(replay) => replay.run(),
        Command::Dead(dead) => dead.run(),
        Command::Healthcheck(healthcheck) => healthcheck.run(),
        Command::Warden => return herdgate_actors::runner::warden_main(),
    };
    match outcome {
        Ok(code) => code,
        Err(report) => {
            match report.downcast_ref::<Unsound>() {
                Some(problems) => eprint!("{problems}"),
                None => eprintln!("{report:?}"),
            }
            ExitCode::FAILURE
        }
    }
}

/// How a command ends: an exit code, or a report for standard error and exit code 1.
type Outcome = miette::Result<ExitCode>;

/// The problems of a project, rendered already.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{0}")]
struct Unsound(String);

/// A report of something that is no [`miette::Diagnostic`].
fn report(error: impl std::fmt::Display) -> miette::Report {
    miette::miette!("{error}")
}

/// Runs a command that talks over HTTP.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix::System::new().block_on(work)
}
