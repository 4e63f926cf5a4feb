//! Reading a body that may be too large, too slow, or never end.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::web::{Bytes, Payload};
use futures_core::Stream;
use tokio::time::{Instant, Sleep};

use super::budget::{Budget, BudgetPermit};
use crate::http::peer::PeerKey;

/// A body that comes in pieces grows by this much at a time.
const STEP: usize = 256 * 1024;
/// A sender is given up after this long without a byte: providers send at the speed of the line.
const SILENCE: Duration = Duration::from_secs(5);
/// Bytes per second below which a body is not worth waiting for, after [`SILENCE`] to begin with.
const LEAST_RATE: u32 = 16 * 1024;

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

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    /// The most bytes it may have.
    pub(super) bytes: usize,
    /// The longest it may take, however fast it comes.
    pub(super) patience: Duration,
    /// Whose share of the budget it takes.
    pub(super) client: Option<PeerKey>,
}

/// Reads a body. Its bytes count in the budget for as long as they are in memory.
pub(super) async fn read(
    payload: Payload,
    announced: Option<usize>,
    limits: BodyLimits,
    budget: &Budget,
) -> Result<Bytes, BodyError> {
    if announced.is_some_and(|length| length > limits.bytes) {
        return Err(BodyError::TooLarge);
    }
    Reading::new(payload, limits, budget).collect().await
}

struct Reading {
    payload: Payload,
    limits: BodyLimits,
    permit: BudgetPermit,
    pace: Option<Pace>,
    first: Bytes,
    whole: Vec<u8>,
}

/// How long the next bytes may take; begins when they are first waited for.
struct Pace {
    begun: Instant,
    sleep: Pin<Box<Sleep>>,
    /// Bytes that were there when `sleep` was set.
    seen: Option<usize>,
}

impl Reading {
    fn new(payload: Payload, limits: BodyLimits, budget: &Budget) -> Self {
        let permit = budget.open(limits.client);
        Self { payload, limits, permit, pace: None, first: Bytes::new(), whole: Vec::new() }
    }

    async fn collect(mut self) -> Result<Bytes, BodyError> {
        while let Some(chunk) = poll_fn(|task| self.poll_chunk(task)).await? {
            let length = self.length() + chunk.len();
            if length > self.limits.bytes {
                return Err(BodyError::TooLarge);
            }
            self.permit.grow_to(length).await.map_err(|_| BodyError::NoRoom)?;
            self.append(chunk, length);
        }
        self.permit.complete();
        let bytes = if self.whole.is_empty() { self.first } else { Bytes::from(self.whole) };
        Ok(if self.permit.holds() {
            Bytes::from_owner(Counted { bytes, _permit: self.permit })
        } else {
            bytes
        })
    }

    fn length(&self) -> usize {
        self.first.len() + self.whole.len()
    }

    fn append(&mut self, chunk: Bytes, length: usize) {
        // A body in one piece is never copied.
        if self.length() == 0 {
            self.first = chunk;
            return;
        }
        if self.whole.capacity() < length {
            // Not doubled: what is held is what the budget knows. Large blocks grow in place.
            self.whole.reserve_exact(length.next_multiple_of(STEP) - self.whole.len());
        }
        self.whole.extend_from_slice(&std::mem::take(&mut self.first));
        self.whole.extend_from_slice(&chunk);
    }

    fn poll_chunk(&mut self, task: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BodyError>> {
        if self.permit.poll_gives_way(task).is_ready() {
            return Poll::Ready(Err(BodyError::TooSlow));
        }
        match Pin::new(&mut self.payload).poll_next(task) {
            Poll::Ready(Some(chunk)) => Poll::Ready(chunk.map(Some).map_err(|_| BodyError::Broken)),
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Pending => self.poll_pace(task).map(|()| Err(BodyError::TooSlow)),
        }
    }

    /// Ready when the next bytes took too long.
    fn poll_pace(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let length = self.length();
        let pace = self.pace.get_or_insert_with(|| {
            let begun = Instant::now();
            Pace { begun, sleep: Box::pin(tokio::time::sleep_until(begun)), seen: None }
        });
        if pace.seen != Some(length) {
            pace.seen = Some(length);
            let until = deadline(pace.begun, Instant::now(), length, self.limits.patience);
            pace.sleep.as_mut().reset(until);
        }
        pace.sleep.as_mut().poll(task)
    }
}

/// When a body that is waited for since `begun`, and has `length` bytes `now`, must have more.
fn deadline(begun: Instant, now: Instant, length: usize, patience: Duration) -> Instant {
    let earned = Duration::from_secs(length as u64) / LEAST_RATE;
    (now + SILENCE).min(begun + SILENCE + earned).min(begun + patience)
}

/// Bytes, and what they hold of the budget.
struct Counted {
    bytes: Bytes,
    _permit: BudgetPermit,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_must_keep_coming_and_come_fast_enough() {
        let begun = Instant::now();
        let after = |seconds: u64| begun + Duration::from_secs(seconds);
        let patience = Duration::from_secs(30);
        let until = |now: u64, length: usize| deadline(begun, after(now), length, patience);
        assert_eq!(until(0, 0), after(5), "five seconds without a byte");
        assert_eq!(until(3, 0), after(5), "nothing earns no time");
        assert_eq!(until(3, 64 * 1024), after(8), "five more seconds after a fair start");
        assert_eq!(until(29, 4 << 20), after(30), "and never more than the patience");
    }
}
