//! The warden's own life: read notices until there is no gate any more, then kill.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufReader, Read},
    process::ExitCode,
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::notice::{NOTICE_BYTES, Notice};
use crate::{domain::RunId, runner::stray};

/// The groups that are alive, as far as the gate told.
#[derive(Debug, Default)]
struct Wards(HashMap<Pid, RunId>);

impl Wards {
    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Register { group, run } => self.0.insert(group, run),
            Notice::Release { group, .. } => self.0.remove(&group),
        };
    }

    /// Kills the groups, then what left them.
    fn kill(self) {
        for group in self.0.keys() {
            // A group that is gone already, by the death signal for one, is what is wanted.
            let _ = kill_process_group(*group, Signal::KILL);
        }
        let runs: HashSet<RunId> = self.0.into_values().collect();
        stray::kill_everywhere(&runs);
    }
}

/// The whole of `herdgate warden`: standard input is the pipe from the gate. Returns when the gate is
/// gone and its runs are killed.
///
/// Only [`Warden::start`](super::Warden::start) sets the stage for it: its own session, signals
/// ignored, nothing else open.
pub fn warden_main() -> ExitCode {
    let mut wards = Wards::default();
    let mut pipe = BufReader::new(io::stdin());
    let mut bytes = [0; NOTICE_BYTES];
    // Any failure to read leaves as little to wait for as the end does.
    while pipe.read_exact(&mut bytes).is_ok() {
        if let Some(notice) = Notice::decode(bytes) {
            wards.note(notice);
        }
    }
    wards.kill();
    ExitCode::SUCCESS
}
