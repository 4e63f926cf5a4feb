//! One supervised actor per agent: its filters, its backlog, its retries, its runs.

mod spec;

pub use spec::{AgentSpec, RetryPolicy};
