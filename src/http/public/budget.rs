//! How many bytes of bodies the gate holds at once, and who gives way when there is no room.
//!
//! The first bytes of each request are free: they are bounded by the number of connections, and most
//! real deliveries need nothing more. Beyond them there are two pools, one for the beginnings of all
//! bodies and one for what is long, so that large bodies cannot shut out small ones. When a pool is
//! empty, the sender who has been slowest gives way to the newcomer: who holds bytes and sends no
//! more of them shuts nobody out.
//!
//! What a body holds it holds for as long as its bytes are anywhere in memory.

mod pools;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, futures::Notified};

use self::pools::{FREE, Granted, HolderId, Pools};
use crate::http::peer::PeerKey;

/// Both pools have at least this many bytes.
const LEAST: usize = 64 << 20;
/// How long a newcomer waits for those that give way; they do so at once, unless the gate is busy.
const ROOM_PATIENCE: Duration = Duration::from_secs(1);

/// Memory for bodies, shared by all connections.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pools: Mutex<Pools>,
    /// Something came back.
    returned: Notify,
}

/// Percent-encoding makes a form up to three times as long as its JSON.
pub(super) const fn form_limit(body_limit: usize) -> usize {
    body_limit.saturating_mul(3)
}

/// Two of the largest bodies.
const fn large_for(limit: usize) -> usize {
    let two = form_limit(limit).saturating_mul(2);
    if two > LEAST { two } else { LEAST }
}

impl Budget {
    /// A budget for bodies up to `limit`: two of the largest, and [`LEAST`] for the beginnings of all.
    pub fn for_bodies(limit: usize) -> Self {
        Self::new(LEAST, large_for(limit))
    }

    /// Changes its size; what is held beyond it comes back by and by.
    pub(in crate::http) fn resize_for(&self, limit: usize) {
        self.pools().resize(LEAST, large_for(limit));
        self.0.returned.notify_waiters();
    }

    /// A budget of `small` bytes for the beginnings of all bodies and `large` for what is beyond.
    fn new(small: usize, large: usize) -> Self {
        Self(Arc::new(Shared { pools: Mutex::new(Pools::new(small, large)), returned: Notify::new() }))
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        // Counters are consistent after each call, so a panic elsewhere spoils nothing.
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one request holds so far: nothing.
    pub(super) fn open(&self, client: Option<PeerKey>) -> BudgetPermit {
        BudgetPermit { budget: self.clone(), client, held: None }
    }
}

/// No room for more of this body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom;

/// What one request holds; given back on drop.
#[derive(Debug)]
pub(super) struct BudgetPermit {
    budget: Budget,
    client: Option<PeerKey>,
    held: Option<HolderId>,
}

impl BudgetPermit {
    /// Grows to `bytes`, waiting a moment for others to give way.
    pub(super) async fn grow_to(&mut self, bytes: usize) -> Result<(), NoRoom> {
        if bytes <= FREE {
            return Ok(());
        }
        let mut until = None;
        loop {
            // Before the look, so that what comes back in between is not missed.
            let shared = Arc::clone(&self.budget.0);
            let mut returned = std::pin::pin!(shared.returned.notified());
            Notified::enable(returned.as_mut());
            match self.try_grow(bytes, Instant::now()) {
                Granted::Yes => return Ok(()),
                Granted::No => return Err(NoRoom),
                Granted::Soon => {}
            }
            let until = *until.get_or_insert_with(|| tokio::time::Instant::now() + ROOM_PATIENCE);
            if tokio::time::timeout_at(until, returned).await.is_err() {
                return Err(NoRoom);
            }
        }
    }

    fn try_grow(&mut self, bytes: usize, now: Instant) -> Granted {
        let mut pools = self.budget.pools();
        let id = *self.held.get_or_insert_with(|| pools.join(self.client, now));
        pools.grow(id, bytes, now)
    }

    /// Ready when this one has to give way.
    pub(super) fn poll_gives_way(&self, task: &mut Context<'_>) -> Poll<()> {
        match self.held {
            Some(id) => self.budget.pools().poll_gives_way(id, task),
            None => Poll::Pending,
        }
    }

    /// All of the body is there: it waits for nobody any more, and so gives way to nobody.
    pub(super) fn complete(&mut self) {
        if let Some(id) = self.held {
            self.budget.pools().complete(id);
        }
    }

    /// Whether it holds anything that has to be given back.
    pub(super) fn holds(&self) -> bool {
        self.held.is_some()
    }
}

impl Drop for BudgetPermit {
    fn drop(&mut self) {
        if let Some(id) = self.held {
            self.budget.pools().leave(id);
            self.budget.0.returned.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[tokio::test]
    async fn a_newcomer_gets_the_room_of_the_one_that_gives_way() {
        let budget = Budget::new(4 * MIB, 4 * MIB);
        let mut stalled = budget.open(None);
        stalled.grow_to(4 * MIB).await.unwrap();
        budget.pools().age(Duration::from_millis(500));
        let mut newcomer = budget.open(None);
        let leaves = async {
            std::future::poll_fn(|task| stalled.poll_gives_way(task)).await;
            drop(stalled);
        };
        let (grown, ()) = tokio::join!(newcomer.grow_to(MIB), leaves);
        assert_eq!(grown, Ok(()));
    }

    #[tokio::test]
    async fn a_budget_that_shrinks_waits_for_what_is_held_and_one_that_grows_has_room_at_once() {
        let budget = Budget::new(4 * MIB, 4 * MIB);
        let mut held = budget.open(None);
        held.grow_to(4 * MIB).await.unwrap();
        held.complete();
        budget.pools().resize(4 * MIB, 2 * MIB);
        assert_eq!(budget.open(None).grow_to(MIB).await, Err(NoRoom));
        budget.pools().resize(4 * MIB, 8 * MIB);
        let mut next = budget.open(None);
        assert_eq!(next.grow_to(2 * MIB).await, Ok(()));
        drop((held, next));
        budget.pools().resize(4 * MIB, 2 * MIB);
        let mut small = budget.open(None);
        assert_eq!((small.grow_to(MIB).await, small.grow_to(4 * MIB).await), (Ok(()), Err(NoRoom)));
    }

    #[tokio::test]
    async fn a_newcomer_is_refused_when_everybody_is_at_work() {
        let budget = Budget::new(4 * MIB, 4 * MIB);
        let mut complete = budget.open(None);
        complete.grow_to(4 * MIB).await.unwrap();
        complete.complete();
        budget.pools().age(Duration::from_secs(10));
        assert_eq!(budget.open(None).grow_to(MIB).await, Err(NoRoom));
        assert_eq!(budget.open(None).grow_to(60 * 1024).await, Ok(()), "small ones have a pool of their own");
        drop(complete);
        assert_eq!(budget.open(None).grow_to(MIB).await, Ok(()));
    }
}
