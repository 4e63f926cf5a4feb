//! Deletes history that is older than it needs to be kept.

mod actor;

pub use actor::{PruneActor, PruneDeps, PruneNow};
