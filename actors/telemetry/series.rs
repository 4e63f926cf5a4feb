//! Handles on metric series.
#![expect(clippy::disallowed_macros, reason = "the one place that names metrics")]

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Label, Unit};

use crate::{
    domain::{AgentName, Answer, Provider, RejectReason, SourceName},
    store::{AttemptOutcome, JobState, JobTrigger},
};

/// Names, units and help of every series, for the exporter.
pub fn describe() {
    use metrics::{describe_counter as counter, describe_gauge as gauge, describe_histogram as histogram};
    gauge!("mailbox_depth", Unit::Count, "Messages that wait or are being handled.");
    gauge!("mailbox_capacity", Unit::Count, "How many messages the mailbox takes.");
    histogram!("mailbox_wait_seconds", Unit::Seconds, "From post to handler.");
    counter!("mailbox_accepted_total", Unit::Count, "Messages taken.");
    counter!("mailbox_rejected_total", Unit::Count, "Messages refused because the mailbox was full.");
    counter!("actor_restarts_total", Unit::Count, "Restarts after a stop or a panic.");
    gauge!("herdgate_backlog_jobs", Unit::Count, "Jobs by agent and state.");
    gauge!("herdgate_oldest_waiting_seconds", Unit::Seconds, "How long the oldest due job has waited.");
    gauge!("herdgate_executing", Unit::Count, "Runs under way.");
    gauge!("herdgate_scale", Unit::Count, "How many runs the agent may have at once.");
    counter!("herdgate_runs_total", Unit::Count, "Runs that ended, by trigger and outcome.");
    histogram!("herdgate_run_seconds", Unit::Seconds, "From claim to end of a run.");
    counter!("herdgate_deliveries_total", Unit::Count, "Requests by outcome, refused ones by reason.");
    counter!("herdgate_delivery_bytes_total", Unit::Bytes, "Bytes of verified bodies.");
    histogram!("herdgate_answer_seconds", Unit::Seconds, "From complete body to answer.");
    histogram!("herdgate_store_commit_seconds", Unit::Seconds, "One group commit, fsync included.");
    histogram!("herdgate_store_group_size", Unit::Count, "Changes that shared one commit.");
}

/// The numbers of one mailbox.
#[derive(Clone)]
pub struct MailboxSeries {
    /// Messages inside.
    pub depth: Gauge,
    /// From post to handler, in seconds.
    pub wait: Histogram,
    /// Messages taken.
    pub accepted: Counter,
    /// Messages refused.
    pub rejected: Counter,
}

impl MailboxSeries {
    /// Registers the mailbox of the actor `name` of kind `actor`.
    pub fn new(actor: &'static str, name: &str, capacity: usize) -> Self {
        let labels = [Label::new("actor", actor), Label::new("name", name.to_owned())];
        metrics::gauge!("mailbox_capacity", labels.iter()).set(capacity as f64);
        Self {
            depth: metrics::gauge!("mailbox_depth", labels.iter()),
            wait: metrics::histogram!("mailbox_wait_seconds", labels.iter()),
            accepted: metrics::counter!("mailbox_accepted_total", labels.iter()),
            rejected: metrics::counter!("mailbox_rejected_total", labels.iter()),
        }
    }
}

/// Counts the restarts of one actor.
#[derive(Clone)]
pub struct RestartSeries(Counter);

impl RestartSeries {
    /// Registers the actor `name` of kind `actor`.
    pub fn new(actor: &'static str, name: &str) -> Self {
        Self(metrics::counter!("actor_restarts_total", "actor" => actor, "name" => name.to_owned()))
    }

    /// One more restart.
    pub fn increment(&self) {
        self.0.increment(1);
    }
}

/// The numbers of one agent.
pub struct AgentSeries {
    agent: AgentName,
    executing: Gauge,
    seconds: Histogram,
}

