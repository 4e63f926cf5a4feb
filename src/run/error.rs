//! Why a gate does not come up.

use std::{io, path::PathBuf};

use herdgate_actors::{
    control::ControlError,
    store::{OpenError, StoreError},
};
use tokio_cron_scheduler::JobSchedulerError;

use super::rlimits::TooFewFiles;

/// Why the gate did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder or the API key.
    #[error("cannot prepare {}: {error}", path.display())]
    Files {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// The store.
    #[error("cannot open the store: {0}")]
    Open(#[from] OpenError),
    /// The store cannot write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runner.
    #[error("cannot drive runs: {0}")]
    Runner(io::Error),
    /// The doors.
    #[error(transparent)]
    Listen(io::Error),
    /// The limits of the system.
    #[error(transparent)]
    Limits(#[from] TooFewFiles),
    /// The timer of the pruning.
    #[error("cannot start the timer of the pruning: {0}")]
    PruneTimer(#[from] JobSchedulerError),
    /// The first configuration could not be put in force.
    #[error("cannot start the agents: {0}")]
    Control(ControlError),
}
