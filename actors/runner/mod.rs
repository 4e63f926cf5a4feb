//! Drives one command to its end.
//!
//! A run is a command without a shell, in a process group and a folder of its own. It ends with its
//! leader, with its timeout, with the gate's word, or with the gate itself; whichever it is, nothing
//! of it stays alive.
//!
//! # Layout
//! - [`Runner`]: the contract, and the values that it speaks in.
//! - [`ProcessRunner`]: the contract kept with processes of this machine.
//! - [`reaper_main`]: the process that ends the runs of a gate that was killed.
//! - [`RunFolders`]: what a run leaves on disk, and how it is read.
//! - [`Outcome`]: what an end means for the job, said by the runner.
//! - `ScriptedRunner` (feature `testing`): the contract kept without processes, for tests.
//!
//! # What dies, and what does not
//! - The command and everything in its process group: always, before the run counts as over.
//! - What left the group (`setsid`, `setpgid`, a daemon): found by `HERDGATE_RUN_ID` and
//!   `HERDGATE_GATE` in its environment, on Linux. What left the group *and* runs with another
//!   environment, or as another user, lives on; only a container or a cgroup around the gate holds that.
//! - After `kill -9` of the gate: the command by the kernel's death signal, all else by the reaper.
//! - After `kill -9` of both: the command by the death signal, all else by the next life of the gate,
//!   before it runs anything.

mod contract;
mod folders;
mod inspection;
mod launch;
mod log;
mod orphans;
mod outcome;
mod process;
mod reaper;
#[cfg(any(test, feature = "testing"))]
mod testing;

pub use contract::{Ended, RunHandle, RunRequest, Runner, StopHandle, StopMode, StopSignal};
pub use folders::RunFolders;
pub use inspection::forbid_inspection;
pub use log::Slice;
pub use outcome::{NotStartedCause, Outcome, OutcomeKind};
pub use process::{ProcessOptions, ProcessRunner};
use reaper::Reaper;
pub use reaper::{ReaperCommand, reaper_main};
#[cfg(any(test, feature = "testing"))]
pub use testing::{ScriptedRun, ScriptedRunner};
