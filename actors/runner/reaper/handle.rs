//! The gate's end: starts the reaper, tells it of groups, and replaces it when it dies.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, waitid, waitpid},
};

use super::{ReaperMessage, message::MESSAGE_BYTES};
use crate::{
    domain::RunId,
    runner::{
        launch::{Role, SpawnRequest, Starting},
        orphans::{GATE_VARIABLE, GateId},
    },
    telemetry::{Event, emit},
};

/// Before a reaper is replaced that lived only shortly, and the longest such pause.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A reaper that lived for so long works; whatever killed it, the next one starts at once.
const PROVEN: Duration = Duration::from_mins(1);
/// What may lie in the pipe, in bytes: a new reaper is told of 40,000 runs before it reads the first.
const PIPE_BYTES: usize = 1024 * 1024;
/// Runs that are over are told of in company: nobody waits for that. Fits into one write that is not
/// torn (`PIPE_BUF`).
const RELEASED_AT_MOST: usize = 128;

/// What is executed as the reaper; it must call [`reaper_main`](super::reaper_main) and nothing else.
#[derive(Debug, Clone)]
pub struct ReaperCommand {
    program: PathBuf,
    args: Vec<OsString>,
    called: Option<OsString>,
}

impl ReaperCommand {
    /// Any program, and its arguments without its name.
    pub fn new(program: impl Into<PathBuf>, args: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect(), called: None }
    }

    /// This program, as `herdgate reaper`. On Linux by way of the kernel's own link, which works even
    /// when the file was replaced by an upgrade. The name keeps it out of reach of whoever kills by the
    /// gate's name.
    pub fn this_program() -> io::Result<Self> {
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { called: Some("hg-reaper".into()), ..Self::new(program, ["reaper"]) })
    }
}

/// The reaper of this gate. Clones share it; it goes when the last one is dropped, after it killed
/// whatever is on its list.
#[derive(Debug, Clone)]
pub(in crate::runner) struct Reaper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    command: ReaperCommand,
    gate: GateId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The reaper that lives now, or the last one while a new one is started.
    process: Process,
    /// The truth that a new reaper is told.
    groups: HashMap<Pid, RunId>,
    /// Runs whose groups are dead, and of which something may be left.
    ending: HashSet<RunId>,
    /// Runs of which nothing is left, and of which the reaper has not heard so.
    released: Vec<RunId>,
}

#[derive(Debug)]
struct Process {
    pid: Pid,
    pipe: Arc<OwnedFd>,
}

impl Reaper {
    /// Starts the reaper, and a thread that replaces it when it dies.
    ///
    /// That thread starts the first one too: what the main thread starts would stand among the
    /// processes that it adopts from runs.
    pub(in crate::runner) fn start(command: ReaperCommand, gate: GateId) -> io::Result<Self> {
        let (answer, answered) = mpsc::channel();
        let watch = move || {
            let process = match launch(&command, gate) {
                Ok(process) => process,
                Err(error) => return drop(answer.send(Err(error))),
            };
            let state =
                State { process, groups: HashMap::new(), ending: HashSet::new(), released: Vec::new() };
            let shared = Arc::new(Shared { command, gate, state: Mutex::new(state) });
            let watched = Arc::downgrade(&shared);
            let _ = answer.send(Ok(Self(shared)));
            watch(&watched);
        };
        thread::Builder::new().name("reaper-watch".to_owned()).spawn(watch)?;
        answered.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that starts it panicked")))
    }

    /// The process id of the reaper that lives now.
    pub(in crate::runner) fn pid(&self) -> i32 {
        Pid::as_raw(Some(self.0.lock().process.pid))
    }

