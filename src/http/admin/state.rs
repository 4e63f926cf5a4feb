//! What the admin door has at hand.

use std::sync::Arc;

use herdgate_actors::{
    control::Control, domain::Clock, runtime::Supervision, store::Store, upkeep::Progress,
};
use tokio::sync::watch;

use crate::{
    api_key::ApiKey,
    run::{Health, Reload},
    telemetry::Exporter,
};

/// What the admin door shows and does.
pub struct Admin {
    /// What operators can ask for.
    pub control: Control,
    /// What the gate has written down.
    pub store: Arc<dyn Store>,
    /// Puts the files of the project in force again.
    pub reload: Reload,
    /// Who carries the gate.
    pub supervision: Supervision,
    /// What the actors of the upkeep do, by their kind.
    pub progress: Vec<(&'static str, watch::Receiver<Progress>)>,
    /// Whether deliveries are taken.
    pub health: Health,
    /// The numbers.
    pub metrics: Exporter,
    /// The time.
    pub clock: Clock,
    /// Who may use the API.
    pub key: ApiKey,
}
