//! Logs for people and machines, metrics for Prometheus.

mod exporter;
mod logs;
mod process;

pub use exporter::Exporter;
pub use logs::{logs, panics, set_log_filter};
use metrics_exporter_prometheus::BuildError;

/// Collects metrics for the whole process.
///
/// # Errors
/// Metrics are collected by somebody else already.
pub fn metrics() -> Result<Exporter, BuildError> {
    Exporter::install()
}
