//! Tells facts.

use super::Event;

/// Tells a fact to the log, the metrics, the traces and whoever [subscribed](super::bus::subscribe).
pub fn emit(event: Event) {
    super::metrics().count(&event);
    super::log::write(&event);
    super::trace::record(&event);
    super::bus::publish(event);
}
