//! What is counted, by whom, under which name.
//!
//! Handles on series are made once and kept: with an owner ([`MailboxSeries`], [`StoreSeries`]), or
//! in [`Metrics`], which counts what facts say.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

mod agent;
mod describe;
mod labelled;
mod mailbox;
mod source;
mod store;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use metrics::{Counter, Gauge, Histogram};

pub use agent::{backlog, oldest_waiting, unconfigured_jobs};
pub use describe::describe;
use labelled::Labelled;
pub use mailbox::{MailboxSeries, RestartSeries};
pub use store::StoreSeries;

pub use source::SourceCounts;

use self::{agent::AgentSeries, source::SourceSeries};
use super::Event;
use crate::domain::{AgentName, ProviderName, SourceName};

/// The counters behind [`emit`](super::emit). First asked for after the exporter is installed.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);
    &METRICS
}

/// Everything that facts are counted in.
pub struct Metrics {
    sources: Table<(ProviderName, SourceName), SourceSeries>,
    agents: Table<AgentName, AgentSeries>,
    start_delay: RwLock<HashMap<&'static str, Histogram>>,
    panics: Labelled,
    quarantined: Labelled,
    not_started: Labelled,
    refusals: Labelled,
    clock: Labelled,
    rerouted: Counter,
    rescued: Counter,
    discarded: Counter,
    pruned_receipts: Counter,
    pruned_runs: Counter,
    reaper: Counter,
    reload_failures: Counter,
    refused: Gauge,
    revision: Gauge,
    writable: Gauge,
}

impl Metrics {
    fn new() -> Self {
        let writable = metrics::gauge!("herdgate_store_writable");
        writable.set(1.0);
        Self {
            sources: Table::default(),
            agents: Table::default(),
            start_delay: RwLock::default(),
            panics: Labelled::new("herdgate_actor_panics_total", "actor", &["agent", "ingress", "parser"]),
            quarantined: Labelled::new("herdgate_receipts_quarantined_total", "reason", &[]),
            not_started: Labelled::new("herdgate_runs_not_started_total", "cause", &[]),
            refusals: Labelled::new("herdgate_store_refusals_total", "wanted", &["claim", "finish"]),
            clock: Labelled::new("herdgate_clock_jumps_total", "direction", &["ahead", "back"]),
            rerouted: metrics::counter!("herdgate_receipts_rerouted_total"),
            rescued: metrics::counter!("herdgate_runs_rescued_total"),
            discarded: metrics::counter!("herdgate_jobs_discarded_total"),
            pruned_receipts: metrics::counter!("herdgate_pruned_receipts_total"),
            pruned_runs: metrics::counter!("herdgate_pruned_runs_total"),
            reaper: metrics::counter!("herdgate_reaper_replacements_total"),
            reload_failures: metrics::counter!("herdgate_reload_failures_total"),
            refused: metrics::gauge!("herdgate_configuration_refused"),
            revision: metrics::gauge!("herdgate_topology_revision"),
            writable,
        }
    }

    /// Says what runs.
    pub fn build_info(&self, version: &'static str) {
        metrics::gauge!("herdgate_build_info", "version" => version).set(1.0);
    }

    /// Registers a source, so that its counters are there before its first delivery.
    pub fn source(&self, provider: ProviderName, source: &SourceName) {
        self.of_source(provider, source);
        self.of_source(provider, &SourceName::from(""));
    }

    /// What a source brought since the process began.
    pub fn counted(&self, provider: ProviderName, source: &SourceName) -> SourceCounts {
        self.of_source(provider, source).counted()
    }

    /// Registers an agent, or a new scale of one.
    pub fn agent(&self, agent: &AgentName, scale: u32) {
        self.of_agent(agent).scale.set(f64::from(scale));
    }

    fn of_source(&self, provider: ProviderName, source: &SourceName) -> Arc<SourceSeries> {
        self.sources.get(&(provider, source.clone()), || SourceSeries::new(provider, source.as_str()))
    }

