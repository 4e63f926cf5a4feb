//! How many deliveries a source may bring.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::domain::{RateLimit, Source, SourceName};

/// What counts the deliveries of one source.
pub(super) type Limiter = Arc<DefaultDirectRateLimiter>;

/// The limiters of all sources, shared by all workers. A source that is configured anew with the same
/// limit keeps its limiter, so that a reload gives nobody a fresh burst.
#[derive(Clone, Default)]
pub struct RateLimits(Arc<Mutex<HashMap<SourceName, (RateLimit, Limiter)>>>);

impl RateLimits {
    /// The limiter of `source`, if it has a limit.
    pub(super) fn of(&self, source: &Source) -> Option<Limiter> {
        let limit = source.rate_limit?;
        // Each entry is put in whole, so a panic elsewhere spoils nothing.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&source.name) {
            Some((same, limiter)) if *same == limit => Some(Arc::clone(limiter)),
            _ => {
                let limiter: Limiter = Arc::new(RateLimiter::direct(quota(limit)));
                known.insert(source.name.clone(), (limit, Arc::clone(&limiter)));
                Some(limiter)
            }
        }
    }
}

fn quota(limit: RateLimit) -> Quota {
    let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(limit.per_second)).allow_burst(at_least_one(limit.burst))
}
