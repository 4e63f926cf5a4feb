//! One supervised actor per agent: its filters, its backlog, its retries, its runs.
//!
//! - `filter`, [`match_triggers`], [`prompt`], `retry`: decisions, pure.
//! - [`machine`]: which runs there are, on which places, and what comes next; pure.
//! - [`AgentActor`]: judges what it is asked, feeds the machine, and does what that says.
//! - `run_task` and `recorder`: one run from its job to its end, and the end written down.
//! - [`RunLimiter`]: the places that all agents share.

mod actor;
mod command;
mod deps;
mod filter;
mod glob;
mod limiter;
pub mod machine;
mod matching;
pub mod prompt;
mod recorder;
mod retry;
mod run_task;

pub use actor::{AgentActor, proxy};
pub use command::{AgentCommand, AgentHandle};
pub use deps::{AgentDeps, LEASE};
pub use filter::{evaluate, matches};
pub use limiter::RunLimiter;
pub use machine::{AgentState, Mode};
pub use matching::{MatchResult, match_triggers};
pub use retry::MAX_INTERRUPTIONS;
