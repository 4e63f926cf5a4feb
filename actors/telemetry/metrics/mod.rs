//! What is counted, by whom, under which name.
//!
//! Handles on series are made once and kept: with an owner ([`MailboxSeries`], [`StoreSeries`]), or
//! in [`Metrics`], which counts what facts say.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

mod agent;
mod describe;
mod gate;
mod labelled;
mod mailbox;
mod source;
mod store;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram};

pub use agent::unconfigured_jobs;
pub use describe::describe;
pub use gate::{DiskUse, DoorSeries, OpenConnection, SpanSeries, SseClient, disk, ready};
use labelled::Labelled;
pub use mailbox::{MailboxSeries, RestartSeries};
pub use store::StoreSeries;

pub use source::SourceCounts;

use self::{agent::AgentSeries, source::SourceSeries};
use super::{Answered, Event, RunEnded};
use crate::domain::{AgentName, JobState, ProviderName, SourceName};

/// The counters behind [`emit`](super::emit). First asked for after the exporter is installed.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);
    &METRICS
}

/// Why receipts are routed no more, in the store's words.
const QUARANTINE_REASONS: [&str; 3] = ["panicked", "routed_too_often", "unreadable"];

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
    pruned_receipts: Counter,
    pruned_runs: Counter,
    reaper: Counter,
    changes: Labelled,
    keys_refused: Counter,
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
            quarantined: Labelled::new("herdgate_receipts_quarantined_total", "reason", &QUARANTINE_REASONS),
            not_started: Labelled::new("herdgate_runs_not_started_total", "cause", &["host"]),
            refusals: Labelled::new("herdgate_store_refusals_total", "wanted", &["claim", "finish"]),
            clock: Labelled::new("herdgate_clock_jumps_total", "direction", &["ahead", "back"]),
            rerouted: metrics::counter!("herdgate_receipts_rerouted_total"),
            rescued: metrics::counter!("herdgate_runs_rescued_total"),
            pruned_receipts: metrics::counter!("herdgate_pruned_receipts_total"),
            pruned_runs: metrics::counter!("herdgate_pruned_runs_total"),
            reaper: metrics::counter!("herdgate_reaper_replacements_total"),
            changes: Labelled::new("herdgate_operator_changes_total", "action", &[]),
            keys_refused: metrics::counter!("herdgate_keys_refused_total"),
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

    /// What was refused at the address of a type, where nobody knows which of its sources was meant.
    pub fn refused_at_type(&self, provider: ProviderName) -> Vec<(crate::domain::RejectReason, u64)> {
        self.counted(provider, &SourceName::from("")).refused
    }

    /// Registers an agent, or a new scale of one.
    pub fn agent(&self, agent: &AgentName, scale: u32) {
        self.of_agent(agent).scale.set(f64::from(scale));
    }

    /// Shows how many jobs each agent has in each state, also those that were there earlier: what is
    /// not shown anew would stand as it was.
    pub fn show_backlog(&self, jobs: impl Fn(&AgentName, JobState) -> u64) {
        self.agents.each(|agent, series| series.show_backlog(|state| jobs(agent, state)));
    }

    /// Shows how long the oldest due job of each agent has waited.
    pub fn show_oldest(&self, age: impl Fn(&AgentName) -> Duration) {
        self.agents.each(|agent, series| series.show_oldest(age(agent)));
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
            Event::DeliveryTaken { matched, duplicate, answered, .. } => {
                self.answered(answered, |series| series.taken(*matched, *duplicate));
            }
            Event::DeliveryUnparsable { answered, .. } => self.answered(answered, SourceSeries::unparsable),
            Event::DeliveryUnavailable { answered } => self.answered(answered, SourceSeries::unavailable),
            Event::DeliveryRefused { provider, source, reason } => {
                let source = source.clone().unwrap_or_else(|| SourceName::from(""));
                self.of_source(*provider, &source).refused(*reason);
            }
            Event::RunStarted { agent, trigger, waited_ms, .. } => {
                self.of_agent(agent).executing.increment(1);
                self.start_delay(trigger).record(waited_ms.0);
            }
            Event::RunEnded(RunEnded {
                agent, trigger, outcome, retried, at, took_ms, tokens, cost, ..
            }) => {
                let series = self.of_agent(agent);
                series.ended(trigger, outcome, took_ms.0);
                series.spent(*tokens, *cost);
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

    fn answered(&self, answered: &Answered, count: impl FnOnce(&SourceSeries)) {
        let series = self.of_source(answered.provider, &answered.source);
        count(&series);
        series.answered(answered.bytes, answered.took_ms.0);
    }

    fn count_rest(&self, event: &Event) {
        match event {
            Event::DeliveryQuarantined { reason, .. } => self.quarantined.increment(reason),
            Event::RoutingRetried { .. } => self.rerouted.increment(1),
            Event::Rescued { .. } => self.rescued.increment(1),
            Event::JobDiscarded { agent, .. } => self.of_agent(agent).discarded(),
            Event::ClockWentBack { .. } => self.clock.increment("back"),
            Event::ClockLeapt { .. } => self.clock.increment("ahead"),
            Event::ActorPanicked { actor, .. } => self.panics.increment(actor),
            Event::TopologyApplied { revision, .. } => self.revision.set(*revision as f64),
            Event::OperatorChanged(change) => self.changes.increment(change.action),
            Event::KeyRefused { .. } => self.keys_refused.increment(1),
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
    fn each(&self, mut see: impl FnMut(&K, &S)) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|(key, series)| see(key, series));
    }

    fn get(&self, key: &K, make: impl FnOnce() -> S) -> Arc<S> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(known);
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key.clone()).or_insert_with(|| Arc::new(make())))
    }
}
