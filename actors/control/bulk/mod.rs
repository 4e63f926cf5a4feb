//! One thing done to all that match, as a task in the background.
//!
//! - [`BulkTask`]: what is done to which, and how far it is.
//! - [`BulkActor`]: keeps the tasks, does a few of them at a time, and no faster than each asks for.
//!
//! A task goes from the newest to the oldest of what was there when it began, so that what it makes
//! itself is never met. One that was under way when the gate ended is shown as interrupted; what it
//! did stays done.

mod actor;
mod task;
mod work;

pub use actor::{BulkActor, Bulks};
pub use task::{BulkFilter, BulkKind, BulkState, BulkTask, NewBulk};
pub use work::count_for;
