//! Tells facts.

use super::Event;

/// Tells a fact to the log, the metrics and whoever [subscribed](super::bus::subscribe).
pub fn emit(event: Event) {
    super::metrics().count(&event);
    super::log::write(&event);
    super::bus::publish(event);
}
