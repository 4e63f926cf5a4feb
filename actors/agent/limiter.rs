//! The places for runs that all agents of a gate share.
//!
//! More than a semaphore, because one cannot be made smaller than what is taken of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Hands places out in the order in which they are asked for. Its size may change while it runs: a
/// smaller one lets what has a place keep it.
#[derive(Debug)]
pub struct RunLimiter {
    places: Semaphore,
    size: AtomicUsize,
    /// Places that are to vanish when they come back.
    surplus: AtomicUsize,
    waiting: AtomicUsize,
}

impl RunLimiter {
    /// A limiter with so many places.
    pub fn new(size: u32) -> Self {
        let size = size as usize;
        Self {
            places: Semaphore::new(size),
            size: AtomicUsize::new(size),
            surplus: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    /// How many places there are.
    pub fn size(&self) -> usize {
        self.size.load(Ordering::Acquire)
    }

    /// Waits for a place, in the order of asking, and takes up to `wanted` where more are free then.
    pub(super) async fn acquire(&self, wanted: u32) -> u32 {
        let waiting = Waiting::new(&self.waiting);
        // It is never closed, so the error cannot come.
        let Ok(first) = self.places.acquire().await else { return 0 };
        drop(waiting);
        first.forget();
        let mut granted = 1;
        while granted < wanted
            && let Ok(more) = self.places.try_acquire()
        {
            more.forget();
            granted += 1;
        }
        granted
    }

    /// Gives places back.
    pub(super) fn release(&self, places: u32) {
        let places = places as usize;
        let vanish = |surplus: usize| surplus.checked_sub(places.min(surplus));
        let surplus =
            self.surplus.fetch_update(Ordering::AcqRel, Ordering::Acquire, vanish).unwrap_or_default();
        self.places.add_permits(places - places.min(surplus));
    }

    /// Whether somebody waits for a place.
    pub(super) fn has_waiters(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Changes the number of places. To be called from one place at a time.
    pub fn resize(&self, size: u32) {
        let (size, before) = (size as usize, self.size.swap(size as usize, Ordering::AcqRel));
        if size >= before {
            let more = size - before;
            let settled = |surplus: usize| surplus.checked_sub(more.min(surplus));
            let surplus =
                self.surplus.fetch_update(Ordering::AcqRel, Ordering::Acquire, settled).unwrap_or_default();
            self.places.add_permits(more - more.min(surplus));
        } else {
            let fewer = before - size;
            let gone = self.places.forget_permits(fewer);
            self.surplus.fetch_add(fewer - gone, Ordering::AcqRel);
        }
    }
}

/// Counts one who waits, also where the wait is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(limiter: &RunLimiter) -> usize {
        limiter.places.available_permits()
    }

    #[tokio::test]
    async fn as_many_places_are_given_as_are_free_and_at_least_one() {
        let limiter = RunLimiter::new(3);
        assert_eq!(limiter.acquire(2).await, 2);
        assert_eq!(limiter.acquire(5).await, 1);
        let waits = tokio::time::timeout(std::time::Duration::ZERO, limiter.acquire(1));
        assert!(waits.await.is_err());
        assert!(!limiter.has_waiters(), "whoever gave up does not wait");
        limiter.release(1);
        assert_eq!(limiter.acquire(1).await, 1);
    }

    #[tokio::test]
    async fn a_smaller_limiter_takes_its_places_back_as_they_come() {
        let limiter = RunLimiter::new(4);
        assert_eq!(limiter.acquire(3).await, 3);
        limiter.resize(1);
        assert_eq!(free(&limiter), 0);
        limiter.release(2);
        assert_eq!(free(&limiter), 0, "these two are the surplus");
        limiter.release(1);
        assert_eq!(free(&limiter), 1);
        limiter.resize(3);
        assert_eq!(free(&limiter), 3);
    }

    #[tokio::test]
    async fn a_limiter_that_grows_again_before_places_came_back_owes_nothing() {
        let limiter = RunLimiter::new(2);
        assert_eq!(limiter.acquire(2).await, 2);
        limiter.resize(0);
        limiter.resize(2);
        limiter.release(2);
        assert_eq!(free(&limiter), 2);
    }
}