impl AgentSeries {
    /// Registers an agent.
    pub fn new(agent: &AgentName, scale: u32) -> Self {
        let name = agent.to_string();
        metrics::gauge!("herdgate_scale", "agent" => name.clone()).set(f64::from(scale));
        let executing = metrics::gauge!("herdgate_executing", "agent" => name.clone());
        executing.set(0.0);
        Self {
            agent: agent.clone(),
            executing,
            seconds: metrics::histogram!("herdgate_run_seconds", "agent" => name),
        }
    }

    /// A run begins.
    pub fn started(&self) {
        self.executing.increment(1);
    }

    /// A run ended.
    pub fn ended(&self, cause: &JobTrigger, outcome: &AttemptOutcome, took: Duration) {
        self.executing.decrement(1);
        self.seconds.record(took);
        metrics::counter!(
            "herdgate_runs_total",
            "agent" => self.agent.to_string(), "trigger" => cause.as_str(), "outcome" => outcome.as_str()
        )
        .increment(1);
    }

    /// How many jobs `agent` has in `state`; read from the store at each scrape.
    pub fn backlog(agent: &AgentName, state: JobState, jobs: u64) {
        metrics::gauge!("herdgate_backlog_jobs", "agent" => agent.to_string(), "state" => state.as_str())
            .set(jobs as f64);
    }

    /// How long the oldest due job of `agent` has waited; read from the store at each scrape.
    pub fn oldest_waiting(agent: &AgentName, age: Duration) {
        metrics::gauge!("herdgate_oldest_waiting_seconds", "agent" => agent.to_string()).set(age);
    }
}

/// The numbers of one source.
#[derive(Clone)]
pub struct SourceSeries {
    accepted: Counter,
    duplicate: Counter,
    unmatched: Counter,
    unparsable: Counter,
    unavailable: Counter,
    bytes: Counter,
    answer: Histogram,
}

impl SourceSeries {
    /// Registers a source.
    pub fn new(provider: Provider, source: &SourceName) -> Self {
        let outcome = |outcome| delivery_counter(provider, source.as_str(), outcome, "");
        Self {
            accepted: outcome("accepted"),
            duplicate: outcome("duplicate"),
            unmatched: outcome("unmatched"),
            unparsable: outcome("unparsable"),
            unavailable: outcome("unavailable"),
            bytes: metrics::counter!("herdgate_delivery_bytes_total", "source" => source.to_string()),
            answer: metrics::histogram!("herdgate_answer_seconds", "source" => source.to_string()),
        }
    }

    /// A verified delivery of `bytes` was answered after `took`.
    pub fn answered(&self, answer: &Answer, bytes: usize, took: Duration) {
        self.bytes.increment(bytes as u64);
        self.answer.record(took);
        match answer {
            Answer::DeliveryAck(recorded) if recorded.duplicate => self.duplicate.increment(1),
            Answer::DeliveryAck(recorded) if recorded.matched == 0 => self.unmatched.increment(1),
            Answer::DeliveryAck(_) => self.accepted.increment(1),
            Answer::Unparsable { .. } => self.unparsable.increment(1),
            Answer::Unavailable | Answer::Rejected(_) => self.unavailable.increment(1),
        }
    }
}

/// A request of `provider` was refused; `source` is empty where the request named none.
pub fn refused(provider: Provider, source: &str, reason: RejectReason) {
    delivery_counter(provider, source, "refused", reason.as_str()).increment(1);
}

fn delivery_counter(
    provider: Provider,
    source: &str,
    outcome: &'static str,
    reason: &'static str,
) -> Counter {
    metrics::counter!(
        "herdgate_deliveries_total",
        "type" => provider.as_str(), "source" => source.to_owned(), "outcome" => outcome, "reason" => reason
    )
}

/// The numbers of the store.
#[derive(Clone)]
pub struct StoreSeries {
    commit: Histogram,
    group: Histogram,
}

impl Default for StoreSeries {
    fn default() -> Self {
        Self {
            commit: metrics::histogram!("herdgate_store_commit_seconds"),
            group: metrics::histogram!("herdgate_store_group_size"),
        }
    }
}

impl StoreSeries {
    /// One group of `changes` was committed in `took`.
    pub fn committed(&self, changes: usize, took: Duration) {
        self.commit.record(took);
        self.group.record(changes as f64);
    }
}
