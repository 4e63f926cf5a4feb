//! The reaper's own life: read messages until there is no gate any more, then kill.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufReader, Read},
    process::ExitCode,
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::message::{MESSAGE_BYTES, ReaperMessage};
use crate::{
    domain::RunId,
    runner::orphans::{GATE_VARIABLE, GateId, kill_everywhere},
};

/// As the kernel shows it, which keeps 15 letters. Not the gate's name, nor a part of it.
const NAME: &std::ffi::CStr = c"hg-reaper";

/// What is alive, as far as the gate told.
#[derive(Debug, Default)]
struct Alive {
    groups: HashMap<Pid, RunId>,
    runs: HashSet<RunId>,
}

impl Alive {
    fn note(&mut self, message: ReaperMessage) {
        match message {
            ReaperMessage::Register { group, run } => {
                self.groups.insert(group, run);
                self.runs.insert(run);
            }
            ReaperMessage::ReleaseGroup { group, .. } => {
                self.groups.remove(&group);
            }
            ReaperMessage::KeepRun { run } => {
                self.runs.insert(run);
            }
            ReaperMessage::ReleaseRun { run } => {
                self.runs.remove(&run);
            }
        }
    }

    /// Kills the groups, then what left them.
    fn kill(self, gate: Option<GateId>) {
        for group in self.groups.keys() {
            // A group that is gone already, by the death signal for one, is what is wanted.
            let _ = kill_process_group(*group, Signal::KILL);
        }
        if !self.runs.is_empty() {
            kill_everywhere(|mark| {
                gate.is_none_or(|gate| gate == mark.gate) && self.runs.contains(&mark.run)
            });
        }
    }
}

/// The whole of `herdgate reaper`: standard input is the pipe from the gate. Returns when the gate is
/// gone and its runs are killed.
///
/// Only [`Reaper::start`](super::Reaper::start) sets the stage for it: its own session, signals
/// ignored, nothing else open.
pub fn reaper_main() -> ExitCode {
    set_apart();
    let gate = std::env::var(GATE_VARIABLE).ok().and_then(|id| id.parse().ok());
    let mut alive = Alive::default();
    let mut pipe = BufReader::new(io::stdin());
    let mut bytes = [0; MESSAGE_BYTES];
    // Any failure to read leaves as little to wait for as the end does.
    while pipe.read_exact(&mut bytes).is_ok() {
        if let Some(message) = ReaperMessage::decode(bytes) {
            alive.note(message);
        }
    }
    alive.kill(gate);
    ExitCode::SUCCESS
}

/// Takes a name of its own, and lets no run look into its pipe. Either may fail without harm.
#[cfg(target_os = "linux")]
fn set_apart() {
    let _ = rustix::thread::set_name(NAME);
    let _ = crate::runner::forbid_inspection();
}

#[cfg(not(target_os = "linux"))]
fn set_apart() {}
