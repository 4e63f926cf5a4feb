//! Turns a delivery into an event, and offers it to the agents that may want it.
//!
//! - [`ParserActor`]: reads, and offers; one per provider and HTTP worker.
//! - [`Parsers`]: the way to all of them.

mod actor;
mod parsers;

pub use actor::ParserActor;
pub use parsers::{Parsers, StartParser, WorkerParsers};
