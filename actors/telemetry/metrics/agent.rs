//! Runs and jobs, by agent.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram};

use crate::domain::{AgentName, Cost, JobState, Timestamp, Tokens};

/// The states that are somebody's work: jobs that completed or were cancelled are history.
const SHOWN: [JobState; 6] = [
    JobState::Available,
    JobState::Scheduled,
    JobState::Executing,
    JobState::Held,
    JobState::Retryable,
    JobState::Discarded,
];

/// The numbers of one agent.
pub(super) struct AgentSeries {
    agent: AgentName,
    pub(super) scale: Gauge,
    pub(super) executing: Gauge,
    backlog: [Gauge; SHOWN.len()],
    oldest_waiting: Gauge,
    seconds: Histogram,
    retries: Counter,
    missed: Counter,
    discarded: Counter,
    /// By trigger and outcome: few of the possible ones ever happen.
    ended: Mutex<HashMap<(&'static str, &'static str), Counter>>,
}

impl AgentSeries {
    /// Registers an agent.
    pub(super) fn new(agent: &AgentName) -> Self {
        let name = agent.to_string();
        let executing = metrics::gauge!("herdgate_executing", "agent" => name.clone());
        executing.set(0.0);
        Self {
            agent: agent.clone(),
            scale: metrics::gauge!("herdgate_scale", "agent" => name.clone()),
            executing,
            backlog: SHOWN.map(|state| {
                metrics::gauge!("herdgate_backlog_jobs", "agent" => name.clone(), "state" => state.as_str())
            }),
            oldest_waiting: metrics::gauge!("herdgate_oldest_waiting_seconds", "agent" => name.clone()),
            seconds: metrics::histogram!("herdgate_run_seconds", "agent" => name.clone()),
            retries: metrics::counter!("herdgate_retries_total", "agent" => name.clone()),
            missed: metrics::counter!("herdgate_missed_ticks_total", "agent" => name.clone()),
            discarded: metrics::counter!("herdgate_jobs_discarded_total", "agent" => name),
            ended: Mutex::default(),
        }
    }

    /// A run ended after `took`.
    pub(super) fn ended(&self, trigger: &'static str, outcome: &'static str, took: Duration) {
        self.executing.decrement(1);
        self.seconds.record(took);
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = ended.entry((trigger, outcome)).or_insert_with(|| {
            metrics::counter!(
                "herdgate_runs_total",
                "agent" => self.agent.to_string(), "trigger" => trigger, "outcome" => outcome
            )
        });
        counter.increment(1);
    }

    /// What a run told that it spent. Registered by the first one: most commands tell nothing.
    pub(super) fn spent(&self, tokens: Option<Tokens>, cost: Option<Cost>) {
        let agent = || self.agent.to_string();
        if let Some(Tokens { input, output, cache_read, cache_write }) = tokens {
            let kinds = [
                ("input", input),
                ("output", output),
                ("cache_read", cache_read),
                ("cache_write", cache_write),
            ];
            for (kind, tokens) in kinds {
                metrics::counter!("herdgate_run_tokens_total", "agent" => agent(), "kind" => kind)
                    .increment(tokens);
            }
        }
        let (basis, micros) = match cost {
            Some(cost) => (cost.basis.as_str(), cost.usd.as_micros()),
            // What models were asked for has a price, and nobody knows it.
            None if tokens.is_some() => ("unknown", 0),
            None => return,
        };
        metrics::counter!("herdgate_costed_runs_total", "agent" => agent(), "basis" => basis).increment(1);
        metrics::counter!("herdgate_run_cost_micro_usd_total", "agent" => agent(), "basis" => basis)
            .increment(micros);
    }

    /// A run ended well at this time. Registered by the first one: no time is no zero.
    pub(super) fn succeeded(&self, at: Timestamp) {
        metrics::gauge!("herdgate_last_success_timestamp_seconds", "agent" => self.agent.to_string())
            .set(at.as_millis() as f64 / 1000.0);
    }

    /// How many jobs there are in each state.
    pub(super) fn show_backlog(&self, jobs: impl Fn(JobState) -> u64) {
        for (gauge, state) in self.backlog.iter().zip(SHOWN) {
            gauge.set(jobs(state) as f64);
        }
    }

    /// How long the oldest due job has waited.
    pub(super) fn show_oldest(&self, age: Duration) {
        self.oldest_waiting.set(age);
    }

    pub(super) fn retried(&self) {
        self.retries.increment(1);
    }

    pub(super) fn discarded(&self) {
        self.discarded.increment(1);
    }

    pub(super) fn missed(&self, ticks: u32) {
        self.missed.increment(u64::from(ticks));
    }
}

/// How many jobs wait in `state` for an agent that does not run here.
pub fn unconfigured_jobs(agent: &AgentName, state: &'static str, jobs: u64) {
    metrics::gauge!("herdgate_unconfigured_jobs", "agent" => agent.to_string(), "state" => state)
        .set(jobs as f64);
}
