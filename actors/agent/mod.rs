//! One supervised actor per agent: its filters, its backlog, its retries, its runs.
//!
//! - `filter`, [`triage`], [`prompt`], `retry`: decisions, pure.
//! - [`Driver`]: claims by demand, and starts attempts.
//! - [`AgentActor`]: judges offers, and wakes the driver.
//! - [`Herd`]: what all agents share.

mod actor;
mod attempt;
mod driver;
mod filter;
mod glob;
mod herd;
pub mod prompt;
mod retry;
mod spec;
mod triage;

pub use actor::AgentActor;
pub use driver::{Bench, Driver};
pub use filter::{judge, matches};
pub use herd::Herd;
pub use retry::MAX_INTERRUPTIONS;
pub use spec::{AgentSpec, RetryPolicy};
pub use triage::{Triage, triage};
