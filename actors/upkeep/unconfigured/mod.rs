//! Tells of jobs that wait for an agent that is not there: removed, renamed or disabled.

mod actor;

pub use actor::{AgentsChanged, UnconfiguredActor, UnconfiguredDeps};
