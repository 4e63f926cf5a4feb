//! A start that is under way, as another thread sees it.
//!
//! A start may hang: the kernel waits for a dead network share in `chdir` or `execve`, and with it the
//! thread that called `clone`. The child can be killed all the same, since the kernel writes its pidfd
//! before the child does anything; its death frees the thread.

use std::{
    os::fd::OwnedFd,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
use std::os::fd::FromRawFd;

/// A clone that fails does so at once; one that takes longer has made its child.
const CHILD_EXISTS_AFTER: Duration = Duration::from_millis(20);

/// How far a start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Stage {
    /// The run's own folder and files.
    Preparing,
    /// The agent's command and working directory.
    Executing,
}

/// Shared by the thread that starts a process and whoever waits for it.
#[derive(Debug)]
pub(in crate::runner) struct Starting {
    state: Mutex<State>,
    /// Written by the kernel in the middle of `clone`; -1 while there is none.
    pidfd: AtomicI32,
}

#[derive(Debug, Default)]
struct State {
    given_up: bool,
    executing_since: Option<Instant>,
}

impl Default for Starting {
    fn default() -> Self {
        Self { state: Mutex::default(), pidfd: AtomicI32::new(-1) }
    }
}

impl Starting {
    /// How far it is.
    pub(in crate::runner) fn stage(&self) -> Stage {
        match self.lock().executing_since {
            None => Stage::Preparing,
            Some(_) => Stage::Executing,
        }
    }

    /// Kills the child, or sees to it that none is made.
    pub(in crate::runner) fn give_up(&self) {
        let mut state = self.lock();
        state.given_up = true;
        if state.executing_since.is_some_and(|since| since.elapsed() >= CHILD_EXISTS_AFTER) {
            self.kill_child();
        }
    }

    /// From here on a child may exist. False where nobody wants it any more.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.lock();
        state.executing_since = Some(Instant::now());
        !state.given_up
    }

    /// Where the kernel writes the pidfd.
    #[cfg(target_os = "linux")]
    pub(super) const fn pidfd(&self) -> *mut i32 {
        self.pidfd.as_ptr()
    }

    /// After `clone`: takes the pidfd away from [`Self::give_up`]. `None` where there is no child.
    #[cfg(target_os = "linux")]
    pub(super) fn finish(&self, cloned: bool) -> Option<OwnedFd> {
        let _state = self.lock();
        let pidfd = self.pidfd.swap(-1, Ordering::Relaxed);
        #[expect(unsafe_code, reason = "the kernel hands descriptors over as numbers")]
        // SAFETY: a clone that succeeded wrote a descriptor of its own here, which nobody else took: it
        // was swapped out under the lock.
        (cloned && pidfd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(pidfd) })
    }

    #[cfg(target_os = "linux")]
    fn kill_child(&self) {
        use std::os::fd::BorrowedFd;

        use rustix::process::{Signal, pidfd_send_signal};
        let pidfd = self.pidfd.load(Ordering::Relaxed);
        if pidfd < 0 {
            return;
        }
        #[expect(unsafe_code, reason = "the kernel hands descriptors over as numbers")]
        // SAFETY: the clone that wrote it has made its child and not come back, so it is open; it is
        // taken away only under the lock that is held here.
        let pidfd = unsafe { BorrowedFd::borrow_raw(pidfd) };
        let _ = pidfd_send_signal(pidfd, Signal::KILL);
    }

    #[cfg(not(target_os = "linux"))]
    fn kill_child(&self) {}

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
