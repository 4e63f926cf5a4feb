//! How each agent fared in the last hour and the last day: the store knows jobs and runs, but not how
//! full things were.
//!
//! - `ring`: what is kept of one agent. `actor`: who takes samples.

mod actor;
mod ring;

pub use actor::History;
pub(super) use actor::start;
pub use ring::{Past, Sample};
