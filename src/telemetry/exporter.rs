//! The page that Prometheus reads.

use herdgate_actors::telemetry;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::process;

/// From one hop between actors to the patience of whoever sends webhooks.
const ANSWERS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// From a disk that writes at once to one that is about to fail.
const COMMITS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0];
/// Agents think for minutes. Few, because each agent has its own: a bound for each timeout that is usual.
const RUNS: &[f64] = &[1.0, 15.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 14_400.0];
/// From at once to a queue that a night does not empty.
const START_DELAYS: &[f64] =
    &[0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 28_800.0];
/// Changes in one commit.
const GROUPS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Collects and shows the metrics of the process.
#[derive(Clone)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// Collects from now on. To be called before anything is counted.
    ///
    /// # Errors
    /// Metrics are collected by somebody else already.
    pub fn install() -> Result<Self, BuildError> {
        let full = |name: &str| Matcher::Full(name.to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(full("herdgate_answer_seconds"), ANSWERS)?
            .set_buckets_for_metric(full("herdgate_mailbox_wait_seconds"), ANSWERS)?
            .set_buckets_for_metric(full("herdgate_store_commit_seconds"), COMMITS)?
            .set_buckets_for_metric(full("herdgate_store_group_size"), GROUPS)?
            .set_buckets_for_metric(full("herdgate_run_seconds"), RUNS)?
            .set_buckets_for_metric(full("herdgate_start_delay_seconds"), START_DELAYS)?
            .install_recorder()?;
        telemetry::describe();
        telemetry::SseClient::describe();
        telemetry::metrics().build_info(env!("CARGO_PKG_VERSION"));
        Ok(Self(handle))
    }

    /// The page, with the numbers of the process as they are now.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        let mut page = self.0.render();
        process::render(&mut page);
        page
    }
}
