//! Finds what was forgotten: runs whose process is lost, and wake-ups that were.

mod actor;

pub use actor::{RescueActor, RescueDeps};
