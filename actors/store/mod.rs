//! The durable record of receipts, jobs and attempts.
//!
//! A store is six small contracts. One conformance suite runs over every engine; nothing above
//! knows which engine it is on.
//!
//! - [`Ledger`]: receipts, recorded as one batch with their jobs.
//! - [`Queue`]: jobs, made, claimed, ended, moved.
//! - [`Cursors`]: how far schedules have come.
//! - [`Revisions`]: the configurations that the gate has had.
//! - [`Operators`]: what operators asked for, and what they did.
//! - [`Views`]: what is looked at; also by another process, with [`SqliteReader`].
//! - [`Upkeep`]: lost runs, old history, and whether the store still works.
//!
//! Each call is atomic, and durable when it answers.
//!
//! Engines:
//! - [`SqliteEngine`]: one file that an operator can open with `sqlite3`; group commits.
//! - `MemoryEngine`: for tests, behind the feature `testing`; forgets all when it is dropped.

#[cfg(test)]
mod conformance;
mod cursors;
mod error;
mod ledger;
#[cfg(any(test, feature = "testing"))]
mod memory;
mod operators;
mod quarantine;
mod queue;
mod revisions;
mod rows;
mod rules;
mod span;
mod sqlite;
mod upkeep;
mod views;

pub use cursors::{Cursors, Fire, Fired, ScheduleCursor};
pub use error::{Pending, StoreError, StoreState};
pub use ledger::{Ledger, Unrouted, UnroutedQuery};
#[cfg(any(test, feature = "testing"))]
pub use memory::MemoryEngine;
pub use operators::{AgentOverride, BULKS_KEPT, BulkRow, ChangeQuery, ChangeRow, Operators};
pub use quarantine::QuarantineReason;
pub use queue::{
    Bulk, BulkAction, BulkDone, Cancelled, Claim, Claimed, ClaimedDelivery, ClaimedJob, Finish, Finished,
    Inserted, Queue, Retried,
};
pub use revisions::{LastRevision, NewRevision, RevisionQuery, RevisionRow, Revisions};
pub use rows::{
    AttemptRow, Backlog, DeadLetters, DeliveryOutcome, JobDetail, JobRow, OutcomeCount, ReceiptRow,
    ReceiptState, RunRow, StoredReceipt,
};
pub use span::Span;
pub use sqlite::{BackupError, CommitMeter, OpenError, SqliteEngine, SqliteOptions, SqliteReader, backup};
pub use upkeep::{ClockBack, Prune, Pruned, Rescue, RescueScope, Rescued, Upkeep};
pub use views::{CountOf, Found, InvalidCursor, JobQuery, Page, ReceiptQuery, RunCursor, RunQuery, Views};

pub use crate::domain::{AttemptOutcome, Disposition, History, JobState, JobTrigger, NewJob, Reason};

/// A durable store.
pub trait Store: Ledger + Queue + Cursors + Revisions + Operators + Views + Upkeep {}

impl<T: Ledger + Queue + Cursors + Revisions + Operators + Views + Upkeep> Store for T {}
