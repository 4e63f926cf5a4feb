//! The commands, one file each.

mod check;
mod dead;
mod demo;
mod explain;
mod gate;
mod healthcheck;
mod id;
mod init;
mod logs;
mod outcome;
mod print;
mod project;
mod replay;
mod runs;
mod runtime;
mod send;
mod serve;
mod show;
mod terminal;
mod trigger;
mod visible;

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
    /// List runs: those under way, then the newest.
    Runs(runs::Runs),
    /// Print the output of a run.
    Logs(logs::Logs),
    /// Show a receipt, a job with its history, or a run.
    Show(show::Show),
    /// Route a stored delivery again, or run a job again.
    Replay(replay::Replay),
    /// List dead letters, run them again, or dismiss them.
    Dead(dead::Dead),
    /// Ask a running gate whether it is ready; for container health checks.
    Healthcheck(healthcheck::Healthcheck),
    /// Ends the runs of a gate that was killed. Started by the gate itself.
    #[command(hide = true)]
    Reaper,
}

/// Parses the command line and runs one command.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
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
        Command::Reaper => return herdgate_actors::runner::reaper_main(),
    };
    done.unwrap_or_else(|report| outcome::failed(&report))
}
