//! The one hand that changes a running gate.
//!
//! Whoever wants something changed asks the [`ControlActor`], one after the other: a new
//! configuration, another scale, a pause. It starts and ends agents, swaps the
//! [`Topology`](crate::domain::Topology), and knows the ways to every agent. What only moves jobs
//! needs no hand on the gate and is done by [`Control`] itself.

mod actor;
mod agents;
mod bulk;
mod configuration;
mod error;
mod hand;
mod handle;
mod jobs;
mod request;

#[cfg(test)]
mod tests;

pub use actor::ControlActor;
pub use agents::Agents;
pub use bulk::{BulkActor, BulkFilter, BulkKind, BulkState, BulkTask, Bulks, NewBulk, count_for};
pub use configuration::{Applied, Configuration};
pub use error::ControlError;
pub use hand::ControlDeps;
pub use handle::{Control, Triggered};
