//! The runner's contract, held against real processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod death;
mod ends;
mod environment;
mod output;
mod roles;
mod support;
