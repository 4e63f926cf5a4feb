//! What is worth a log line.

use std::time::Duration;

use tracing::{debug, error, info, warn};

use crate::{
    domain::{AgentName, DeliveryAck, Provider, ReceiptId, RejectReason, RunId},
    store::{AttemptOutcome, JobTrigger, StoreError},
};

/// A request was not taken.
pub struct DeliveryRefused<'a> {
    /// The type in the URL.
    pub provider: Provider,
    /// The source in the URL; empty where it named none.
    pub source: &'a str,
    /// Why.
    pub reason: RejectReason,
}

impl DeliveryRefused<'_> {
    /// Counts and logs it. Debug level: anybody can cause it.
    pub fn emit(self) {
        super::refused(self.provider, self.source, self.reason);
        debug!(
            r#type = self.provider.as_str(),
            source = self.source,
            reason = self.reason.as_str(),
            "refused a delivery"
        );
    }
}

/// A delivery is on disk.
pub struct DeliveryTaken<'a> {
    /// Under which id, and what it made.
    pub recorded: &'a DeliveryAck,
}

impl DeliveryTaken<'_> {
    /// Writes the receipt on the span of the request, and logs it. Debug level: there can be
    /// thousands a second.
    pub fn emit(self) {
        let DeliveryAck { receipt, matched, skipped, duplicate } = self.recorded;
        tracing::Span::current().record("receipt", tracing::field::display(receipt));
        debug!(%receipt, matched, skipped, duplicate, "took a delivery");
    }
}

/// A verified body is no event of its provider.
pub struct DeliveryUnparsable<'a> {
    /// Under which id it is kept.
    pub receipt: ReceiptId,
    /// Who sent it.
    pub provider: Provider,
    /// What is wrong with it.
    pub reason: &'a str,
}

impl DeliveryUnparsable<'_> {
    /// Logs it.
    pub fn emit(self) {
        warn!(receipt = %self.receipt, r#type = self.provider.as_str(), reason = self.reason, "could not parse a delivery");
    }
}

/// A message panicked; its actor goes on.
pub struct ActorPanicked<'a> {
    /// The actor's kind.
    pub actor: &'static str,
    /// Its name.
    pub name: &'a str,
    /// The text of the panic.
    pub why: &'a str,
}

impl ActorPanicked<'_> {
    /// Logs it.
    pub fn emit(self) {
        error!(actor = self.actor, name = self.name, why = self.why, "a message panicked and is dropped");
    }
}

/// An actor came back.
pub struct ActorRestarted<'a> {
    /// Its kind.
    pub actor: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Why it had ended.
    pub why: &'a str,
    /// The pause before it came back.
    pub after: Duration,
}

impl ActorRestarted<'_> {
    /// Logs it.
    pub fn emit(self) {
        error!(actor = self.actor, name = self.name, why = self.why, after = ?self.after, "an actor restarts");
    }
}

/// An actor failed too often to be brought back.
pub struct ActorGivenUp<'a> {
    /// Its kind.
    pub actor: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Why it had ended the last time.
    pub why: &'a str,
}

impl ActorGivenUp<'_> {
    /// Logs it.
    pub fn emit(self) {
        error!(
            actor = self.actor,
            name = self.name,
            why = self.why,
            "an actor failed too often and is given up"
        );
    }
}

/// A run begins.
pub struct RunStarted<'a> {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub agent: &'a AgentName,
    /// Why.
    pub cause: &'a JobTrigger,
    /// The receipt that caused it.
    pub receipt: Option<ReceiptId>,
}

impl RunStarted<'_> {
    /// Logs it.
    pub fn emit(self) {
        info!(
            run = %self.run,
            agent = %self.agent,
            trigger = self.cause.as_str(),
            receipt = self.receipt.map(tracing::field::display),
            "run started"
        );
    }
}

/// A run ended.
pub struct RunEnded<'a> {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub agent: &'a AgentName,
    /// How.
    pub outcome: &'a AttemptOutcome,
    /// What happens to the job, in words.
    pub then: &'a str,
    /// From claim to end.
    pub took: Duration,
}

impl RunEnded<'_> {
    /// Logs it.
    pub fn emit(self) {
        let outcome = self.outcome.as_str();
        if matches!(self.outcome, AttemptOutcome::Completed) {
            info!(run = %self.run, agent = %self.agent, outcome, took = ?self.took, "run ended");
        } else {
            warn!(
                run = %self.run,
                agent = %self.agent,
                outcome,
                detail = ?self.outcome,
                then = self.then,
                took = ?self.took,
                "run ended"
            );
        }
    }
}

/// The store refused something that can be done again.
pub struct StoreRefused<'a> {
    /// What was wanted.
    pub wanted: &'static str,
    /// Why not.
    pub error: &'a StoreError,
}

impl StoreRefused<'_> {
    /// Logs it.
    pub fn emit(self) {
        warn!(wanted = self.wanted, error = %self.error, "the store refused");
    }
}
