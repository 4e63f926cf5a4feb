//! Deliveries, by source.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use std::{collections::HashMap, time::Duration};

use metrics::{Counter, Histogram};

use crate::domain::{ProviderName, RejectReason};

/// The numbers of one source.
pub(super) struct SourceSeries {
    accepted: Counter,
    duplicate: Counter,
    unmatched: Counter,
    unparsable: Counter,
    unavailable: Counter,
    refused: HashMap<RejectReason, Counter>,
    bytes: Counter,
    answer: Histogram,
}

impl SourceSeries {
    /// Registers a source, all its outcomes and all reasons for a refusal, so that the first of each
    /// is an increase. `source` is empty for requests that name none.
    pub(super) fn new(provider: ProviderName, source: &str) -> Self {
        let outcome = |outcome| deliveries(provider, source, outcome, "");
        let refused =
            |reason: RejectReason| (reason, deliveries(provider, source, "refused", reason.as_str()));
        Self {
            accepted: outcome("accepted"),
            duplicate: outcome("duplicate"),
            unmatched: outcome("unmatched"),
            unparsable: outcome("unparsable"),
            unavailable: outcome("unavailable"),
            refused: RejectReason::ALL.into_iter().map(refused).collect(),
            bytes: metrics::counter!("herdgate_delivery_bytes_total", "source" => source.to_owned()),
            answer: metrics::histogram!("herdgate_answer_seconds", "source" => source.to_owned()),
        }
    }

    pub(super) fn taken(&self, matched: u32, duplicate: bool) {
        match (duplicate, matched) {
            (true, _) => self.duplicate.increment(1),
            (false, 0) => self.unmatched.increment(1),
            (false, _) => self.accepted.increment(1),
        }
    }

    pub(super) fn unparsable(&self) {
        self.unparsable.increment(1);
    }

    pub(super) fn unavailable(&self) {
        self.unavailable.increment(1);
    }

    pub(super) fn refused(&self, reason: RejectReason) {
        if let Some(counter) = self.refused.get(&reason) {
            counter.increment(1);
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
