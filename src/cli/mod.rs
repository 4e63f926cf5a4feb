//! The commands, one file each.

mod agents;
mod audit;
mod backup;
mod bulk;
mod change;
mod check;
mod completions;
mod config;
mod confirm;
mod creds;
mod dead;
mod deliveries;
mod demo;
mod explain;
mod gate;
mod gates;
mod globals;
mod healthcheck;
mod id;
mod init;
mod jobs;
mod lists;
mod logs;
mod man;
mod mcp;
mod outcome;
mod palette;
mod print;
mod progress;
mod project;
mod reload;
mod replay;
mod runs;
mod runtime;
mod send;
mod serve;
mod show;
mod sources;
mod status;
mod stranded;
mod table;
mod target;
mod terminal;
mod times;
mod trigger;
mod visible;
mod words;

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
    /// Say in one screen how the gate is, and what wants a look.
    Status(status::Status),
    /// List agents: what they do, what waits for them, how their runs ended; or show one.
    Agents(agents::Agents),
    /// List deliveries, the newest first.
    Deliveries(Box<deliveries::Deliveries>),
    /// List jobs, the newest first: what waits, runs, ended, and why.
    Jobs(Box<jobs::Jobs>),
    /// List runs: those under way, then the newest.
    Runs(Box<runs::Runs>),
    /// Show a receipt, a job or a run, and why it is as it is.
    Show(show::Show),
    /// Print the output of a run.
    Logs(logs::Logs),
    /// Start a run of an agent by hand.
    Trigger(trigger::Trigger),
    /// Route stored deliveries again, or run a job again.
    Replay(Box<replay::Replay>),
    /// Dead letters: count them, list them, run them again, or dismiss them.
    Dead(Box<dead::Dead>),
    /// Let an agent begin no runs: its work is held, not lost.
    Pause(change::Pause),
    /// Let a paused agent go on with what was held.
    Resume(change::Resume),
    /// Change how many runs an agent has at once.
    Scale(change::Scale),
    /// End a job.
    Cancel(change::Cancel),
    /// End a run, and its job with it.
    Kill(change::Kill),
    /// Put the files of the project in force.
    Reload(reload::Reload),
    /// Show the configuration in force, key by key.
    Config(config::Config),
    /// List sources: how they are verified, what they brought.
    Sources(sources::Sources),
    /// List who changed what.
    Audit(audit::Audit),
    /// Copy the store to a new file, also while a gate uses it.
    Backup(backup::Backup),
    /// Ask a running gate whether it is ready; for container health checks.
    Healthcheck(healthcheck::Healthcheck),
    /// Serve the Model Context Protocol, so that an assistant can look after the herd.
    Mcp(mcp::Mcp),
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
  3  no: `explain` found nothing that would start, `status` a gate that is not ready, and
     `check --against-running` files that differ from what is in force
`logs --exit-status` and `trigger --wait` end as the run did: with its own code, 124 after a timeout,
128 and the signal after one.";

/// Parses the command line and runs one command.
pub fn main() -> ExitCode {
    let Cli { globals, command } = Cli::parse();
    print::set_talk(globals.talk());
    let globals = &globals;
    let done = match command {
        Command::Mcp(mcp) => mcp.run(globals),
        Command::Creds(creds) => creds.run(globals),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
        Command::Serve(serve) => serve.run(globals),
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => return init.run(),
        Command::Check(check) => check.run(globals),
        Command::Explain(explain) => explain.run(globals),
        Command::Send(send) => send.run(globals),
        Command::Status(status) => status.run(globals),
        Command::Agents(agents) => agents.run(globals),
        Command::Deliveries(deliveries) => deliveries.run(globals),
        Command::Jobs(jobs) => jobs.run(globals),
        Command::Runs(runs) => runs.run(globals),
        Command::Show(show) => show.run(globals),
        Command::Logs(logs) => logs.run(globals),
        Command::Trigger(trigger) => trigger.run(globals),
        Command::Replay(replay) => replay.run(globals),
        Command::Dead(dead) => dead.run(globals),
        Command::Backup(backup) => backup.run(globals),
        Command::Pause(pause) => pause.run(globals),
        Command::Resume(resume) => resume.run(globals),
        Command::Scale(scale) => scale.run(globals),
        Command::Cancel(cancel) => cancel.run(globals),
        Command::Kill(kill) => kill.run(globals),
        Command::Reload(reload) => reload.run(globals),
        Command::Config(config) => config.run(globals),
        Command::Sources(sources) => sources.run(globals),
        Command::Audit(audit) => audit.run(globals),
        Command::Healthcheck(healthcheck) => healthcheck.run(globals),
        Command::Reaper => return herdgate_actors::runner::reaper_main(),
    };
    done.unwrap_or_else(|report| outcome::failed(&report))
}
