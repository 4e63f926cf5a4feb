//! From what was written to what the actors need.
//!
//! Here is checked what concerns more than one value: names that refer to each other, secrets,
//! schedules, commands. Whatever passes becomes a spec once; nothing behind it checks again.
//! Everything was read before, so the same input always comes to the same output.

mod agents;
mod gateway;
mod keys;
mod preset;
mod prices;
mod run;
mod schedule;
mod sources;
mod triggers;
mod trust;
mod values;

use std::time::Duration;

use herdgate_actors::domain::Timestamp;

pub(super) use gateway::{admin_port, host_address};
pub use triggers::{filter, filter_of_json};

use super::{
    ConfigError, Diagnostic, Env, ResolvedConfig, Warning,
    files::Files,
    layers::{absolute, expand},
};

/// Without a cap of their own, a delivery that ten thousand agents match would start ten thousand
/// processes. Agents wait for their models most of the time, so there may be several for a core.
const RUNS_PER_CORE: usize = 4;
/// Also on the smallest machine some agents can wait at once.
const FEWEST_RUNS: usize = 16;

/// What is known beside the files.
pub(super) struct Inputs<'a> {
    pub(super) env: &'a Env,
    pub(super) now: Timestamp,
    pub(super) cores: usize,
}

/// What the steps share: where they read, and where they report.
struct Resolver<'a> {
    files: &'a Files,
    inputs: &'a Inputs<'a>,
    problems: &'a mut Vec<Diagnostic>,
    warnings: Vec<Warning>,
}

/// What a project comes to. Only of use where no problem was reported.
pub(super) fn resolve(files: &Files, inputs: &Inputs<'_>, problems: &mut Vec<Diagnostic>) -> ResolvedConfig {
    let settings = &files.settings;
    let mut resolver = Resolver { files, inputs, problems, warnings: files.warnings.clone() };
    let gateway = resolver.gateway();
    let sources = resolver.sources(&gateway);
    let agents = resolver.agents(&sources.declared);
    let dedupe_window = resolver.dedupe_window();
    let telemetry = resolver.telemetry();
    let warnings = resolver.warnings;
    ResolvedConfig {
        file: files.layers.file().to_owned(),
        agents_dir: files.agents_dir.clone(),
        data_dir: absolute(expand(&settings.data_dir, &files.layers.root, inputs.env)),
        credentials: files.credentials.clone(),
        gateway,
        mailboxes: settings.mailboxes,
        log: settings.log.clone(),
        telemetry,
        scale: settings.scale,
        max_runs: max_runs(settings.scale, settings.max_runs, inputs.cores),
        history_retention: days(settings.history_retention_days),
        dedupe_window,
        sources: sources.sources,
        verification: sources.verification,
        agents,
        reload_on_change: settings.reload_on_change,
        watched: files.watched(),
        origins: files.origins.clone(),
        places: files.layers.key_origins(),
        warnings,
    }
}

impl Resolver<'_> {
    /// The project's dedupe window. What is known as a duplicate must not be forgotten meanwhile, or
    /// the job that it made would be made once more; so a window that nobody chose gives way to a
    /// shorter history, and one that was chosen is a contradiction.
    fn dedupe_window(&mut self) -> Duration {
        let settings = &self.files.settings;
        let history = days(settings.history_retention_days);
        let mut window = *settings.dedupe_window;
        if window > history && !self.files.layers.mentions("dedupe_window") {
            window = history;
            self.warnings.push(Warning::ShortWindow { days: settings.history_retention_days });
        }
        let own = settings.webhooks.iter().filter_map(|(name, webhook)| {
            Some((format!("webhooks.{name}.dedupe_window"), *webhook.dedupe_window?))
        });
        let longest = own.chain([("dedupe_window".to_owned(), window)]).max_by_key(|(_, window)| *window);
        if let Some((path, longest)) = longest
            && longest > history
        {
            let days = settings.history_retention_days;
            let cause = ConfigError::ShortHistory { days, window: in_words(longest) };
            self.problems.push(self.files.layers.problem(&path, cause));
        }
        window
    }
}

fn days(count: u32) -> Duration {
    Duration::from_hours(u64::from(count) * 24)
}

fn in_words(window: Duration) -> String {
    let (days, rest) = (window.as_secs() / 86_400, window.as_secs() % 86_400);
    if rest == 0 { format!("{days} days") } else { humantime::format_duration(window).to_string() }
}

/// `max_runs`, or `scale`, or as many as the machine bears.
fn max_runs(scale: Option<u32>, max_runs: Option<u32>, cores: usize) -> u32 {
    let bearable = u32::try_from((cores * RUNS_PER_CORE).max(FEWEST_RUNS)).unwrap_or(u32::MAX);
    match (scale, max_runs) {
        (Some(scale), Some(max_runs)) => scale.min(max_runs),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => bearable,
    }
}

/// Whether a name can stand in an URL, a path and a metric as it is.
fn is_usable_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_a_cap_that_nobody_had_to_set() {
        assert_eq!(max_runs(None, None, 1), 16);
        assert_eq!(max_runs(None, None, 32), 128);
        assert_eq!(max_runs(Some(3), None, 32), 3);
        assert_eq!(max_runs(None, Some(500), 1), 500);
        assert_eq!(max_runs(Some(8), Some(500), 1), 8);
    }
}
