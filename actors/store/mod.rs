//! The durable record of receipts, jobs and attempts.
//!
//! [`Engine`] is the contract; one conformance suite runs over every engine. Nothing above it
//! knows which engine it is on.

mod engine;
mod records;

pub use engine::{Engine, Pending, StoreError};
pub use records::{
    AttemptOutcome, AttemptRow, Backlog, Cause, Claim, Claimed, ClaimedJob, Disposition, Finish, Fire, Fired,
    History, JobDetail, JobQuery, JobRow, JobState, Mark, NewJob, Page, Pruned, Reason, ReceiptQuery,
    ReceiptRow, ReceiptState, Rescue, Rescued, Revived, RunQuery, RunRow, StoredReceipt,
};
