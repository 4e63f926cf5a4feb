//! What operators see, made of the store and the running gate, in the words of the API.
//!
//! The API answers with what is read here, and the dashboard shows it. Nothing here knows of HTTP, and
//! nothing changes anything. Each read asks a bounded number of questions, whatever there is to see.

mod agents;
mod audit;
mod bulk;
mod configurations;
mod dead_letters;
mod deliveries;
mod jobs;
mod lists;
mod log;
mod nodes;
mod problems;
mod runs;
mod schedule;
mod sources;

use std::sync::Arc;

use herdgate_actors::{
    control::{Bulks, Control},
    domain::{Clock, Timestamp},
    runner::RunFolders,
    runtime::Supervision,
    store::Store,
    upkeep::Progress,
};
use tokio::sync::watch;

pub use bulk::bulk_of;
pub use log::LogPart;

use crate::run::{Health, Reload};

/// Where everything is read; clones read the same gate.
#[derive(Clone)]
pub struct Reads {
    /// What the gate has written down.
    pub store: Arc<dyn Store>,
    /// What runs, and what is configured.
    pub control: Control,
    /// Bulk actions.
    pub bulks: Bulks,
    /// What runs have left on disk.
    pub folders: RunFolders,
    /// Whether deliveries are taken.
    pub health: Health,
    /// Who carries the gate.
    pub supervision: Supervision,
    /// What the actors of the upkeep do, by their kind.
    pub progress: Arc<[(&'static str, watch::Receiver<Progress>)]>,
    /// When it was started.
    pub started_at: Timestamp,
    /// What is configured.
    pub reload: Reload,
    /// The time.
    pub clock: Clock,
}