    fn of_agent(&self, agent: &AgentName) -> Arc<AgentSeries> {
        self.agents.get(agent, || AgentSeries::new(agent))
    }

    /// Counts a fact.
    pub(super) fn count(&self, event: &Event) {
        match event {
            Event::DeliveryTaken { provider, source, matched, duplicate, bytes, took_ms, .. } => {
                let series = self.of_source(*provider, source);
                series.taken(*matched, *duplicate);
                series.answered(*bytes, took_ms.0);
            }
            Event::DeliveryUnparsable { provider, source, bytes, took_ms, .. } => {
                let series = self.of_source(*provider, source);
                series.unparsable();
                series.answered(*bytes, took_ms.0);
            }
            Event::DeliveryUnavailable { provider, source, bytes, took_ms, .. } => {
                let series = self.of_source(*provider, source);
                series.unavailable();
                series.answered(*bytes, took_ms.0);
            }
            Event::DeliveryRefused { provider, source, reason } => {
                let source = source.clone().unwrap_or_else(|| SourceName::from(""));
                self.of_source(*provider, &source).refused(*reason);
            }
            Event::RunStarted { agent, trigger, waited_ms, .. } => {
                self.of_agent(agent).executing.increment(1);
                self.start_delay(trigger).record(waited_ms.0);
            }
            Event::RunEnded { agent, trigger, outcome, retried, at, took_ms, .. } => {
                let series = self.of_agent(agent);
                series.ended(trigger, outcome, took_ms.0);
                if *retried {
                    series.retried();
                }
                if *outcome == "completed" {
                    series.succeeded(*at);
                }
            }
            Event::RunNotStarted { agent, cause, .. } => {
                self.of_agent(agent).executing.decrement(1);
                self.not_started.increment(cause);
            }
            Event::TicksMissed { agent, missed, .. } => self.of_agent(agent).missed(*missed),
            other => self.count_rest(other),
        }
    }

    fn count_rest(&self, event: &Event) {
        match event {
            Event::DeliveryQuarantined { reason, .. } => self.quarantined.increment(reason),
            Event::RoutingRetried { .. } => self.rerouted.increment(1),
            Event::Rescued { .. } => self.rescued.increment(1),
            Event::JobDiscarded { .. } => self.discarded.increment(1),
            Event::ClockWentBack { .. } => self.clock.increment("back"),
            Event::ClockLeapt { .. } => self.clock.increment("ahead"),
            Event::ActorPanicked { actor, .. } => self.panics.increment(actor),
            Event::TopologyApplied { revision, .. } => self.revision.set(*revision as f64),
            Event::ReloadFailed { .. } => {
                self.reload_failures.increment(1);
                self.refused.set(1.0);
            }
            Event::RefusalEnded { .. } => self.refused.set(0.0),
            Event::StoreRefused { wanted, .. } => self.refusals.increment(wanted),
            Event::StoreState { writable, .. } => self.writable.set(f64::from(u8::from(*writable))),
            Event::Pruned { receipts, runs, .. } => {
                self.pruned_receipts.increment(*receipts);
                self.pruned_runs.increment(*runs as u64);
            }
            Event::ReaperReplaced { .. } => self.reaper.increment(1),
            _ => {}
        }
    }

    fn start_delay(&self, trigger: &'static str) -> Histogram {
        if let Some(known) = self.start_delay.read().unwrap_or_else(PoisonError::into_inner).get(trigger) {
            return known.clone();
        }
        let mut delays = self.start_delay.write().unwrap_or_else(PoisonError::into_inner);
        let make = || metrics::histogram!("herdgate_start_delay_seconds", "trigger" => trigger);
        delays.entry(trigger).or_insert_with(make).clone()
    }
}

/// Series that were made once for each thing they count.
struct Table<K, S>(RwLock<HashMap<K, Arc<S>>>);

impl<K, S> Default for Table<K, S> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash + Clone, S> Table<K, S> {
    fn get(&self, key: &K, make: impl FnOnce() -> S) -> Arc<S> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(known);
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key.clone()).or_insert_with(|| Arc::new(make())))
    }
}
