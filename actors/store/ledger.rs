//! Receipts: recorded as one batch with their jobs, and routed again where routing was incomplete.

use std::time::Duration;

use bytes::Bytes;

use super::{Pending, QuarantineReason, ReceiptState};
use crate::domain::{Delivery, ReceiptId, ReceiptSink, Timestamp};

/// The record of deliveries.
///
/// # Contract
/// [`ReceiptSink::record`] writes a receipt, its dedupe keys and its jobs as one batch:
/// - The first receipt with a (source, key) owns that key for the key's window; a later one is a
///   duplicate of it. Replays and reroutes are never duplicates.
/// - A match creates a job unless the agent has one for the same delivery to that source, whatever
///   receipt made that, as long as the key lives. A replay is a delivery of its own, so it always
///   creates.
/// - `parsed: None` keeps the receipt as unrouted; `missing > 0` as gapped. Both are listed by
///   [`Ledger::unrouted`]; a [`Reroute`](crate::domain::Origin::Reroute) of the same id fills them in.
pub trait Ledger: ReceiptSink {
    /// Receipts that still need routing, oldest first, read row by row within the bounds of the
    /// query. A row that cannot be read is reported as such, and stops nobody.
    fn unrouted(&self, query: UnroutedQuery) -> Pending<Vec<Unrouted>>;

    /// Counts a routing: called when a parser took the receipt, not when it was listed. Says how
    /// often it was routed by now.
    fn routing_taken(&self, receipt: ReceiptId) -> Pending<u32>;

    /// Gives a receipt up, visibly: it is not routed any more. `false` where it needs no routing.
    fn quarantine(&self, receipt: ReceiptId, reason: QuarantineReason) -> Pending<bool>;

    /// A delivery as it came: its headers and body, at the same cost whatever came of it.
    fn delivery(&self, receipt: ReceiptId) -> Pending<Option<Delivery>>;

    /// From now on the keys of deliveries whose source says nothing else are remembered for so long.
    fn remember_for(&self, window: Duration);

    /// The body alone; that of its original for a duplicate that has none of its own.
    fn body(&self, receipt: ReceiptId) -> Pending<Option<Bytes>>;
}

/// Which receipts are to be routed now.
#[derive(Debug, Clone, Copy)]
pub struct UnroutedQuery {
    /// Those stored before this time; younger ones are probably on their way.
    pub before: Timestamp,
    /// At most this many.
    pub max_rows: u32,
    /// At most about so many bytes of bodies, and always one receipt.
    pub max_bytes: usize,
}

impl UnroutedQuery {
    /// Bodies in memory during one round.
    pub const MAX_BYTES: usize = 32 << 20;
}

/// A receipt that needs routing.
#[derive(Debug, Clone, PartialEq)]
pub enum Unrouted {
    /// Can be routed.
    Receipt {
        /// Which.
        id: ReceiptId,
        /// What came.
        delivery: Delivery,
        /// `Unrouted` or `Gapped`.
        state: ReceiptState,
        /// How often a parser took it before.
        routings: u32,
    },
    /// Its row cannot be read: it is to be quarantined.
    Unreadable {
        /// Which.
        id: ReceiptId,
        /// What is wrong.
        problem: String,
    },
}

impl Unrouted {
    /// Which receipt.
    pub const fn id(&self) -> ReceiptId {
        match self {
            Self::Receipt { id, .. } | Self::Unreadable { id, .. } => *id,
        }
    }
}
