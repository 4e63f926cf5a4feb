//! Keeps the house in order, behind the flow's back. Each actor has one task and a timer of its own
//! on the monotonic clock; none of them holds anything that the store does not know.
//!
//! - [`RescueActor`]: runs whose process is lost, and wake-ups that were.
//! - [`RerouteActor`]: deliveries that were answered before everybody had been asked.
//! - [`PruneActor`]: history that is older than it needs to be kept.
//! - [`UnconfiguredActor`]: jobs that wait for an agent that is not there.

mod progress;
mod prune;
mod reroute;
mod rescue;
mod trust;
mod unconfigured;

pub use progress::Progress;
pub use prune::{PruneActor, PruneDeps, PruneNow};
pub use reroute::{RerouteActor, RerouteDeps, ToParser};
pub use rescue::{RescueActor, RescueDeps};
pub use unconfigured::{AgentsChanged, UnconfiguredActor, UnconfiguredDeps};
