//! The gate's end: starts the warden, tells it of groups, and replaces it when it dies.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, waitid, waitpid},
};

use super::Notice;
use crate::{
    domain::RunId,
    runner::launch::{Launch, Role},
    telemetry::{Event, emit},
};

/// Before a warden is replaced that lived only shortly, and the longest such pause.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A warden that lived for so long works; whatever killed it, the next one starts at once.
const PROVEN: Duration = Duration::from_mins(1);

/// What is executed as the warden; it must call [`warden_main`](super::warden_main) and nothing else.
#[derive(Debug, Clone)]
pub struct WardenCommand {
    program: PathBuf,
    args: Vec<OsString>,
}

impl WardenCommand {
    /// Any program, and its arguments without its name.
    pub fn new(program: impl Into<PathBuf>, args: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect() }
    }

    /// This program, as `herdgate warden`. On Linux by way of the kernel's own link, which works even
    /// when the file was replaced by an upgrade.
    pub fn this_program() -> io::Result<Self> {
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self::new(program, ["warden"]))
    }
}

/// The warden of this gate. Clones share it; it goes when the last one is dropped, after it killed
/// whatever is on its list.
#[derive(Debug, Clone)]
pub struct Warden(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    command: WardenCommand,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The warden that lives now, or the last one while a new one is started.
    process: Process,
    /// The truth that a new warden is told.
    groups: HashMap<Pid, RunId>,
}

#[derive(Debug)]
struct Process {
    pid: Pid,
    pipe: Arc<OwnedFd>,
}

impl Warden {
    /// Starts the warden, and a thread that replaces it when it dies.
    pub fn start(command: WardenCommand) -> io::Result<Self> {
        let state = Mutex::new(State { process: launch(&command)?, groups: HashMap::new() });
        let shared = Arc::new(Shared { command, state });
        let watched = Arc::downgrade(&shared);
        thread::Builder::new().name("warden-watch".to_owned()).spawn(move || watch(&watched))?;
        Ok(Self(shared))
    }

    /// The process id of the warden that lives now.
    pub fn pid(&self) -> i32 {
        Pid::as_raw(Some(self.0.lock().process.pid))
    }

    /// Where a run's child announces itself before its program begins.
    pub(in crate::runner) fn pipe(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.0.lock().process.pipe)
    }

    /// Puts a group on the list. Its own announcement may have gone to a warden that died since, so
    /// it is told again; twice is harmless.
    pub(in crate::runner) fn register(&self, group: Pid, run: RunId) {
        let mut state = self.0.lock();
        state.groups.insert(group, run);
        state.process.tell(Notice::Register { group, run });
    }

    /// Strikes a group off the list: before its leader is reaped, while its number is still its own.
    pub(in crate::runner) fn release(&self, group: Pid, run: RunId) {
        let mut state = self.0.lock();
        state.groups.remove(&group);
        state.process.tell(Notice::Release { group, run });
    }
}

impl Shared {
    /// Every change under this lock is whole, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    fn tell(&self, notice: Notice) {
        match rustix::io::write(self.pipe.as_fd(), &notice.encode()) {
            // A dead warden is replaced by the watch, which tells the new one everything.
            Ok(_) | Err(rustix::io::Errno::PIPE) => {}
            // Thousands of notices behind: it was stopped, or starves. A new one starts with the truth.
            Err(_) => {
                let _ = kill_process(self.pid, Signal::KILL);
            }
        }
    }
}

fn launch(command: &WardenCommand) -> io::Result<Process> {
    let (input, pipe) = io::pipe()?;
    let pipe = OwnedFd::from(pipe);
    // The gate must never wait for its warden.
    fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
    let null: File = OpenOptions::new().write(true).open("/dev/null")?;
    let launch = Launch {
        program: command.program.clone().into(),
        args: command.args.clone(),
        env: Vec::new(),
        cwd: PathBuf::from("/"),
        input: input.into(),
        output: null.into(),
        role: Role::Warden,
    };
    let pid = launch.start().map_err(io::Error::other)?;
    Ok(Process { pid, pipe: Arc::new(pipe) })
}

/// Waits for each warden's end and starts the next, until the gate has let go of it.
fn watch(shared: &Weak<Shared>) {
    let mut pause = Duration::ZERO;
    loop {
        let born = Instant::now();
        let Some(pid) = shared.upgrade().map(|shared| shared.lock().process.pid) else { return };
        // Without reaping: the pid stays the warden's own until the lock is held.
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        if born.elapsed() > PROVEN {
            pause = Duration::ZERO;
        }
        thread::sleep(pause);
        let Some(shared) = shared.upgrade() else {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            return;
        };
        let mut state = shared.lock();
        match launch(&shared.command) {
            Ok(process) => {
                emit(Event::ReaperReplaced { pid: Pid::as_raw(Some(process.pid)).unsigned_abs() });
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
                for (group, run) in &state.groups {
                    process.tell(Notice::Register { group: *group, run: *run });
                }
                state.process = process;
            }
            Err(error) => {
                emit(Event::ReaperMissing { error: error.to_string() });
            }
        }
        // The first is replaced at once; a program that cannot be a warden does not eat a core.
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}
