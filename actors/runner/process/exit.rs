//! Noticing that a run's leader has exited, without reaping it.

use std::io;

use rustix::process::Pid;

/// The end of one process, awaited.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Exit(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>);

#[cfg(target_os = "linux")]
impl Exit {
    /// Of a child that is not reaped yet. Needs a runtime with I/O.
    pub(super) fn of(leader: Pid) -> io::Result<Self> {
        use rustix::process::{PidfdFlags, pidfd_open};
        let process = pidfd_open(leader, PidfdFlags::NONBLOCK).or_else(|_| {
            // NONBLOCK is of Linux 5.10 and makes no difference to readiness.
            pidfd_open(leader, PidfdFlags::empty())
        })?;
        let readable = tokio::io::Interest::READABLE;
        #[expect(unsafe_code, reason = "tokio asks that the descriptor stays what it is")]
        // SAFETY: an `OwnedFd` is open, stays open, and is the same descriptor for as long as it lives;
        // the `AsyncFd` owns it.
        let process = unsafe { tokio::io::unix::AsyncFd::register_with_interest(process, readable) };
        Ok(Self(process?))
    }

    /// Ready when the process is dead, and from then on. May be awaited again and again.
    pub(super) async fn happened(&mut self) {
        // An error here means a runtime that shuts down: what follows kills the group.
        let _ = self.0.readable().await;
    }
}

/// The end of one process, awaited.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct Exit {
    leader: Pid,
    child_signals: tokio::signal::unix::Signal,
}

#[cfg(not(target_os = "linux"))]
impl Exit {
    /// Of a child that is not reaped yet. Needs a runtime with I/O.
    pub(super) fn of(leader: Pid) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { leader, child_signals: signal(SignalKind::child())? })
    }

    /// Ready when the process is dead, and from then on. May be awaited again and again.
    pub(super) async fn happened(&mut self) {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while let Ok(None) = waitid(WaitId::Pid(self.leader), look) {
            if self.child_signals.recv().await.is_none() {
                return;
            }
        }
    }
}
