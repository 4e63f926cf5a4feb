//! The threads that start runs.
//!
//! The kernel's death signal is tied to the thread that started a process: were it a worker of some
//! pool, its end would kill the run. So runs are started by threads that live as long as any run can,
//! and since these may block, they write the run's files too.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;

use super::{environment::Inherited, group::Group};
use crate::runner::{
    RunFolders, RunRequest, Warden,
    launch::{Launch, LaunchError, Role},
};

/// Two start processes as fast as two cores can run them; a third keeps them busy while one waits for
/// the disk. More would only contend.
const THREADS: usize = 3;

/// A run whose command executes.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) group: Group,
    /// The read end of the command's standard output and error.
    pub(super) output: OwnedFd,
    /// Where the output goes.
    pub(super) log: PathBuf,
}

type Answer = Result<Started, LaunchError>;

struct Request {
    order: RunRequest,
    answer: oneshot::Sender<Answer>,
}

/// Starts runs, off the runtime. As many may wait as agents have places: the agents' `scale` bounds
/// the queue.
#[derive(Debug)]
pub(super) struct Spawner {
    requests: mpsc::Sender<Request>,
}

#[derive(Debug)]
struct Worker {
    folders: RunFolders,
    warden: Warden,
    inherited: Inherited,
}

impl Spawner {
    pub(super) fn start(folders: RunFolders, warden: Warden, inherited: Inherited) -> io::Result<Self> {
        let (requests, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let worker = Arc::new(Worker { folders, warden, inherited });
        for _ in 0..THREADS {
            let (queue, worker) = (Arc::clone(&queue), Arc::clone(&worker));
            thread::Builder::new().name("run-spawner".to_owned()).spawn(move || worker.serve(&queue))?;
        }
        Ok(Self { requests })
    }

    /// Starts a run. Dropping the future ends whatever it had started.
    pub(super) async fn run(&self, order: RunRequest) -> Answer {
        let program = order.spec.command.first().cloned().unwrap_or_default();
        let (answer, answered) = oneshot::channel();
        let gone = || LaunchError::Process { program, error: io::Error::other("the spawner panicked") };
        if self.requests.send(Request { order, answer }).is_err() {
            return Err(gone());
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Worker {
    fn serve(&self, queue: &Mutex<mpsc::Receiver<Request>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Request { order, answer }) = next else { return };
            if answer.is_closed() {
                continue;
            }
            // This thread's end would kill every run that it started, so it outlives a panic. An
            // answer that nobody waits for any more comes back and is dropped, and its group with it.
            if let Ok(started) = catch_unwind(AssertUnwindSafe(|| self.start(&order))) {
                let _ = answer.send(started);
            }
        }
    }

    fn start(&self, order: &RunRequest) -> Answer {
        let (program, args) = order.spec.command.split_first().ok_or(LaunchError::Empty)?;
        let files = self.folders.create(order).map_err(LaunchError::Folder)?;
        let env = self.inherited.for_run(order, &files);
        // Standard input is the prompt's file: a command may read it late, in part, or not at all,
        // and nobody has to stand by to feed it.
        let input = File::open(&files.prompt).map_err(LaunchError::Folder)?;
        let (output, output_of_command) =
            io::pipe().map_err(|error| LaunchError::Process { program: program.clone(), error })?;
        let pipe = self.warden.pipe();
        let launch = Launch {
            program: program.into(),
            args: args.iter().map(Into::into).collect(),
            env,
            cwd: files.cwd,
            input: input.into(),
            output: output_of_command.into(),
            role: Role::Run { run: order.run, warden: pipe.as_fd() },
        };
        let leader = launch.start()?;
        let group = Group::new(leader, order.run, self.warden.clone());
        Ok(Started { group, output: output.into(), log: files.log })
    }
}
