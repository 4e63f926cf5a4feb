//! What a child does from its birth until it is its program.
//!
//! It runs in the gate's memory, on a stack of its own, beside all of the gate's other threads. So it
//! may only read what was prepared, make system calls, and write to [`Plan::failure`]: no allocation,
//! no lock, no panic.
#![expect(unsafe_code, reason = "what a child does before it executes has no safe form")]

use std::{
    ffi::CString,
    io, mem,
    os::fd::RawFd,
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use libc::{c_char, c_int, c_void};
use rustix::process::Pid;

use super::INHERITED_AT_MOST;
use crate::{domain::RunId, runner::reaper::ReaperMessage};

/// The highest signal number of the kernel.
const LAST_SIGNAL: c_int = 64;
/// The kernel's own size of a set of them.
const SIGNAL_SET_BYTES: usize = 8;
/// The signals that end or stop a gate, and so must not reach its reaper.
const DEAF_TO: [c_int; 9] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGTSTP,
];

/// Which step failed in the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Step {
    None,
    Cwd,
    Exec,
    Setup,
}

/// Everything that the child needs, laid out before it is born.
pub(super) struct Plan {
    pub(super) programs: Vec<CString>,
    pub(super) argv: Vec<*const c_char>,
    pub(super) envp: Vec<*const c_char>,
    pub(super) cwd: CString,
    pub(super) input: RawFd,
    pub(super) output: RawFd,
    /// The child is born sharing the gate's table of descriptors, and is to copy what lies below this
    /// number. Where absent it is born with a copy of all.
    pub(super) copy_below: Option<u32>,
    pub(super) role: PlannedRole,
    pub(super) gate: c_int,
    pub(super) failed_step: AtomicI32,
    pub(super) failure: AtomicI32,
}

pub(super) enum PlannedRole {
    Run { run: RunId, reaper: RawFd, open_files: Option<u64> },
    Reaper,
}

pub(super) extern "C" fn child_main(plan: *mut c_void) -> c_int {
    // SAFETY: the parent passes a plan that lives until this process executes or exits.
    let plan = unsafe { &*plan.cast::<Plan>() };
    // SAFETY: this is the child.
    let (step, errno) = unsafe { become_program(plan) };
    plan.failure.store(errno, Ordering::Relaxed);
    plan.failed_step.store(step as i32, Ordering::Relaxed);
    // SAFETY: leaves without running the gate's exit handlers.
    unsafe { libc::_exit(127) }
}

/// Turns the child into its program; returns the step that failed, and why.
///
/// # Safety
/// Only in a child on a stack of its own, with all signals blocked and its parent held.
unsafe fn become_program(plan: &Plan) -> (Step, c_int) {
    // SAFETY: system calls on prepared values; the arrays end with null; errno belongs to a thread
    // that waits for this child.
    unsafe {
        if let PlannedRole::Run { .. } = plan.role {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != plan.gate {
                // The gate died before the death signal was set.
                libc::_exit(127);
            }
        }
        // Before the first change to a descriptor, which would be the gate's.
        if let Some(above) = plan.copy_below
            && libc::syscall(libc::SYS_close_range, above, libc::c_uint::MAX, libc::CLOSE_RANGE_UNSHARE) < 0
        {
            return (Step::Setup, errno());
        }
        // A session of its own: no terminal of the operator, and a group that nobody else is in.
        if libc::setsid() < 0
            || libc::dup2(plan.input, 0) < 0
            || libc::dup2(plan.output, 1) < 0
            || libc::dup2(plan.output, 2) < 0
        {
            return (Step::Setup, errno());
        }
        if libc::chdir(plan.cwd.as_ptr()) < 0 {
            return (Step::Cwd, errno());
        }
        reset_signals(&plan.role);
        if let PlannedRole::Run { run, reaper, open_files } = &plan.role {
            if let Some(open_files) = open_files {
                limit_open_files(*open_files);
            }
            let group = Pid::from_raw_unchecked(libc::getpid());
            let message = ReaperMessage::Register { group, run: *run }.encode();
            // A reaper that is just being replaced learns of the group from the gate.
            libc::write(*reaper, message.as_ptr().cast(), message.len());
            // A signal that is blocked stays pending even where it is ignored; ignoring it anew drops
            // the one that a broken pipe left.
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
        close_the_rest_on_exec();
        let mut none: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        (Step::Exec, execute(plan))
    }
}

/// Gives every signal its default, so that nothing the gate ignores is ignored by the program.
///
/// # Safety
/// Only in the child, with all signals blocked.
unsafe fn reset_signals(role: &PlannedRole) {
    // All zero is SIG_DFL, no flags, nothing masked, in the kernel's own layout. By system call, since
    // the C library refuses the two signals that it keeps, which a gate may have been born ignoring.
    let default = [0_u64; 8];
    // SAFETY: dispositions are the child's own, since CLONE_SIGHAND was not asked for, and `default`
    // is larger than what the kernel reads. KILL and STOP are refused, which changes nothing.
    unsafe {
        for signal in 1..=LAST_SIGNAL {
            let nowhere = ptr::null_mut::<c_void>();
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), nowhere, SIGNAL_SET_BYTES);
        }
        match role {
            // Until the message is written, so that a broken pipe is an error, not the end.
            PlannedRole::Run { .. } => {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            }
            PlannedRole::Reaper => {
                for signal in DEAF_TO {
                    libc::signal(signal, libc::SIG_IGN);
                }
            }
        }
    }
}

/// Gives back the limit that the gate raised for itself: programs close every number up to it, or
/// cannot wait for numbers beyond 1024.
///
/// # Safety
/// Only in the child.
unsafe fn limit_open_files(at_most: u64) {
    // SAFETY: limits are the child's own; a plain struct is read and written.
    unsafe {
        let mut limit: libc::rlimit = mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = at_most.min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// # Safety
/// Only in the child, whose descriptor table is its own by now.
unsafe fn close_the_rest_on_exec() {
    // SAFETY: marks descriptors; a number that is not open is an error without effect.
    unsafe {
        let marked = libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
        // Before Linux 5.11.
        if marked < 0 {
            for descriptor in 3..INHERITED_AT_MOST {
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
        }
    }
}

/// Tries each path; comes back only with the errno that tells most.
///
/// # Safety
/// Only in the child.
unsafe fn execute(plan: &Plan) -> c_int {
    let mut telling = libc::ENOENT;
    for program in &plan.programs {
        // SAFETY: the arrays were prepared and end with null.
        unsafe { libc::execve(program.as_ptr(), plan.argv.as_ptr(), plan.envp.as_ptr()) };
        match errno() {
            libc::ENOENT | libc::ENOTDIR => {}
            // As execvp does: a file that may not be executed hides one further down the path, not
            // the other way round.
            libc::EACCES => telling = libc::EACCES,
            other => return other,
        }
    }
    telling
}

fn errno() -> c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
