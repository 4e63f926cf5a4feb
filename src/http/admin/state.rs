//! What the admin door has at hand.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use herdgate_actors::control::Control;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::signals::Signals;
use crate::{
    keys::Keys,
    reads::Reads,
    run::{ConfigurationState, Health, History, Reload},
    telemetry::Exporter,
};

/// Wrong keys that one address may send at once, and how often one more: whoever mistypes is not
/// bothered, and whoever guesses learns nothing faster.
const FAILURES: NonZeroU32 = NonZeroU32::new(20).expect("20 is not zero");
const FAILURE_EVERY: Duration = Duration::from_secs(3);
/// Addresses that are remembered; those that have behaved for a while are forgotten first.
const ADDRESSES: usize = 10_000;
/// Followers of events and logs at once. Each is a browser or a terminal of an operator; a page that was
/// left keeps its place until a beat or two find nobody there, so whoever leafs quickly takes many.
const FOLLOWERS: usize = 256;

/// What the admin door shows and does.
pub struct Admin {
    /// Where everything is read.
    pub reads: Reads,
    /// Puts the files of the project in force again.
    pub reload: Reload,
    /// The numbers.
    pub metrics: Exporter,
    /// How agents fared lately.
    pub history: History,
    /// Who may use the API.
    pub keys: Keys,
    /// What changes, for whoever follows.
    pub(super) signals: Signals,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    followers: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl Admin {
    /// An admin door over a gate that runs.
    pub fn new(reads: Reads, reload: Reload, metrics: Exporter, history: History, keys: Keys) -> Self {
        let quota = Quota::with_period(FAILURE_EVERY).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Self {
            reads,
            reload,
            metrics,
            history,
            keys,
            signals: Signals::start(),
            failures: RateLimiter::keyed(quota.allow_burst(FAILURES)),
            followers: Arc::new(Semaphore::new(FOLLOWERS)),
            closing: watch::Sender::new(false),
        }
    }

    /// What operators can ask for.
    pub(super) const fn control(&self) -> &Control {
        &self.reads.control
    }

    /// Which configuration is in force, and what is wrong with the files where they are not.
    pub fn configuration(&self) -> ConfigurationState {
        self.reload.state()
    }

    /// Whether deliveries are taken.
    pub(super) const fn health(&self) -> &Health {
        &self.reads.health
    }

    /// Counts a wrong key; where there were too many, says how long the next one is not looked at.
    /// A right one always is: others may share the address.
    pub(super) fn failed(&self, from: IpAddr) -> Option<Duration> {
        if self.failures.len() > ADDRESSES {
            self.failures.retain_recent();
        }
        let refused = self.failures.check_key(&from).err()?;
        Some(refused.wait_time_from(self.failures.clock().now()))
    }

    /// A place among those who follow.
    pub(super) fn follow(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.followers).try_acquire_owned().ok()
    }

    /// Becomes true when the door closes.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Lets those go who follow: the door closes.
    pub(in crate::http) fn close(&self) {
        self.closing.send_replace(true);
    }
}
