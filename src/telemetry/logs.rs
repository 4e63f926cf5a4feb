//! Logs for people and machines.

use std::{
    io::{self, IsTerminal},
    sync::OnceLock,
};

use herdgate_actors::telemetry::{Event, emit};
use tracing_subscriber::{EnvFilter, Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Libraries whose every start and stop is no news to an operator, and one that calls each request which
/// is no HTTP an error: anybody could fill the disk with those.
const LIBRARIES: &str = "actix_server=warn,tokio_cron_scheduler=warn,actix_http=off";

/// Where another filter can be put in.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Whether log lines of this form are for machines.
pub fn is_json(format: LogFormat) -> bool {
    format == LogFormat::Json || (format == LogFormat::Auto && !io::stderr().is_terminal())
}

/// Sends logs to standard error. `RUST_LOG` chooses what, or else `default`.
pub fn logs(format: LogFormat, default: &str) {
    let by_environment = EnvFilter::try_from_default_env().ok();
    let is_open = by_environment.is_none();
    let (filter, handle) = reload::Layer::new(by_environment.unwrap_or_else(|| filter_of(default)));
    if is_open {
        // Set once, with the subscriber.
        let _ = FILTER.set(handle);
    }
    let registry = tracing_subscriber::registry().with(filter);
    let outcome = if is_json(format) {
        // A fact has all its fields itself; spans would only repeat them.
        let layer = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
        registry.with(layer.with_writer(io::stderr)).try_init()
    } else {
        let ansi = io::stderr().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|no_color| no_color.is_empty());
        registry.with(fmt::layer().with_target(false).with_writer(io::stderr).with_ansi(ansi)).try_init()
    };
    // Set already by a test in the same process: its choice stands.
    drop(outcome);
}

/// Changes what is logged, unless `RUST_LOG` chose it.
pub fn set_log_filter(filter: &str) {
    if let Some(handle) = FILTER.get() {
        // It lives as long as the process.
        let _ = handle.reload(filter_of(filter));
    }
}

fn filter_of(text: &str) -> EnvFilter {
    EnvFilter::new(format!("{LIBRARIES},{text}"))
}

/// Makes panics log lines. Supervised actors come back from theirs.
pub fn panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic
            .payload()
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        emit(Event::Panicked { place, message: message.to_owned() });
    }));
}
