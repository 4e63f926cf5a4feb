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
mod matching;
pub mod prompt;
mod retry;

pub use actor::AgentActor;
pub use driver::{AgentDeps, Driver, LEASE};
pub use filter::{evaluate, matches};
pub use herd::Herd;
pub use matching::{MatchResult, match_triggers};
pub use retry::MAX_INTERRUPTIONS;
