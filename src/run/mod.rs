//! The running gate: started, addressed, limited, taken down in order.

pub mod addresses;
mod background;
mod configuration_state;
mod disk_watch;
mod error;
pub mod health;
mod history;
mod live;
mod readiness;
mod reload;
pub mod rlimits;
mod service_manager;
mod sockets;
mod start;
mod stop;
mod store_watch;
mod watch;
mod workers;

use std::{path::PathBuf, sync::Arc};

use actix::Arbiter;
use herdgate_actors::{control::Control, runner::RunFolders, store::Store};

use background::Background;
pub use configuration_state::{ConfigurationState, Refused};
pub use error::StartError;
pub use health::Health;
pub use history::{History, Past, Sample};
pub use readiness::readiness;
pub use reload::{Reload, ReloadError, Reloaded};
pub use sockets::Sockets;
pub use start::Deps;

use crate::http::Servers;

/// The store, in the data folder.
pub const DATABASE: &str = "herdgate.db";
/// The files of runs, in the data folder.
pub const RUNS: &str = "runs";

/// A gate that is up.
pub struct Gate {
    /// Whether it takes deliveries.
    pub health: Health,
    /// Where it listens.
    pub servers: Servers,
    /// What it has written down.
    pub store: Arc<dyn Store>,
    /// What runs left on disk.
    pub folders: RunFolders,
    /// What can be asked of it.
    pub control: Control,
    /// Puts its files in force again.
    pub reload: Reload,
    data_dir: PathBuf,
    background: Background,
    arbiters: Vec<Arbiter>,
}
