//! What the admin door has at hand.

use herdgate_actors::control::Control;

use crate::{
    api_key::ApiKey,
    reads::Reads,
    run::{ConfigurationState, Health, History, Reload},
    telemetry::Exporter,
};

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
    pub key: ApiKey,
}

impl Admin {
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
}
