//! The durable record of receipts, jobs and attempts.
//!
//! [`Engine`] is the contract; one conformance suite runs over every engine. Nothing above it
//! knows which engine it is on.
//!
//! - [`SqliteEngine`]: one file that an operator can open with `sqlite3`; group commits.
//! - [`SqliteReader`]: the same file, read by another process.
//! - [`MemoryEngine`]: for tests; forgets all when it is dropped.

#[cfg(test)]
mod conformance;
mod engine;
mod keys;
mod memory;
mod records;
mod sqlite;
mod transitions;
mod views;

pub use engine::{Engine, Pending, Reads, StoreError};
pub use memory::MemoryEngine;
pub use records::{
    AttemptOutcome, Claim, Claimed, ClaimedJob, Disposition, Finish, Fire, Fired, History, JobState,
    JobTrigger, NewJob, Pruned, Reason, Rescue, Rescued, Retried, ScheduleCursor,
};
pub use sqlite::{CommitMeter, OpenError, SqliteEngine, SqliteOptions, SqliteReader};
pub use views::{
    AttemptRow, Backlog, JobDetail, JobQuery, JobRow, Page, ReceiptQuery, ReceiptRow, ReceiptState, RunQuery,
    RunRow, StoredReceipt,
};
