//! The threads that start runs.
//!
//! The kernel's death signal is tied to the thread that started a process: were it a worker of some
//! pool, its end would kill the run. So runs are started by threads that live as long as any run can,
//! and since these may block, they write the run's files too.
//!
//! They may block for long: `chdir` and `execve` wait for a dead network share. A thread that hangs is
//! replaced, and the agent whose start it is gets no more of them.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tokio::sync::oneshot;

use super::{environment::Inherited, group::Group};
use crate::{
    domain::AgentName,
    runner::{
        Reaper, RunFolders, RunRequest,
        launch::{Role, Slots, SpawnError, SpawnRequest, Spawned, Starting},
        orphans::Orphans,
    },
    telemetry::{Event, emit},
};

/// Two start processes as fast as two cores can run them; a third keeps them busy while one waits for
/// the disk. More would only contend.
const THREADS: usize = 3;
/// Threads that hang and were replaced. Each is a stack and a process that waits; beyond these, runs
/// wait until one comes back.
const REPLACED_AT_MOST: usize = 32;
/// Starts of one agent that may hang at once: enough that a single slow one does not stop it, and few
/// enough that a dead share cannot use up the threads.
const HANGING_PER_AGENT: usize = 4;

/// A run whose command executes.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) group: Group,
    pub(super) leader: Spawned,
    /// The read end of the command's standard output and error.
    pub(super) output: OwnedFd,
    /// Where the output goes.
    pub(super) log: PathBuf,
    /// Where the run may write what it has to say.
    pub(super) result: PathBuf,
}

pub(super) type Answer = Result<Started, SpawnError>;

struct Task {
    request: RunRequest,
    starting: Arc<Starting>,
    hanging: Arc<Mutex<Option<Hanging>>>,
    taken: oneshot::Sender<()>,
    answer: oneshot::Sender<Answer>,
}

/// A start that is asked for. Dropping it ends whatever it had started.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) starting: Arc<Starting>,
    /// Ready when a thread is at work on it.
    pub(super) taken: oneshot::Receiver<()>,
    /// Ready when the program executes, or cannot; never, if the thread panicked.
    pub(super) answer: oneshot::Receiver<Answer>,
    agent: AgentName,
    hanging: Arc<Mutex<Option<Hanging>>>,
}

/// Starts runs, off the runtime. As many may wait as agents have places: the agents' `scale` bounds
/// the queue.
#[derive(Debug)]
pub(super) struct Spawner {
    tasks: Sender<Task>,
    queue: Receiver<Task>,
    worker: Arc<Worker>,
    hanging: Arc<Mutex<HashMap<AgentName, usize>>>,
}

/// What a thread works with.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) folders: RunFolders,
    pub(super) reaper: Reaper,
    pub(super) orphans: Arc<Orphans>,
    pub(super) inherited: Inherited,
    /// How many files a run may open without asking for more.
    pub(super) open_files: Option<u64>,
}

impl Spawner {
    pub(super) fn start(worker: Worker) -> io::Result<Self> {
        let (tasks, queue) = unbounded();
        let spawner = Self { tasks, queue, worker: Arc::new(worker), hanging: Arc::default() };
        for _ in 0..THREADS {
            spawner.add_thread()?;
        }
        Ok(spawner)
    }

    fn add_thread(&self) -> io::Result<()> {
        let (queue, worker) = (self.queue.clone(), Arc::clone(&self.worker));
        // Here and not in the thread, so that the numbers are taken in order, while they are low.
        let slots = Slots::reserve()?;
        let serve = move || worker.serve(&queue, slots.as_ref());
        thread::Builder::new().name("run-spawner".to_owned()).spawn(serve).map(|_| ())
    }

