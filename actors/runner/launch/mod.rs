//! Starts a process that has nothing of the gate but what it is given.
//!
//! What [`runner`](crate::runner) has of delicate unsafe code lies here. On Linux a process is started
//! as glibc's `posix_spawn` does it (a child that borrows the gate's memory until it executes), because
//! `fork` copies page tables: from a gate of 150 MiB it gives about 150 processes a second, this gives
//! as many as from an empty one. `posix_spawn` itself cannot ask for the death signal, nor leave the
//! gate's descriptors uncopied.
//!
//! # Layout
//! - `linux`: what the gate does: lays everything out, clones, and reads what became of it.
//! - `child`: what the child does until it is its program.
//! - `slots`: low descriptors, so that the child's table is small however many the gate has open.
//! - `stack`: what the child stands on.

#[cfg(target_os = "linux")]
mod child;
mod error;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod slots;
#[cfg(target_os = "linux")]
mod stack;
mod starting;
#[cfg(not(target_os = "linux"))]
mod unix;

use std::{
    ffi::OsString,
    io,
    os::fd::{BorrowedFd, OwnedFd},
    path::PathBuf,
};

use rustix::process::Pid;

pub(super) use error::SpawnError;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "linux")]
pub(super) use slots::Slots;
pub(super) use starting::{Stage, Starting};
#[cfg(not(target_os = "linux"))]
use unix as system;
#[cfg(not(target_os = "linux"))]
pub(super) use unix::Slots;

use crate::domain::RunId;

/// Where programs are looked for when the environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Descriptors that the gate inherited are low, and its own are all marked when they are opened: where
/// no range can be closed on exec, those up to here are marked one by one.
const INHERITED_AT_MOST: libc::c_int = 1024;

/// What a new process is.
pub(super) enum Role<'a> {
    /// Leads a session and a process group of its own, dies with the thread that started it (Linux),
    /// and told the reaper of itself before its program ran.
    Run {
        /// Which run it is.
        run: RunId,
        /// The reaper's pipe.
        reaper: BorrowedFd<'a>,
        /// Takes back what the child told the reaper, when its program could not be executed: called
        /// while the child's number is still its own.
        unregister: &'a dyn Fn(Pid),
        /// How many files it may open without asking for more; the gate's own limit where absent.
        open_files: Option<u64>,
    },
    /// Leads a session of its own and is deaf to the signals that end a gate.
    Reaper,
}

/// A process to be.
pub(super) struct SpawnRequest<'a> {
    /// A path, or a name to look for in the `PATH` of `env`.
    pub(super) program: OsString,
    /// What it is called in the list of processes; the program where absent.
    pub(super) called: Option<OsString>,
    /// Its arguments, without its name.
    pub(super) args: Vec<OsString>,
    /// All of its environment.
    pub(super) env: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub(super) cwd: PathBuf,
    /// Its standard input.
    pub(super) input: OwnedFd,
    /// Its standard output and error.
    pub(super) output: OwnedFd,
    /// What it is.
    pub(super) role: Role<'a>,
    /// Low descriptors to hand it these files by, where there are any.
    pub(super) slots: Option<&'a Slots>,
}

/// A process whose program executes.
#[derive(Debug)]
pub(super) struct Spawned {
    pub(super) pid: Pid,
    /// Tells when it is dead.
    #[cfg(target_os = "linux")]
    pub(super) pidfd: OwnedFd,
}

impl SpawnRequest<'_> {
    /// Starts the process; it executes its program already when this returns. `starting` lets another
    /// thread end a start that hangs.
    ///
    /// The death signal is tied to the calling thread, which must live as long as the process.
    pub(super) fn start(&self, starting: &Starting) -> Result<Spawned, SpawnError> {
        system::start(self, starting)
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// The paths to try, in this order. An entry of `PATH` that is empty or relative would mean the
    /// working directory, which an agent fills with strangers' files: it is left out.
    #[cfg(target_os = "linux")]
    fn candidates(&self) -> Vec<PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        if self.program.as_bytes().contains(&b'/') {
            return vec![PathBuf::from(&self.program)];
        }
        let path = self.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value);
        let path = path.map_or(DEFAULT_PATH.as_ref(), OsString::as_os_str);
        std::env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&self.program))
            .collect()
    }

    fn not_entered(&self, error: io::Error) -> SpawnError {
        SpawnError::Cwd { program: self.name(), cwd: self.cwd.clone(), error }
    }

    fn not_executed(&self, error: io::Error) -> SpawnError {
        SpawnError::Program { program: self.name(), error }
    }
}

/// Whether this system can watch and end processes without mixing them up; told once at the start,
/// since without it no run could be driven.
#[cfg(target_os = "linux")]
pub(super) fn check_system() -> io::Result<()> {
    use rustix::process::{PidfdFlags, getpid, pidfd_open};
    match pidfd_open(getpid(), PidfdFlags::empty()) {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("runs need pidfd_open (Linux 5.3, and a sandbox that allows it): {error}"),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check_system() -> io::Result<()> {
    Ok(())
}
