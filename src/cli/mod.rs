//! The commands, one file each.

mod backup;
mod check;
mod completions;
mod confirm;
mod creds;
mod dead;
mod demo;
mod explain;
mod gate;
mod globals;
mod healthcheck;
mod id;
mod init;
mod logs;
mod man;
mod outcome;
mod palette;
mod print;
mod project;
mod replay;
mod runs;
mod runtime;
mod send;
mod serve;
mod show;
mod table;
mod terminal;
mod times;
mod trigger;
mod visible;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use globals::Globals;

/// A gate for a herd of AI agents: signed webhooks and cron ticks in, durable agent runs out.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
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
    /// Copy the store to a new file, also while a gate uses it.
    Backup(backup::Backup),
    /// Ask a running gate whether it is ready; for container health checks.
    Healthcheck(healthcheck::Healthcheck),
    /// Keep secrets: add, list or remove credentials. None is ever shown.
    Creds(creds::Creds),
    /// Print completions of commands and options for a shell.
    Completions(completions::Completions),
    /// Write manual pages.
    Man(man::Man),
    /// Ends the runs of a gate that was killed. Started by the gate itself.
    #[command(hide = true)]
    Reaper,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or yes
  1  it failed, or the gate refused it
  2  the command line makes no sense
  3  no: `explain` found nothing that the delivery would start, or `check --against-running` found
     the files to differ from what is in force
`logs --exit-status` and `trigger --wait` end as the run did: with its own code, 124 after a timeout,
128 and the signal after one.";

/// Parses the command line and runs one command.
pub fn main() -> ExitCode {
    let Cli { globals, command } = Cli::parse();
    print::set_quiet(globals.quiet);
    let globals = &globals;
    let done = match command {
        Command::Creds(creds) => creds.run(globals),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
        Command::Serve(serve) => serve.run(globals),
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => return init.run(),
        Command::Check(check) => check.run(globals),
        Command::Explain(explain) => explain.run(globals),
        Command::Send(send) => send.run(globals),
        Command::Trigger(trigger) => trigger.run(globals),
        Command::Runs(runs) => runs.run(globals),
        Command::Logs(logs) => logs.run(globals),
        Command::Show(show) => show.run(globals),
        Command::Replay(replay) => replay.run(globals),
        Command::Dead(dead) => dead.run(globals),
        Command::Backup(backup) => backup.run(globals),
        Command::Healthcheck(healthcheck) => healthcheck.run(globals),
        Command::Reaper => return herdgate_actors::runner::reaper_main(),
    };
    done.unwrap_or_else(|report| outcome::failed(&report))
}
