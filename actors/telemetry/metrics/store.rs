//! The store's commits.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use std::time::Duration;

use metrics::Histogram;

/// The numbers of the store.
#[derive(Clone)]
pub struct StoreSeries {
    commit: Histogram,
    group: Histogram,
}

impl Default for StoreSeries {
    fn default() -> Self {
        Self {
            commit: metrics::histogram!("herdgate_store_commit_seconds"),
            group: metrics::histogram!("herdgate_store_group_size"),
        }
    }
}

impl StoreSeries {
    /// One group of `changes` was committed in `took`.
    pub fn committed(&self, changes: usize, took: Duration) {
        self.commit.record(took);
        self.group.record(changes as f64);
    }
}
