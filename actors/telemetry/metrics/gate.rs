//! The process as a whole: its doors, its disk, its followers, its spans.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use metrics::{Counter, Gauge};

/// Counts the connections of one door.
#[derive(Clone)]
pub struct DoorSeries(Gauge);

impl DoorSeries {
    /// Registers a door.
    pub fn new(door: &'static str) -> Self {
        let open = metrics::gauge!("herdgate_open_connections", "door" => door);
        open.set(0.0);
        Self(open)
    }

    /// A connection opens; it is counted until the value is dropped.
    pub fn opened(&self) -> OpenConnection {
        self.0.increment(1);
        OpenConnection(self.0.clone())
    }
}

/// A connection that is counted as open.
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Somebody who follows the stream of events, counted until the value is dropped.
pub struct SseClient(Gauge);

impl SseClient {
    /// Registers the gauge, so that it is there before the first one.
    pub fn describe() {
        metrics::gauge!("herdgate_sse_clients").set(0.0);
    }

    /// One more follows.
    pub fn connected() -> Self {
        let clients = metrics::gauge!("herdgate_sse_clients");
        clients.increment(1);
        Self(clients)
    }
}

impl Drop for SseClient {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// What the data folder takes, and what is left. Absent numbers were not to be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskUse {
    /// The store with its log.
    pub store: Option<u64>,
    /// The files of runs.
    pub runs: Option<u64>,
    /// What the disk has left, in bytes.
    pub free_bytes: Option<u64>,
    /// How many more files it takes.
    pub free_inodes: Option<u64>,
}

/// Shows what the data folder takes.
pub fn disk(now: DiskUse) {
    let show = |gauge: Gauge, value: Option<u64>| {
        if let Some(value) = value {
            gauge.set(value as f64);
        }
    };
    show(metrics::gauge!("herdgate_store_bytes"), now.store);
    show(metrics::gauge!("herdgate_runs_bytes"), now.runs);
    show(metrics::gauge!("herdgate_disk_free_bytes"), now.free_bytes);
    show(metrics::gauge!("herdgate_disk_free_inodes"), now.free_inodes);
}

/// Shows whether the gate is ready.
pub fn ready(is_ready: bool) {
    metrics::gauge!("herdgate_ready").set(f64::from(u8::from(is_ready)));
}

/// What became of spans.
#[derive(Clone)]
pub struct SpanSeries {
    /// Those that the collector took.
    pub exported: Counter,
    /// Those for which the queue had no room.
    pub overflow: Counter,
    /// Those that the collector did not take.
    pub refused: Counter,
}

impl Default for SpanSeries {
    fn default() -> Self {
        let dropped =
            |reason: &'static str| metrics::counter!("herdgate_spans_dropped_total", "reason" => reason);
        Self {
            exported: metrics::counter!("herdgate_spans_exported_total"),
            overflow: dropped("queue_full"),
            refused: dropped("refused"),
        }
    }
}
