//! Starts a process that has nothing of the gate but what it is given.
//!
//! What [`run`](crate::runner) has of delicate unsafe code lies here. On Linux a process is started as glibc's
//! `posix_spawn` does it (a child that borrows the gate's memory until it executes), because `fork`
//! copies page tables: from a gate of 150 MiB it gives about 150 processes a second, this gives as
//! many as from an empty one. `posix_spawn` itself cannot ask for the death signal.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unix;

use std::{
    ffi::OsString,
    io,
    os::fd::{BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::process::Pid;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use unix as system;

use crate::{domain::RunId, runner::NotStartedCause};

/// Where programs are looked for when the environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Descriptors that the gate inherited are low, and its own are all marked when they are opened: where
/// no range can be closed on exec, those up to here are marked one by one.
const INHERITED_AT_MOST: libc::c_int = 1024;

/// What a new process is.
#[derive(Debug)]
pub(super) enum Role<'a> {
    /// Leads a process group of its own, dies with the thread that started it (Linux), and told the
    /// warden of itself before its program ran.
    Run {
        /// Which run it is.
        run: RunId,
        /// The warden's pipe.
        warden: BorrowedFd<'a>,
    },
    /// Leads a session of its own and is deaf to the signals that end a gate.
    Warden,
}

/// A process to be.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    /// A path, or a name to look for in the `PATH` of `env`.
    pub(super) program: OsString,
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
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    /// The agent has an empty command.
    #[error("the command is empty")]
    Empty,
    /// A text of the command or its environment cannot be handed to a process.
    #[error("cannot start `{program}`: a zero byte in its arguments, environment or folder")]
    ZeroByte {
        /// The program's name.
        program: String,
    },
    /// The folder of the run, or what lies in it.
    #[error("cannot prepare the run's folder: {0}")]
    Folder(#[source] io::Error),
    /// The system has no room for another process.
    #[error("cannot start `{program}`: no new process: {error}")]
    Process {
        /// The program's name.
        program: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The working directory cannot be entered.
    #[error("cannot start `{program}`: working directory `{cwd}`: {error}", cwd = cwd.display())]
    Cwd {
        /// The program's name.
        program: String,
        /// The folder.
        cwd: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The program cannot be executed.
    #[error("cannot start `{program}`: {error}")]
    Program {
        /// The program's name.
        program: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

impl LaunchError {
    /// Whose fault it is. The gate's folder, pipes and processes are never the agent's; its command
    /// and working directory are, unless the machine is out of something.
    pub(super) fn cause(&self) -> NotStartedCause {
        match self {
            Self::Folder(_) | Self::Process { .. } => NotStartedCause::Surroundings,
            Self::Cwd { error, .. } | Self::Program { error, .. } if is_of_surroundings(error) => {
                NotStartedCause::Surroundings
            }
            Self::Empty | Self::ZeroByte { .. } | Self::Cwd { .. } | Self::Program { .. } => {
                NotStartedCause::Agent
            }
        }
    }
}

/// Whether the machine is out of something, or its disk fails.
fn is_of_surroundings(error: &io::Error) -> bool {
    const OF_SURROUNDINGS: [i32; 8] = [
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOSPC,
        libc::EDQUOT,
        libc::EAGAIN,
        libc::ENOMEM,
        libc::EIO,
        libc::EROFS,
    ];
    error.raw_os_error().is_some_and(|errno| OF_SURROUNDINGS.contains(&errno))
}

impl Launch<'_> {
    /// Starts the process; it executes its program already when this returns.
    ///
    /// The death signal is tied to the calling thread, which must live as long as the process.
    pub(super) fn start(&self) -> Result<Pid, LaunchError> {
        system::start(self)
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// The paths to try, in this order. An empty entry of `PATH` would mean the working directory,
    /// which an agent fills with strangers' files: it is left out.
    #[cfg(target_os = "linux")]
    fn candidates(&self) -> Vec<PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        if self.program.as_bytes().contains(&b'/') {
            return vec![PathBuf::from(&self.program)];
        }
        let path = self.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value);
        let path = path.map_or(DEFAULT_PATH.as_ref(), OsString::as_os_str);
        std::env::split_paths(path)
            .filter(|folder| !folder.as_os_str().is_empty())
            .map(|folder| folder.join(&self.program))
            .collect()
    }

    fn not_entered(&self, error: io::Error) -> LaunchError {
        LaunchError::Cwd { program: self.name(), cwd: Path::to_owned(&self.cwd), error }
    }

    fn not_executed(&self, error: io::Error) -> LaunchError {
        LaunchError::Program { program: self.name(), error }
    }
}
