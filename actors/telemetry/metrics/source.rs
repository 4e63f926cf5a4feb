//! Deliveries, by source.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use metrics::{Counter, Histogram};

use crate::domain::{ProviderName, RejectReason};

/// A counter whose value is shown elsewhere too.
struct Tally {
    counter: Counter,
    count: AtomicU64,
}

impl Tally {
    const fn new(counter: Counter) -> Self {
        Self { counter, count: AtomicU64::new(0) }
    }

    fn increment(&self) {
        self.counter.increment(1);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// What a source brought since the process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Deliveries that made a job.
    pub matched: u64,
    /// Deliveries that nobody wanted.
    pub unmatched: u64,
    /// Deliveries that had come before.
    pub duplicates: u64,
    /// Verified bodies that are no event.
    pub unparsable: u64,
    /// Verified deliveries that could not be stored.
    pub unavailable: u64,
    /// Requests that named it and were not verified, by why.
    pub refused: Vec<(RejectReason, u64)>,
}

/// The numbers of one source.
pub(super) struct SourceSeries {
    accepted: Tally,
    duplicate: Tally,
    unmatched: Tally,
    unparsable: Tally,
    unavailable: Tally,
    refused: HashMap<RejectReason, Tally>,
    bytes: Counter,
    answer: Histogram,
}

impl SourceSeries {
    /// Registers a source, all its outcomes and all reasons for a refusal, so that the first of each
    /// is an increase. `source` is empty for requests that name none: those can only be refused, since
    /// what is verified has a source.
    pub(super) fn new(provider: ProviderName, source: &str) -> Self {
        let is_source = !source.is_empty();
        let outcome = |outcome| {
            Tally::new(if is_source { deliveries(provider, source, outcome, "") } else { Counter::noop() })
        };
        let refused = |reason: RejectReason| {
            (reason, Tally::new(deliveries(provider, source, "refused", reason.as_str())))
        };
        Self {
            accepted: outcome("accepted"),
            duplicate: outcome("duplicate"),
            unmatched: outcome("unmatched"),
            unparsable: outcome("unparsable"),
            unavailable: outcome("unavailable"),
            refused: RejectReason::ALL.into_iter().map(refused).collect(),
            bytes: if is_source {
                metrics::counter!("herdgate_delivery_bytes_total", "source" => source.to_owned())
            } else {
                Counter::noop()
            },
            answer: if is_source {
                metrics::histogram!("herdgate_answer_seconds", "source" => source.to_owned())
            } else {
                Histogram::noop()
            },
        }
    }

    pub(super) fn counted(&self) -> SourceCounts {
        let refused = self.refused.iter().map(|(reason, tally)| (*reason, tally.count()));
        SourceCounts {
            matched: self.accepted.count(),
            unmatched: self.unmatched.count(),
            duplicates: self.duplicate.count(),
            unparsable: self.unparsable.count(),
            unavailable: self.unavailable.count(),
            refused: refused.collect(),
        }
    }

    pub(super) fn taken(&self, matched: u32, duplicate: bool) {
        match (duplicate, matched) {
            (true, _) => self.duplicate.increment(),
            (false, 0) => self.unmatched.increment(),
            (false, _) => self.accepted.increment(),
        }
    }

    pub(super) fn unparsable(&self) {
        self.unparsable.increment();
    }

    pub(super) fn unavailable(&self) {
        self.unavailable.increment();
    }

    pub(super) fn refused(&self, reason: RejectReason) {
        if let Some(counter) = self.refused.get(&reason) {
            counter.increment();
        }
    }

    /// A verified delivery was answered, in whichever way.
    pub(super) fn answered(&self, bytes: usize, took: Duration) {
        self.bytes.increment(bytes as u64);
        self.answer.record(took);
    }
}

fn deliveries(provider: ProviderName, source: &str, outcome: &'static str, reason: &'static str) -> Counter {
    metrics::counter!(
        "herdgate_deliveries_total",
        "type" => provider.as_str(), "source" => source.to_owned(), "outcome" => outcome, "reason" => reason
    )
}