    /// Asks for a run to be started.
    pub(super) fn begin(&self, request: RunRequest) -> Result<Pending, SpawnError> {
        let not_taken = |why| SpawnError::NotTaken { program: program(&request), why };
        if lock(&self.hanging).get(&request.agent).is_some_and(|starts| *starts >= HANGING_PER_AGENT) {
            return Err(not_taken("earlier starts of this agent hang in its program or working directory"));
        }
        let starting = Arc::new(Starting::default());
        let hanging = Arc::default();
        let (taken, was_taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let agent = request.agent.clone();
        let task =
            Task { request, starting: Arc::clone(&starting), hanging: Arc::clone(&hanging), taken, answer };
        // This holds a receiver itself.
        let _ = self.tasks.send(task);
        Ok(Pending { starting, taken: was_taken, answer: answered, agent, hanging })
    }

    /// A start has taken so long that its thread is not to be counted on: another one takes its place.
    pub(super) fn replace(&self, pending: &Pending) {
        let hanging = {
            let mut all = lock(&self.hanging);
            *all.entry(pending.agent.clone()).or_default() += 1;
            Hanging { agent: pending.agent.clone(), all: Arc::clone(&self.hanging) }
        };
        *lock(&pending.hanging) = Some(hanging);
        let count: usize = lock(&self.hanging).values().sum();
        if count > REPLACED_AT_MOST {
            let detail = format!("{count} hang, and no more threads take their place");
            return emit(Event::Warned { about: "run starts", detail });
        }
        let detail = match self.add_thread() {
            Ok(()) => format!("one of agent {} hangs; another thread takes over", pending.agent),
            Err(error) => format!("one of agent {} hangs, and no thread takes over: {error}", pending.agent),
        };
        emit(Event::Warned { about: "run starts", detail });
    }
}

fn program(request: &RunRequest) -> String {
    request.spec.command.first().cloned().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    fn serve(&self, queue: &Receiver<Task>, slots: Option<&Slots>) {
        while let Ok(task) = queue.recv() {
            if task.answer.is_closed() {
                continue;
            }
            let _ = task.taken.send(());
            // This thread's end would kill every run that it started, so it outlives a panic. An
            // answer that nobody waits for any more comes back and is dropped, and its group with it.
            let started = catch_unwind(AssertUnwindSafe(|| self.start(&task.request, &task.starting, slots)));
            drop(lock(&task.hanging).take());
            if let Ok(started) = started {
                let _ = task.answer.send(started);
            }
        }
    }

    fn start(&self, request: &RunRequest, starting: &Starting, slots: Option<&Slots>) -> Answer {
        let (name, args) = request.spec.command.split_first().ok_or(SpawnError::Empty)?;
        let files = self.folders.create(request).map_err(SpawnError::Folder)?;
        let env = self.inherited.for_run(request, &files);
        // Standard input is the prompt's file: a command may read it late, in part, or not at all,
        // and nobody has to stand by to feed it.
        let input = File::open(&files.prompt).map_err(SpawnError::Folder)?;
        let (output, output_of_command) =
            io::pipe().map_err(|error| SpawnError::Process { program: name.clone(), error })?;
        let pipe = self.reaper.pipe();
        let (run, unregister) = (request.run, |child| {
            self.reaper.release_group(child, request.run);
            self.reaper.release_run(request.run);
        });
        let process = SpawnRequest {
            program: name.into(),
            called: None,
            args: args.iter().map(Into::into).collect(),
            env,
            cwd: files.cwd,
            input: input.into(),
            output: output_of_command.into(),
            role: Role::Run {
                run,
                reaper: pipe.as_fd(),
                unregister: &unregister,
                open_files: self.open_files,
            },
            slots,
        };
        // Before it can have orphans.
        self.orphans.begin(run);
        let leader = process.start(starting).inspect_err(|_| self.orphans.forget(run))?;
        self.reaper.register(leader.pid, run, &pipe);
        let group = Group::new(leader.pid, run, self.reaper.clone(), Arc::clone(&self.orphans));
        Ok(Started { group, leader, output: output.into(), log: files.log, result: files.result })
    }
}

/// A start that hangs, for as long as it does.
#[derive(Debug)]
struct Hanging {
    agent: AgentName,
    all: Arc<Mutex<HashMap<AgentName, usize>>>,
}

impl Drop for Hanging {
    fn drop(&mut self) {
        let mut all = lock(&self.all);
        if let Some(starts) = all.get_mut(&self.agent) {
            *starts = starts.saturating_sub(1);
            if *starts == 0 {
                all.remove(&self.agent);
            }
        }
    }
}
