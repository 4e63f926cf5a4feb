//! How many bytes of unverified bodies the gate holds at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in pages of this size.
const PAGE: usize = 4096;
/// Up to here a body counts against the small purse, so that a flood of large bodies cannot shut
/// out the small ones, which nearly all real deliveries are.
const SMALL: usize = 64 * 1024;

/// Memory for bodies that nobody has verified yet, shared by all connections.
#[derive(Debug, Clone)]
pub struct Budget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Budget {
    /// A budget of `bytes` for large bodies and as much again for the beginnings of all.
    pub fn new(bytes: usize) -> Self {
        let pages = (bytes / PAGE).clamp(SMALL / PAGE, Semaphore::MAX_PERMITS);
        Self { small: Arc::new(Semaphore::new(pages)), large: Arc::new(Semaphore::new(pages)) }
    }

    /// What one request holds so far: nothing.
    pub fn open(&self) -> BudgetPermit {
        BudgetPermit { budget: self.clone(), small: None, large: None, small_pages: 0, large_pages: 0 }
    }
}

/// What one request holds; given back on drop.
#[derive(Debug)]
pub struct BudgetPermit {
    budget: Budget,
    small: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
    small_pages: usize,
    large_pages: usize,
}

impl BudgetPermit {
    /// Grows to `bytes`; `false` when the gate has no room for more.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let small = bytes.min(SMALL).div_ceil(PAGE);
        let large = bytes.saturating_sub(SMALL).div_ceil(PAGE);
        let small = take(&self.budget.small, &mut self.small, &mut self.small_pages, small);
        let large = take(&self.budget.large, &mut self.large, &mut self.large_pages, large);
        small && large
    }
}

fn take(
    pool: &Arc<Semaphore>,
    held: &mut Option<OwnedSemaphorePermit>,
    pages: &mut usize,
    wanted: usize,
) -> bool {
    let more = wanted.saturating_sub(*pages);
    if more == 0 {
        return true;
    }
    let Ok(permit) = Arc::clone(pool).try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX)) else {
        return false;
    };
    *pages = wanted;
    match held {
        Some(held) => held.merge(permit),
        None => *held = Some(permit),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_cannot_shut_out_small_ones() {
        let budget = Budget::new(1024 * 1024);
        let mut large: Vec<_> = (0..4).map(|_| budget.open()).collect();
        let granted = large.iter_mut().filter_map(|body| body.grow_to(512 * 1024).then_some(())).count();
        assert_eq!(granted, 2);
        assert!(budget.open().grow_to(8 * 1024));
    }

    #[test]
    fn what_was_held_comes_back() {
        let budget = Budget::new(1024 * 1024);
        let mut body = budget.open();
        assert!(body.grow_to(1024 * 1024));
        assert!(!budget.open().grow_to(1024 * 1024));
        drop(body);
        assert!(budget.open().grow_to(1024 * 1024));
    }
}
