//! The runner of processes.

use std::{io, sync::Arc};

use super::{
    drive::{Shared, drive},
    environment::Inherited,
    files::FileThreads,
    spawner::{Spawner, Worker},
};
use crate::{
    runner::{
        Reaper, ReaperCommand, RunFolders, RunHandle, RunRequest, Runner, StopHandle,
        launch::check_system,
        orphans::{Orphans, kill_everywhere},
    },
    telemetry::{Event, emit},
};

/// What a runner of processes needs to know of its gate.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// How to start the reaper of runs.
    pub reaper: ReaperCommand,
    /// How many files a run may open without asking for more: what the gate itself was started with,
    /// before it raised its own limit. The gate's limit where absent.
    pub open_files: Option<u64>,
}

/// Drives runs as processes of this machine. Clones share its threads, which end when the last
/// clone and the last run are gone.
#[derive(Debug, Clone)]
pub struct ProcessRunner {
    shared: Arc<Shared>,
    reaper: Reaper,
}

impl ProcessRunner {
    /// A runner whose runs live in `folders` and die with this process.
    ///
    /// Ends whatever an earlier life on these folders left running: nobody else may run on them, so
    /// call this with the lock of the data folder held, and before runs are claimed. Takes `PATH`,
    /// `HOME`, `LANG` and `TZ` from the gate's environment as they are now, takes some low descriptors,
    /// so call it before there are connections, and on Linux makes this process the parent of what its
    /// runs orphan. Fails where this system cannot drive runs at all.
    pub fn new(folders: RunFolders, options: ProcessOptions) -> io::Result<Self> {
        check_system()?;
        let gate = folders.gate_id()?;
        let left = kill_everywhere(|mark| mark.gate == gate);
        if left > 0 {
            let detail = format!("ended {left} processes that an earlier life of this gate left running");
            emit(Event::Warned { about: "run processes", detail });
        }
        let reaper = Reaper::start(options.reaper, gate)?;
        folders.start_janitor()?;
        let worker = Worker {
            folders: folders.clone(),
            reaper: reaper.clone(),
            orphans: Orphans::start(gate)?,
            inherited: Inherited::from_gate(gate),
            open_files: options.open_files,
        };
        let spawner = Spawner::start(worker)?;
        let files = Arc::new(FileThreads::start()?);
        Ok(Self { shared: Arc::new(Shared { spawner, files, folders }), reaper })
    }

    /// The process id of the reaper that lives now.
    pub fn reaper_pid(&self) -> i32 {
        self.reaper.pid()
    }
}

impl Runner for ProcessRunner {
    /// The future must be polled within a tokio runtime that has I/O and time.
    fn start(&self, request: RunRequest) -> RunHandle {
        let (stop, signal) = StopHandle::new();
        let run = request.run;
        RunHandle { run, stop, ended: Box::pin(drive(Arc::clone(&self.shared), request, signal)) }
    }
}
