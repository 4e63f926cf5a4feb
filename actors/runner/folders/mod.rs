//! What a run leaves on disk.
//!
//! ```text
//! <data>/runs/<run id>/       0700
//!     prompt.md               0600, also the command's standard input
//!     instructions.md         0400, where there are any; one file for all runs that have the same
//!     context.json            0600, where a delivery caused the run
//!     payload.json            0400, where a delivery caused the run; one file for all of its runs
//!     output.log              0600, once there is output
//!     work/                   0700, where the agent names no folder of its own; see `KeepWork`
//! <data>/runs-common/         0700
//!     gate                    0600, names this data folder, whichever gate lives on it
//!     shared/                 what runs share
//!     trash/                  what is being deleted
//! ```
//! A file without content is not written. Names are made from a [`RunId`] and nothing else, so no
//! text from outside can point elsewhere.

mod create;
mod gate;
mod run_folders;
mod shared;
mod trash;

pub use run_folders::RunFolders;
pub(super) use {create::create_file, run_folders::RunFiles};
