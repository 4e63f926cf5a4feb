//! Logs for people and machines, metrics for Prometheus, traces for a collector.

mod exporter;
mod logs;
#[cfg(feature = "otlp")]
mod otlp;
mod process;
#[cfg(not(feature = "otlp"))]
mod without_otlp;

pub use exporter::Exporter;
pub use logs::{is_json, logs, panics, set_log_filter};
use metrics_exporter_prometheus::BuildError;
#[cfg(feature = "otlp")]
pub use otlp::{Traces, start as traces};
#[cfg(not(feature = "otlp"))]
pub use without_otlp::{Traces, start as traces};

/// Why there are no traces though somebody wants them.
#[derive(Debug, thiserror::Error)]
#[error("cannot send traces: {0}")]
pub struct TracesError(pub(crate) String);

/// Collects metrics for the whole process.
///
/// # Errors
/// Metrics are collected by somebody else already.
pub fn metrics() -> Result<Exporter, BuildError> {
    Exporter::install()
}
