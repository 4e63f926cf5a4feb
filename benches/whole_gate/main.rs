//! The whole gate under load: the real program, over loopback, on a disk.
//!
//! ```sh
//! cargo bench --bench whole_gate -- runs --scale 8
//! cargo bench --bench whole_gate -- runs --others 2000 --idle 5000
//! cargo bench --bench whole_gate -- deliveries --connections 64 --matched
//! cargo bench --bench whole_gate -- deliveries --seconds 5 --versus <another build of herdgate>
//! ```
//!
//! `runs` keeps a backlog of jobs for agents that run `/bin/true`, and measures how many end a second
//! and, meanwhile, how long other deliveries wait for their answer. `deliveries` measures how many
//! durable deliveries a second are answered. The load generator shares the machine with the gate:
//! compare figures of one machine and one command line, or let `--versus` measure two builds in turn.
//! Of all figures the gate's own processor time depends least on what else the machine does.
#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "what tests use to serve a project")]

mod client;
mod compare;
mod deliveries;
mod gate;
mod payload;
mod runs;
#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, clippy::format_collect, reason = "tests need more of it")]
mod support;

use std::{
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use clap::{Args, Parser, Subcommand};

use deliveries::Deliveries;
use runs::Runs;

/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// Measures the whole gate.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    measure: Option<Measure>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// `/bin/true` runs a second, end to end, and the answers to deliveries meanwhile.
    Runs(Runs),
    /// Durable deliveries a second.
    Deliveries(Deliveries),
}

/// What both have in common.
#[derive(Debug, Clone, Args)]
struct Around {
    /// Seconds to measure, after two to warm up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Bytes of a body, about.
    #[arg(long, default_value_t = 8000)]
    bytes: usize,
    /// Other processes on the machine, that sleep.
    #[arg(long, default_value_t = 0)]
    others: usize,
    /// Idle connections to the public door.
    #[arg(long, default_value_t = 0)]
    idle: usize,
    /// Another build of the program, instead of this one.
    #[arg(long)]
    program: Option<PathBuf>,
}

fn main() {
    match Options::parse().measure {
        Some(Measure::Runs(runs)) => runs.measure(),
        Some(Measure::Deliveries(deliveries)) => deliveries.measure(),
        None => println!("whole_gate: say what to measure, `-- runs` or `-- deliveries`; see --help"),
    }
}

/// Processes that only are there.
struct Others(Vec<Child>);

impl Others {
    fn start(count: usize) -> Self {
        let sleeper = |_| Command::new("sleep").arg("100000").spawn().expect("sleep starts");
        Self((0..count).map(sleeper).collect())
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
