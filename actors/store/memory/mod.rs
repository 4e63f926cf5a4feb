//! A store that forgets: the same contract, in the simplest words.
//!
//! Tests of actors use it, and the conformance suite holds the SQLite engine against it. One lock
//! around plain collections; every answer is ready when the call returns.

mod engine;
mod jobs;
mod operators;
mod prune;
mod receipts;
mod revisions;
mod runs;
mod state;
mod summaries;
mod views;

pub use engine::MemoryEngine;
