//! What makes two jobs of one agent the same job.
//!
//! A delivery's jobs are named after the receipt that owns its dedupe mark, not after its own key:
//! ids grow with time, so that a million jobs are filed in order instead of all over an index,
//! which costs a store a third of its speed. A mark that expires has a new owner, and with it the
//! delivery may make its jobs again.

use crate::domain::{ReceiptId, SourceName};

/// After which receipt the jobs of a delivery are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The receipt took every mark of its delivery.
    ThisReceipt,
    /// The one that has the mark; this one where the mark is gone.
    OfMark(ReceiptId),
    /// A replay is a delivery of its own.
    Replay,
}

/// The key of a job that `receipt` makes for a trigger on `source`; `marked` looks up who has the
/// mark of the delivery there.
pub(super) fn job<E>(
    receipt: ReceiptId,
    source: &SourceName,
    owner: Owner,
    marked: impl FnOnce() -> Result<Option<ReceiptId>, E>,
) -> Result<String, E> {
    Ok(match owner {
        Owner::ThisReceipt => format!("{source}/{receipt}"),
        Owner::OfMark(otherwise) => format!("{source}/{}", marked()?.unwrap_or(otherwise)),
        Owner::Replay => format!("replay:{receipt}"),
    })
}