    /// Where a run's child announces itself before its program begins.
    pub(in crate::runner) fn pipe(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.0.lock().process.pipe)
    }

    /// Puts a group on the list that announced itself by `pipe`. If that belonged to a reaper that
    /// died since, the new one is told.
    pub(in crate::runner) fn register(&self, group: Pid, run: RunId, pipe: &Arc<OwnedFd>) {
        let mut state = self.0.lock();
        state.groups.insert(group, run);
        if !Arc::ptr_eq(pipe, &state.process.pipe) {
            state.process.tell(&ReaperMessage::Register { group, run }.encode());
        }
    }

    /// Strikes a group off the list: before its leader is reaped, while its number is still its own.
    pub(in crate::runner) fn release_group(&self, group: Pid, run: RunId) {
        let mut state = self.0.lock();
        state.groups.remove(&group);
        state.ending.insert(run);
        state.flush(Some(ReaperMessage::ReleaseGroup { group, run }));
    }

    /// Strikes a run off the list, of which nothing is left.
    pub(in crate::runner) fn release_run(&self, run: RunId) {
        let mut state = self.0.lock();
        state.ending.remove(&run);
        state.released.push(run);
        if state.released.len() >= RELEASED_AT_MOST {
            state.flush(None);
        }
    }
}

impl Shared {
    /// Every change under this lock is whole, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells of all runs that are over, and of what else there is.
    fn flush(&mut self, last: Option<ReaperMessage>) {
        let released = self.released.drain(..).map(|run| ReaperMessage::ReleaseRun { run });
        let bytes: Vec<u8> = released.chain(last).flat_map(ReaperMessage::encode).collect();
        self.process.tell(&bytes);
    }

    /// All that a new reaper must know.
    fn tell_all(&self, process: &Process) {
        for (group, run) in &self.groups {
            process.tell(&ReaperMessage::Register { group: *group, run: *run }.encode());
        }
        for run in &self.ending {
            process.tell(&ReaperMessage::KeepRun { run: *run }.encode());
        }
    }
}

impl Process {
    fn tell(&self, messages: &[u8]) {
        debug_assert!(messages.len().is_multiple_of(MESSAGE_BYTES), "messages are whole");
        match rustix::io::write(self.pipe.as_fd(), messages) {
            // A dead reaper is replaced by the watch, which tells the new one everything.
            Ok(_) | Err(rustix::io::Errno::PIPE) => {}
            // Thousands of messages behind: it was stopped, or starves. A new one starts with the truth.
            Err(_) => {
                let _ = kill_process(self.pid, Signal::KILL);
            }
        }
    }
}

fn launch(command: &ReaperCommand, gate: GateId) -> io::Result<Process> {
    let (input, pipe) = io::pipe()?;
    let pipe = OwnedFd::from(pipe);
    // The gate must never wait for its reaper.
    fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
    #[cfg(target_os = "linux")]
    {
        // A smaller one does, but for thousands of runs at once.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_BYTES);
    }
    let null: File = OpenOptions::new().write(true).open("/dev/null")?;
    let request = SpawnRequest {
        program: command.program.clone().into(),
        called: command.called.clone(),
        args: command.args.clone(),
        env: vec![(GATE_VARIABLE.into(), gate.to_string().into())],
        cwd: PathBuf::from("/"),
        input: input.into(),
        output: null.into(),
        role: Role::Reaper,
        slots: None,
    };
    let spawned = request.start(&Starting::default()).map_err(io::Error::other)?;
    Ok(Process { pid: spawned.pid, pipe: Arc::new(pipe) })
}

/// Waits for each reaper's end and starts the next, until the gate has let go of it.
fn watch(shared: &Weak<Shared>) {
    let mut pause = Duration::ZERO;
    loop {
        let born = Instant::now();
        let Some(pid) = shared.upgrade().map(|shared| shared.lock().process.pid) else { return };
        // Without reaping: the pid stays the reaper's own until the lock is held.
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        if born.elapsed() > PROVEN {
            pause = Duration::ZERO;
        }
        thread::sleep(pause);
        let Some(shared) = shared.upgrade() else {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            return;
        };
        // Not under the lock, which every start and end of a run takes.
        match launch(&shared.command, shared.gate) {
            Ok(process) => {
                emit(Event::ReaperReplaced { pid: Pid::as_raw(Some(process.pid)).unsigned_abs() });
                let mut state = shared.lock();
                state.tell_all(&process);
                state.process = process;
                drop(state);
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
            Err(error) => {
                emit(Event::ReaperMissing { error: error.to_string() });
            }
        }
        // The first is replaced at once; a program that cannot be a reaper does not eat a core.
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}
