//! Whether the gate is ready, in one line: for probes, and for the service manager.

use herdgate_actors::domain::cut_at;

use super::{
    configuration_state::ConfigurationState,
    health::{Health, State},
};

/// How much of a problem is told in one line, in characters.
const LONGEST: usize = 300;

/// Whether it is ready, and how it stands.
pub fn readiness(health: &Health, configuration: &ConfigurationState) -> (bool, String) {
    match health.state() {
        State::Ready => (true, ready(configuration)),
        State::Starting => (false, "starting".to_owned()),
        State::Degraded { why, since } => (false, format!("degraded since {since}: {why}")),
        State::Draining => (false, "draining".to_owned()),
        State::Failed(why) => (false, format!("failed: {why}")),
    }
}

/// Files that are wrong do no harm to what is in force, so the gate is ready all the same.
fn ready(configuration: &ConfigurationState) -> String {
    match &configuration.refused {
        None => "ready".to_owned(),
        Some(refused) => {
            let first: String = refused.first.split_whitespace().collect::<Vec<_>>().join(" ");
            let since = refused.since;
            format!("ready; configuration refused since {since}: {}", cut_at(&first, LONGEST))
        }
    }
}
