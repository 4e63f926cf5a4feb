//! Where values go that may change while the gate runs, beside sources, agents and schedules.

use std::{sync::Arc, time::Duration};

use herdgate_actors::{agent::RunLimiter, store::Store};
use tokio::sync::watch;

use crate::{config::ResolvedConfig, http::DoorSettings, telemetry};

/// The ends at which they are put in.
pub(super) struct Live {
    /// Places for runs.
    pub(super) limiter: Arc<RunLimiter>,
    /// Remembers deliveries.
    pub(super) store: Arc<dyn Store>,
    /// How long history is kept.
    pub(super) retention: watch::Sender<Duration>,
    /// What the doors go by.
    pub(super) doors: Arc<DoorSettings>,
}

impl Live {
    /// Puts those of `config` in force, where those of `before` were.
    pub(super) fn put(&self, before: &ResolvedConfig, config: &ResolvedConfig) {
        self.limiter.resize(config.max_runs);
        self.store.remember_for(config.dedupe_window);
        self.retention.send_replace(config.history_retention);
        self.doors.replace(&config.gateway);
        if before.log.filter != config.log.filter {
            telemetry::set_log_filter(&config.log.filter);
        }
    }
}
