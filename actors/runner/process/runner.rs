//! The runner of processes.

use std::{io, sync::Arc};

use super::{drive::drive, environment::Inherited, spawner::Spawner};
use crate::runner::{RunFolders, RunHandle, RunRequest, Runner, StopHandle, Warden, stray};

/// Drives runs as processes of this machine. Clones share its threads, which end when the last
/// clone and the last run are gone.
#[derive(Debug, Clone)]
pub struct ProcessRunner {
    spawner: Arc<Spawner>,
}

impl ProcessRunner {
    /// A runner whose runs live in `folders` and die with the gate by `warden`.
    ///
    /// Takes `PATH`, `HOME`, `LANG` and `TZ` from the gate's environment as they are now, and on
    /// Linux makes this process the parent of what its runs orphan. Fails when threads cannot be
    /// started.
    pub fn new(folders: RunFolders, warden: Warden) -> io::Result<Self> {
        stray::adopt_orphans()?;
        let spawner = Spawner::start(folders, warden, Inherited::from_gate())?;
        Ok(Self { spawner: Arc::new(spawner) })
    }
}

impl Runner for ProcessRunner {
    /// The future must be polled within a tokio runtime that has I/O and time.
    fn start(&self, request: RunRequest) -> RunHandle {
        let (stop, signal) = StopHandle::new();
        let run = request.run;
        RunHandle { run, stop, ended: Box::pin(drive(Arc::clone(&self.spawner), request, signal)) }
    }
}
