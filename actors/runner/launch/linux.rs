//! Starting a process on Linux: `clone(CLONE_VM | CLONE_VFORK)`, as `posix_spawn` is made of.
//!
//! Between `clone` and `execve` the child runs on a stack of its own in the gate's memory, while the
//! calling thread is held by the kernel. So [`become_program`] may only read what was prepared, make
//! system calls, and write to [`Plan::failure`]: no allocation, no lock, no panic.
#![expect(unsafe_code, reason = "clone, and what a child does before it executes, have no safe form")]

use std::{
    ffi::{CString, OsStr},
    io, mem,
    os::{
        fd::{AsRawFd, RawFd},
        unix::ffi::OsStrExt,
    },
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use libc::{c_char, c_int, c_void};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::{INHERITED_AT_MOST, Launch, LaunchError, Role};
use crate::{domain::RunId, runner::warden::Notice};

/// Ample for a few system calls and the notice to the warden.
const STACK_BYTES: usize = 64 * 1024;
/// The highest signal number of the kernel.
const LAST_SIGNAL: c_int = 64;
/// The kernel's own size of a set of them.
const SIGNAL_SET_BYTES: usize = 8;
/// The signals that end or stop a gate, and so must not reach its warden.
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
const NONE: c_int = 0;
const CWD: c_int = 1;
const EXEC: c_int = 2;
const SETUP: c_int = 3;

/// Everything that the child needs, laid out before it is born.
struct Plan {
    programs: Vec<CString>,
    argv: Vec<*const c_char>,
    envp: Vec<*const c_char>,
    cwd: CString,
    input: RawFd,
    output: RawFd,
    role: PlannedRole,
    gate: c_int,
    failed_step: AtomicI32,
    failure: AtomicI32,
}

enum PlannedRole {
    Run { run: RunId, warden: RawFd },
    Warden,
}

pub(super) fn start(launch: &Launch<'_>) -> Result<Pid, LaunchError> {
    let no_process = |error| LaunchError::Process { program: launch.name(), error };
    let zero_byte = |_| LaunchError::ZeroByte { program: launch.name() };
    let text = |text: &OsStr| CString::new(text.as_bytes()).map_err(zero_byte);

    let mut argv = vec![text(&launch.program)?];
    for arg in &launch.args {
        argv.push(text(arg)?);
    }
    let mut env = Vec::with_capacity(launch.env.len());
    for (name, value) in &launch.env {
        env.push(CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).map_err(zero_byte)?);
    }
    let mut programs = Vec::new();
    for program in launch.candidates() {
        programs.push(text(program.as_os_str())?);
    }
    let plan = Plan {
        programs,
        argv: pointers(&argv),
        envp: pointers(&env),
        cwd: text(launch.cwd.as_os_str())?,
        input: launch.input.as_raw_fd(),
        output: launch.output.as_raw_fd(),
        role: match &launch.role {
            Role::Run { run, warden } => PlannedRole::Run { run: *run, warden: warden.as_raw_fd() },
            Role::Warden => PlannedRole::Warden,
        },
        gate: Pid::as_raw(Some(rustix::process::getpid())),
        failed_step: AtomicI32::new(NONE),
        failure: AtomicI32::new(0),
    };

    let child = clone_child(&plan).map_err(no_process)?;
    let failure = io::Error::from_raw_os_error(plan.failure.load(Ordering::Relaxed));
    let error = match plan.failed_step.load(Ordering::Relaxed) {
        NONE => return Ok(child),
        CWD => launch.not_entered(failure),
        EXEC => launch.not_executed(failure),
        _ => no_process(failure),
    };
    if let PlannedRole::Run { run, .. } = plan.role
        && let Role::Run { warden, .. } = &launch.role
    {
        // Before the pid can belong to someone else. A warden that is gone knows nothing to forget.
        let _ = rustix::io::write(warden, &Notice::Release { group: child, run }.encode());
    }
    // It has exited already: nothing else can reap it, and its status says nothing new.
    let _ = waitpid(Some(child), WaitOptions::empty());
    Err(error)
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// Runs [`child_main`] as a new process and returns once that executes its program or has exited.
fn clone_child(plan: &Plan) -> io::Result<Pid> {
    let mut stack = vec![0_u128; STACK_BYTES / size_of::<u128>()];
    let top = stack.as_mut_ptr_range().end;
    // The child must not run the gate's signal handlers in the gate's memory: it is born with all
    // signals blocked, and unblocks them when it has no handlers any more.
    // SAFETY: the sets are plain integers that sigfillset and pthread_sigmask fill.
    let before = unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        let mut before: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: CLONE_VFORK holds this thread until the child is out of this memory, so `plan` and
    // `stack` outlive it; u128 aligns the stack's top to 16 bytes, and stacks grow down on all
    // architectures that Linux and Rust share. The child writes nothing but the plan's atomics.
    let (child, error) = unsafe {
        let argument = ptr::from_ref(plan).cast_mut().cast::<c_void>();
        let child = libc::clone(child_main, top.cast::<c_void>(), flags, argument);
        (child, io::Error::last_os_error())
    };
    // SAFETY: `before` was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    drop(stack);
    Pid::from_raw(child.max(0)).ok_or(error)
}

extern "C" fn child_main(plan: *mut c_void) -> c_int {
    // SAFETY: `clone_child` passes a plan that lives until this process executes or exits.
    let plan = unsafe { &*plan.cast::<Plan>() };
    // SAFETY: this is the child of `clone_child`.
    let (step, errno) = unsafe { become_program(plan) };
    plan.failure.store(errno, Ordering::Relaxed);
    plan.failed_step.store(step, Ordering::Relaxed);
    // SAFETY: leaves without running the gate's exit handlers.
    unsafe { libc::_exit(127) }
}

/// Turns the child into its program; returns the step that failed, and why.
///
/// # Safety
/// Only in the child of [`clone_child`].
unsafe fn become_program(plan: &Plan) -> (c_int, c_int) {
    // SAFETY: system calls on prepared values; the arrays end with null; errno belongs to a thread
    // that waits for this child.
    unsafe {
        let placed = match plan.role {
            PlannedRole::Run { .. } => {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                if libc::getppid() != plan.gate {
                    // The gate died before the death signal was set.
                    libc::_exit(127);
                }
                libc::setpgid(0, 0)
            }
            PlannedRole::Warden => libc::setsid(),
        };
        if placed < 0
            || libc::dup2(plan.input, 0) < 0
            || libc::dup2(plan.output, 1) < 0
            || libc::dup2(plan.output, 2) < 0
        {
            return (SETUP, errno());
        }
        if libc::chdir(plan.cwd.as_ptr()) < 0 {
            return (CWD, errno());
        }
        reset_signals(&plan.role);
        if let PlannedRole::Run { run, warden } = &plan.role {
            let group = Pid::from_raw_unchecked(libc::getpid());
            let notice = Notice::Register { group, run: *run }.encode();
            // A warden that is just being replaced learns of the group from the gate.
            libc::write(*warden, notice.as_ptr().cast(), notice.len());
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
        close_the_rest_on_exec();
        let mut none: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        (EXEC, execute(plan))
    }
}

/// Gives every signal its default, so that nothing the gate ignores is ignored by the program.
///
/// # Safety
/// Only in the child of [`clone_child`], with all signals blocked.
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
            // Until the notice is written, so that a broken pipe is an error, not the end.
            PlannedRole::Run { .. } => {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            }
            PlannedRole::Warden => {
                for signal in DEAF_TO {
                    libc::signal(signal, libc::SIG_IGN);
                }
            }
        }
    }
}

/// # Safety
/// Only in the child of [`clone_child`], whose descriptor table is its own.
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
/// Only in the child of [`clone_child`].
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
