//! Reading a body that may be too large, too slow, or never end.

use std::time::Duration;

use actix_web::web::{Bytes, Payload};
use futures_core::Stream;
use std::{future::poll_fn, pin::Pin};

use super::budget::{Budget, BudgetPermit};

/// A body that comes in pieces grows by this much at a time.
const STEP: usize = 256 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// Longer than the limit.
    TooLarge,
    /// Not complete in time.
    TooSlow,
    /// The gate holds too many unverified bytes already.
    NoRoom,
    /// Broken framing, or the sender hung up.
    Broken,
}

/// A complete body; its bytes count as unverified until `holding` is dropped.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) permit: BudgetPermit,
}

/// Reads at most `limit` bytes within `patience`.
pub(super) async fn read(
    payload: Payload,
    announced: Option<usize>,
    limit: usize,
    patience: Duration,
    budget: &Budget,
) -> Result<Body, BodyError> {
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(patience, collect(payload, limit, budget)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload, limit: usize, budget: &Budget) -> Result<Body, BodyError> {
    let mut permit = budget.open();
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(chunk) = poll_fn(|task| Pin::new(&mut payload).poll_next(task)).await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        let length = first.len() + whole.len() + chunk.len();
        if length > limit {
            return Err(BodyError::TooLarge);
        }
        if !permit.grow_to(length) {
            return Err(BodyError::NoRoom);
        }
        // A body in one piece is never copied.
        if first.is_empty() && whole.is_empty() {
            first = chunk;
            continue;
        }
        if whole.capacity() < length {
            // Not doubled: what is held is what the budget knows. Large blocks grow in place.
            whole.reserve_exact(length.next_multiple_of(STEP) - whole.len());
        }
        whole.extend_from_slice(&std::mem::take(&mut first));
        whole.extend_from_slice(&chunk);
    }
    let bytes = if whole.is_empty() { first } else { Bytes::from(whole) };
    Ok(Body { bytes, permit })
}
