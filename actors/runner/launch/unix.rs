//! Starting a process on Unixes that are not Linux: what the standard library offers.
//!
//! There is no death signal here; a gate that is killed leaves all of its runs to the warden. And a
//! script without `#!` is handed to `/bin/sh` by `execvp`, where Linux refuses it.
#![expect(unsafe_code, reason = "what a child does before it executes has no safe form")]

use std::{
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::process::CommandExt,
    },
    process::{Command, Stdio},
};

use rustix::process::{Pid, getpid, setsid};

use super::{DEFAULT_PATH, INHERITED_AT_MOST, Launch, LaunchError, Role};
use crate::runner::warden::Notice;

/// Signals up to here exist on every Unix.
const LAST_SIGNAL: libc::c_int = 31;
/// The signals that end or stop a gate, and so must not reach its warden.
const DEAF_TO: [libc::c_int; 6] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGPIPE, libc::SIGTSTP];

pub(super) fn start(launch: &Launch<'_>) -> Result<Pid, LaunchError> {
    let stdio = |file: &std::os::fd::OwnedFd| {
        file.try_clone()
            .map(Stdio::from)
            .map_err(|error| LaunchError::Process { program: launch.name(), error })
    };
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.args)
        .env_clear()
        .env("PATH", DEFAULT_PATH)
        .envs(launch.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&launch.cwd)
        .stdin(stdio(&launch.input)?)
        .stdout(stdio(&launch.output)?)
        .stderr(stdio(&launch.output)?);
    match &launch.role {
        Role::Run { run, warden } => {
            let (run, warden): (_, RawFd) = (*run, warden.as_raw_fd());
            command.process_group(0);
            // SAFETY: system calls only, and an encoding that does not allocate. The pipe is open
            // for as long as `launch` is borrowed, and `spawn` returns within that.
            unsafe {
                command.pre_exec(move || {
                    for signal in 1..=LAST_SIGNAL {
                        libc::signal(signal, libc::SIG_DFL);
                    }
                    libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                    let notice = Notice::Register { group: getpid(), run }.encode();
                    libc::write(warden, notice.as_ptr().cast(), notice.len());
                    libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                    close_the_rest_on_exec();
                    Ok(())
                });
            }
        }
        // SAFETY: system calls only.
        Role::Warden => unsafe {
            command.pre_exec(|| {
                setsid()?;
                for signal in DEAF_TO {
                    libc::signal(signal, libc::SIG_IGN);
                }
                close_the_rest_on_exec();
                Ok(())
            });
        },
    }
    match command.spawn() {
        Ok(child) => Ok(Pid::from_child(&child)),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Err(LaunchError::ZeroByte { program: launch.name() })
        }
        Err(error) if !launch.cwd.is_dir() => Err(launch.not_entered(error)),
        Err(error) => Err(launch.not_executed(error)),
    }
}

/// # Safety
/// Only in a child that has yet to execute its program.
unsafe fn close_the_rest_on_exec() {
    for descriptor in 3..INHERITED_AT_MOST {
        // SAFETY: marks a descriptor; a number that is not open is an error without effect.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
