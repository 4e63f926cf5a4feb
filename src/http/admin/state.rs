//! What the admin door has at hand.

use herdgate_actors::domain::Clock;

use crate::{
    api_key::ApiKey,
    run::{control::Control, health::Health},
    telemetry::Exporter,
    views::Triggers,
};

/// What the admin door shows and does.
pub struct Admin {
    /// What operators can ask for.
    pub operator: Control,
    /// Whether deliveries are taken.
    pub health: Health,
    /// The numbers.
    pub metrics: Exporter,
    /// The time.
    pub clock: Clock,
    /// Who may use the API.
    pub key: ApiKey,
    /// What explains receipts.
    pub triggers: Triggers,
}
