//! Logs for people and machines, metrics for Prometheus.

use std::io::{self, IsTerminal};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Libraries whose every start and stop is no news to an operator.
const LIBRARIES: &str = "actix_server=warn,tokio_cron_scheduler=warn";

/// Sends logs to standard error. `RUST_LOG` chooses what, or else `default`.
pub fn logs(format: LogFormat, default: &str) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{LIBRARIES},{default}")));
    let registry = tracing_subscriber::registry().with(filter);
    let terminal = io::stderr().is_terminal();
    let json = format == LogFormat::Json || (format == LogFormat::Auto && !terminal);
    let outcome = if json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().with_writer(io::stderr).with_ansi(terminal)).try_init()
    };
    // Set already by a test in the same process: its choice stands.
    drop(outcome);
}

/// Seconds: from a mailbox hop to a long run.
const SECONDS: [f64; 17] = [
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0,
    3600.0,
];
/// Changes in one commit.
const GROUPS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Collects metrics for the whole process.
///
/// # Errors
/// Metrics are collected by somebody else already.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_group_size".to_owned()), &GROUPS)?
        .install_recorder()?;
    herdgate_actors::telemetry::describe();
    Ok(handle)
}

/// Makes panics log lines. Supervised actors come back from theirs.
pub fn panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic
            .payload()
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        tracing::error!(place, message, "panic");
    }));
}
