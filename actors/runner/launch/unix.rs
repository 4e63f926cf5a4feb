//! Starting a process on Unixes that are not Linux: what the standard library offers.
//!
//! There is no death signal here; a gate that is killed leaves all of its runs to the reaper. And a
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

use super::{DEFAULT_PATH, INHERITED_AT_MOST, Role, SpawnError, SpawnRequest, Spawned, Starting};
use crate::runner::reaper::ReaperMessage;

/// Signals up to here exist on every Unix.
const LAST_SIGNAL: libc::c_int = 31;
/// The signals that end or stop a gate, and so must not reach its reaper.
const DEAF_TO: [libc::c_int; 6] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGPIPE, libc::SIGTSTP];

/// Of use on Linux alone.
#[derive(Debug)]
pub(in crate::runner) enum Slots {}

impl Slots {
    pub(in crate::runner) fn reserve() -> io::Result<Option<Self>> {
        Ok(None)
    }
}

pub(super) fn start(request: &SpawnRequest<'_>, starting: &Starting) -> Result<Spawned, SpawnError> {
    let no_process = |error| SpawnError::Process { program: request.name(), error };
    if !starting.begin() {
        return Err(no_process(io::Error::from(io::ErrorKind::Interrupted)));
    }
    let stdio = |file: &std::os::fd::OwnedFd| file.try_clone().map(Stdio::from).map_err(no_process);
    let mut command = Command::new(&request.program);
    if let Some(called) = &request.called {
        command.arg0(called);
    }
    command
        .args(&request.args)
        .env_clear()
        .env("PATH", DEFAULT_PATH)
        .envs(request.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&request.cwd)
        .stdin(stdio(&request.input)?)
        .stdout(stdio(&request.output)?)
        .stderr(stdio(&request.output)?);
    match &request.role {
        Role::Run { run, reaper, open_files, .. } => {
            let (run, reaper, open_files): (_, RawFd, _) = (*run, reaper.as_raw_fd(), *open_files);
            // SAFETY: system calls only, and an encoding that does not allocate. The pipe is open
            // for as long as `request` is borrowed, and `spawn` returns within that.
            unsafe {
                command.pre_exec(move || {
                    setsid()?;
                    for signal in 1..=LAST_SIGNAL {
                        libc::signal(signal, libc::SIG_DFL);
                    }
                    if let Some(open_files) = open_files {
                        let mut limit: libc::rlimit = std::mem::zeroed();
                        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
                            limit.rlim_cur = limit.rlim_max.min(open_files);
                            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
                        }
                    }
                    libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                    let message = ReaperMessage::Register { group: getpid(), run }.encode();
                    libc::write(reaper, message.as_ptr().cast(), message.len());
                    libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                    close_the_rest_on_exec();
                    Ok(())
                });
            }
        }
        // SAFETY: system calls only.
        Role::Reaper => unsafe {
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
        Ok(child) => Ok(Spawned { pid: Pid::from_child(&child) }),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Err(SpawnError::ZeroByte { program: request.name() })
        }
        Err(error) if !request.cwd.is_dir() => Err(request.not_entered(error)),
        Err(error) => Err(request.not_executed(error)),
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
