//! What is known of the processes that the gate adopted.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

use super::{
    GateId, Mark,
    process::{Seen, look, pid},
};
use crate::domain::RunId;

/// How often strangers are asked whether they are dead. There may be many, and nobody waits for them.
const REAP_STRANGERS_EVERY: Duration = Duration::from_secs(1);

/// The gate's adopted children. Only one of these may reap them: a number that is known stays that of
/// the same process for as long as it is listed.
#[derive(Debug)]
pub(super) struct Adopted {
    gate: GateId,
    list: String,
    known: HashMap<Pid, Owner>,
    strangers_reaped: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// A run of this gate.
    Run(RunId),
    /// Nobody whom this gate knows, for good.
    Stranger,
}

/// What one look at all of them found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Runs that are over and still had processes alive; these were killed.
    pub(super) killed: HashSet<RunId>,
    /// Whether something died or showed nothing, so that the list may have grown since it was read.
    pub(super) moving: bool,
}

impl Adopted {
    pub(super) fn new(gate: GateId) -> Self {
        Self { gate, list: list_path(), known: HashMap::new(), strangers_reaped: Instant::now() }
    }

    /// Looks at all, kills what belongs to runs that are over, and reaps what is dead.
    ///
    /// What was seen before costs nothing but its line in the list.
    pub(super) fn look(&mut self, is_over: impl Fn(RunId) -> bool) -> Findings {
        let mut findings = Findings::default();
        let children = fs::read_to_string(&self.list).unwrap_or_default();
        let listed: HashSet<Pid> = children.split_ascii_whitespace().filter_map(pid).collect();
        let before = self.known.len();
        self.known.retain(|pid, _| listed.contains(pid));
        findings.moving |= self.known.len() < before;
        for pid in &listed {
            self.look_at(*pid, &is_over, &mut findings);
        }
        if self.strangers_reaped.elapsed() >= REAP_STRANGERS_EVERY {
            self.strangers_reaped = Instant::now();
            self.reap_strangers();
        }
        findings
    }

    fn reap_strangers(&mut self) {
        self.known.retain(|pid, owner| {
            *owner != Owner::Stranger || matches!(waitpid(Some(*pid), WaitOptions::NOHANG), Ok(None))
        });
    }

    fn look_at(&mut self, pid: Pid, is_over: &impl Fn(RunId) -> bool, findings: &mut Findings) {
        match self.known.get(&pid) {
            Some(Owner::Stranger) => return,
            Some(Owner::Run(run)) if !is_over(*run) => return,
            Some(Owner::Run(_)) | None => {}
        }
        match look(pid) {
            Seen::Marked(Mark { gate, run }) if gate == self.gate => {
                self.known.insert(pid, Owner::Run(run));
                if is_over(run) {
                    // Nobody else reaps it, so the number is still its own.
                    let _ = kill_process(pid, Signal::KILL);
                    findings.killed.insert(run);
                }
            }
            Seen::Marked(_) | Seen::Unmarked => {
                self.known.insert(pid, Owner::Stranger);
            }
            Seen::Hidden => findings.moving = true,
            Seen::Zombie | Seen::Gone => {
                // The runs' own leaders are children of the threads that started them, and never
                // listed here.
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
                self.known.remove(&pid);
                findings.moving = true;
            }
        }
    }
}

/// Whether nothing is adopted: then no run has an orphan.
pub(super) fn is_empty() -> bool {
    // Without the list (a kernel built so) nothing can be found.
    fs::read(list_path()).is_ok_and(|children| children.is_empty())
}

/// Whether this kernel lists children at all.
pub(super) fn check_list() -> io::Result<()> {
    fs::read(list_path()).map(|_| ())
}

/// The kernel gives orphans to the first thread of the process that adopts them.
fn list_path() -> String {
    let gate = Pid::as_raw(Some(getpid()));
    format!("/proc/self/task/{gate}/children")
}
