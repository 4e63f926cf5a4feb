//! Noticing that a run's leader has exited, without reaping it.

use std::io;

use crate::runner::launch::Spawned;

/// The end of one process, awaited.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Exit(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>);

#[cfg(target_os = "linux")]
impl Exit {
    /// Of a child that is not reaped yet. Needs a runtime with I/O.
    pub(super) fn of(leader: Spawned) -> io::Result<Self> {
        let readable = tokio::io::Interest::READABLE;
        #[expect(unsafe_code, reason = "tokio asks that the descriptor stays what it is")]
        // SAFETY: an `OwnedFd` is open, stays open, and is the same descriptor for as long as it lives;
        // the `AsyncFd` owns it.
        let process = unsafe { tokio::io::unix::AsyncFd::register_with_interest(leader.pidfd, readable) };
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
    leader: rustix::process::Pid,
    child_signals: tokio::signal::unix::Signal,
}

#[cfg(not(target_os = "linux"))]
impl Exit {
    /// Of a child that is not reaped yet. Needs a runtime with I/O.
    pub(super) fn of(leader: Spawned) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { leader: leader.pid, child_signals: signal(SignalKind::child())? })
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
