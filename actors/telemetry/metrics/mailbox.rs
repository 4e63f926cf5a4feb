//! Mailboxes and restarts of actors.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use metrics::{Counter, Gauge, Histogram, Label};

/// The numbers of one mailbox.
#[derive(Clone)]
pub struct MailboxSeries {
    /// Messages inside.
    pub depth: Gauge,
    /// From post to handler, in seconds. Shared by all mailboxes of a kind: a histogram for each of
    /// ten thousand agents would be most of a scrape.
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
        metrics::gauge!("herdgate_mailbox_capacity", labels.iter()).set(capacity as f64);
        Self {
            depth: metrics::gauge!("herdgate_mailbox_depth", labels.iter()),
            wait: metrics::histogram!("herdgate_mailbox_wait_seconds", "actor" => actor),
            accepted: metrics::counter!("herdgate_mailbox_accepted_total", labels.iter()),
            rejected: metrics::counter!("herdgate_mailbox_rejected_total", labels.iter()),
        }
    }
}

/// Counts the restarts of one actor.
#[derive(Clone)]
pub struct RestartSeries(Counter);

impl RestartSeries {
    /// Registers the actor `name` of kind `actor`.
    pub fn new(actor: &'static str, name: &str) -> Self {
        Self(metrics::counter!("herdgate_actor_restarts_total", "actor" => actor, "name" => name.to_owned()))
    }

    /// One more restart.
    pub fn increment(&self) {
        self.0.increment(1);
    }
}
