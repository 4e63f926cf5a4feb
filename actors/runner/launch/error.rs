//! Why a process could not be started, and whose fault that is.

use std::{io, path::PathBuf};

use crate::runner::NotStartedCause;

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
pub(in crate::runner) enum SpawnError {
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
    /// The system has no room for another process, or for what stands between it and the gate.
    #[error("cannot start `{program}`: no new process: {error}")]
    Process {
        /// The program's name.
        program: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// Nobody was free to start it.
    #[error("cannot start `{program}`: {why}")]
    NotTaken {
        /// The program's name.
        program: String,
        /// What keeps everybody busy.
        why: &'static str,
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

impl SpawnError {
    /// Whose fault it is. The gate's folder, pipes and processes are never the agent's; its command
    /// and working directory are, unless the machine is out of something.
    pub(in crate::runner) fn cause(&self) -> NotStartedCause {
        match self {
            Self::Folder(_) | Self::Process { .. } | Self::NotTaken { .. } => NotStartedCause::Host,
            Self::Cwd { error, .. } | Self::Program { error, .. } if is_host_fault(error) => {
                NotStartedCause::Host
            }
            Self::Empty | Self::ZeroByte { .. } | Self::Cwd { .. } | Self::Program { .. } => {
                NotStartedCause::Agent
            }
        }
    }
}

/// Whether the machine is out of something, or its disk fails.
fn is_host_fault(error: &io::Error) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(errno: i32) -> NotStartedCause {
        let error = io::Error::from_raw_os_error(errno);
        SpawnError::Program { program: "x".to_owned(), error }.cause()
    }

    #[test]
    fn a_command_is_the_agents_and_an_empty_machine_is_nobodys_fault() {
        for errno in [libc::ENOENT, libc::EACCES, libc::ENOEXEC, libc::E2BIG, libc::ENOTDIR, libc::ELOOP] {
            assert_eq!(cause_of(errno), NotStartedCause::Agent);
        }
        for errno in [libc::EMFILE, libc::ENFILE, libc::EAGAIN, libc::ENOMEM, libc::EIO] {
            assert_eq!(cause_of(errno), NotStartedCause::Host);
        }
    }

    #[test]
    fn the_gates_own_folder_is_never_the_agents_fault() {
        let denied = io::Error::from_raw_os_error(libc::EACCES);
        assert_eq!(SpawnError::Folder(denied).cause(), NotStartedCause::Host);
    }
}
