//! Drives one command to its end.
//!
//! A run is a command without a shell, in a process group and a folder of its own. It ends with its
//! leader, with its timeout, with the gate's word, or with the gate itself; whichever it is, nothing
//! of it stays alive.
//!
//! # Layout
//! - [`Runner`]: the contract, and the values that it speaks in.
//! - [`ProcessRunner`]: the contract kept with processes of this machine.
//! - [`Warden`]: the process that ends the runs of a gate that was killed.
//! - [`RunFolders`]: what a run leaves on disk, and how it is read.
//! - [`Outcome`]: what an end means for the job, said by the runner.
//! - `ScriptedRunner` (feature `testing`): the contract kept without processes, for tests.
//!
//! # What dies, and what does not
//! - The command and everything in its process group: always, before the run counts as over.
//! - What left the group (`setsid`, `setpgid`, a daemon): found by the run id in its environment, on
//!   Linux. What left the group *and* runs with an environment without `HERDGATE_RUN_ID`, or as
//!   another user, lives on; only a container or a cgroup around the gate holds that.
//! - After `kill -9` of the gate: the command by the kernel's death signal, all else by the warden.
//!   Killing both gate and warden at once leaves the death signal alone, and so the command's
//!   children alive.

mod contract;
mod folders;
mod launch;
mod log;
mod outcome;
mod process;
mod stray;
#[cfg(any(test, feature = "testing"))]
mod testing;
mod warden;

pub use contract::{Ended, RunHandle, RunRequest, Runner, StopHandle, StopMode, StopSignal};
pub use folders::RunFolders;
pub use log::Slice;
pub use outcome::{NotStartedCause, Outcome, OutcomeKind, Usage};
pub use process::ProcessRunner;
#[cfg(any(test, feature = "testing"))]
pub use testing::{ScriptedRun, ScriptedRunner};
pub use warden::{Warden, WardenCommand, warden_main};
