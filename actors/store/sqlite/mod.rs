//! The store in one SQLite file.
//!
//! - `open`: the file, its lock and its settings.
//! - `schema`: tables and migrations.
//! - `prepare`: what is done to a delivery before the writer's turn.
//! - `queue`: the bounded way to the thread that writes.
//! - `state`: whether that thread can write, as all its ends know it.
//! - `commit`: that thread; it writes in groups.
//! - `failure`: how far a failure reaches.
//! - `checkpoint`: moves the log away beside it.
//! - `dedupe_keys`, `receipts`, `jobs`, `runs`, `routing`, `revisions`, `prune`: what is written, one function for each change.
//! - `key_merge`: files dedupe keys where they belong.
//! - `lookups`: what the rules ask.
//! - `views`: what is asked.
//! - `reader`: the threads that ask.
//! - `backup`: a copy of a store in use.
//! - `values`: between Rust's values and the columns.

mod backup;
mod checkpoint;
mod commit;
mod dedupe_keys;
mod engine;
mod failure;
mod groups;
mod jobs;
mod key_merge;
mod lookups;
mod open;
mod operators;
mod prepare;
mod prune;
mod queue;
mod reader;
mod receipts;
mod revisions;
mod routing;
mod runs;
mod schema;
mod state;
mod values;
mod views;

pub use backup::{BackupError, backup};
pub use commit::CommitMeter;
pub use engine::{SqliteEngine, SqliteOptions};
pub use open::OpenError;
pub use reader::SqliteReader;

#[cfg(test)]
mod tests;
