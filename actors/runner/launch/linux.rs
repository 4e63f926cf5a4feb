//! Starting a process on Linux: `clone(CLONE_VM | CLONE_VFORK)`, as `posix_spawn` is made of.
//!
//! Between `clone` and `execve` the child runs on a stack of its own in the gate's memory, while the
//! calling thread is held by the kernel; see [`child`](super::child).
#![expect(unsafe_code, reason = "clone has no safe form")]

use std::{
    cell::RefCell,
    ffi::{CString, OsStr},
    io, mem,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use libc::{c_char, c_void};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::{
    Role, SpawnError, SpawnRequest, Spawned, Starting,
    child::{Plan, PlannedRole, Step, child_main},
    slots::Filled,
    stack::Stack,
};

thread_local! {
    /// One start at a time stands on it.
    static STACK: RefCell<Option<Stack>> = const { RefCell::new(None) };
}

pub(super) fn start(request: &SpawnRequest<'_>, starting: &Starting) -> Result<Spawned, SpawnError> {
    let no_process = |error| SpawnError::Process { program: request.name(), error };
    let zero_byte = |_| SpawnError::ZeroByte { program: request.name() };
    let text = |text: &OsStr| CString::new(text.as_bytes()).map_err(zero_byte);

    let mut argv = vec![text(request.called.as_ref().unwrap_or(&request.program))?];
    for arg in &request.args {
        argv.push(text(arg)?);
    }
    let mut env = Vec::with_capacity(request.env.len());
    for (name, value) in &request.env {
        env.push(CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).map_err(zero_byte)?);
    }
    let mut programs = Vec::new();
    for program in request.candidates() {
        programs.push(text(program.as_os_str())?);
    }
    let filled = fill_slots(request).map_err(no_process)?;
    let slots = filled.as_ref().and(request.slots);
    let plan = Plan {
        programs,
        argv: pointers(&argv),
        envp: pointers(&env),
        cwd: text(request.cwd.as_os_str())?,
        input: slots.map_or(&request.input, |slots| &slots.input).as_raw_fd(),
        output: slots.map_or(&request.output, |slots| &slots.output).as_raw_fd(),
        copy_below: slots.map(super::Slots::above),
        role: match &request.role {
            Role::Run { run, reaper, open_files, .. } => PlannedRole::Run {
                run: *run,
                reaper: slots.map_or_else(|| reaper.as_raw_fd(), |slots| slots.reaper.as_raw_fd()),
                open_files: *open_files,
            },
            Role::Reaper => PlannedRole::Reaper,
        },
        gate: Pid::as_raw(Some(rustix::process::getpid())),
        failed_step: AtomicI32::new(Step::None as i32),
        failure: AtomicI32::new(0),
    };
    // `dup2` onto itself would leave a descriptor marked as closed on exec.
    if plan.input <= 2 || plan.output <= 2 {
        return Err(no_process(io::Error::other("the gate's standard descriptors are closed")));
    }

    let (pid, pidfd) = clone_child(&plan, starting).map_err(no_process)?;
    drop(filled);
    let failure = io::Error::from_raw_os_error(plan.failure.load(Ordering::Relaxed));
    let error = match plan.failed_step.load(Ordering::Relaxed) {
        step if step == Step::None as i32 => return Ok(Spawned { pid, pidfd }),
        step if step == Step::Cwd as i32 => request.not_entered(failure),
        step if step == Step::Exec as i32 => request.not_executed(failure),
        _ => no_process(failure),
    };
    if let Role::Run { unregister, .. } = &request.role {
        unregister(pid);
    }
    // It has exited already: nothing else can reap it, and its status says nothing new.
    let _ = waitpid(Some(pid), WaitOptions::empty());
    Err(error)
}

fn fill_slots<'a>(request: &SpawnRequest<'a>) -> io::Result<Option<Filled<'a>>> {
    match (&request.role, request.slots) {
        (Role::Run { reaper, .. }, Some(slots)) => {
            slots.fill(request.input.as_fd(), request.output.as_fd(), reaper).map(Some)
        }
        _ => Ok(None),
    }
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// Runs [`child_main`] as a new process and returns once that executes its program or has exited.
fn clone_child(plan: &Plan, starting: &Starting) -> io::Result<(Pid, OwnedFd)> {
    STACK.with_borrow_mut(|stack| {
        let stack = match stack {
            Some(stack) => stack,
            none => none.insert(Stack::new()?),
        };
        if !starting.begin() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        let cloned = clone_on(stack, plan, starting);
        // A clone that failed may have left a number behind, which is taken away all the same.
        let pidfd = starting.finish(cloned.is_ok());
        let pid = cloned?;
        pidfd
            .map(|pidfd| (pid, pidfd))
            .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "the kernel gave no pidfd (Linux 5.2)"))
    })
}

fn clone_on(stack: &Stack, plan: &Plan, starting: &Starting) -> io::Result<Pid> {
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
    let shared = if plan.copy_below.is_some() { libc::CLONE_FILES } else { 0 };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | shared | libc::SIGCHLD;
    // SAFETY: CLONE_VFORK holds this thread until the child is out of this memory, so `plan` and
    // `stack` outlive it. The child writes nothing but the plan's atomics, and the kernel writes the
    // pidfd to an atomic of `starting`, which outlives the call.
    let (child, error) = unsafe {
        let argument = ptr::from_ref(plan).cast_mut().cast::<c_void>();
        let child = libc::clone(child_main, stack.top(), flags, argument, starting.pidfd());
        (child, io::Error::last_os_error())
    };
    // SAFETY: `before` was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    Pid::from_raw(child.max(0)).ok_or(error)
}
