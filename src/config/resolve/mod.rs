//! From what was written to what the actors need.
//!
//! Here is checked what concerns more than one value: names that refer to each other, secrets,
//! schedules, commands. Whatever passes becomes a spec once; nothing behind it checks again.

mod agents;
mod gateway;
mod run;
mod schedule;
mod sources;
mod triggers;

use std::{path, time::Duration};

use herdgate_actors::domain::Timestamp;

pub use triggers::{filter, filter_of_json};

use super::{
    Diagnostic, Env, ResolvedConfig,
    load::{Files, expand},
    warning::Warning,
};
use crate::credentials::Credentials;

/// What the steps share: where they read, and where they report.
struct Resolver<'a> {
    files: &'a Files,
    env: &'a Env,
    now: Timestamp,
    problems: &'a mut Vec<Diagnostic>,
    warnings: Vec<Warning>,
}

/// The plan of a project. Only of use where no problem was reported.
pub(super) fn plan(
    files: &Files,
    env: &Env,
    now: Timestamp,
    problems: &mut Vec<Diagnostic>,
) -> ResolvedConfig {
    let project = &files.project;
    let credentials = Credentials::at(expand(&project.credentials_dir, &files.root, env));
    let mut resolver = Resolver { files, env, now, problems, warnings: files.warnings.clone() };
    let gateway = resolver.gateway();
    let (sources, declared) = resolver.sources(&credentials);
    let agents = resolver.agents(&declared);
    let warnings = resolver.warnings;
    let data_dir = expand(&project.data_dir, &files.root, env);
    ResolvedConfig {
        file: files.document.path().to_owned(),
        agents_dir: expand(&project.agents_dir, &files.root, env),
        data_dir: absolute(data_dir),
        credentials,
        gateway,
        mailboxes: project.mailboxes,
        log: project.log.clone(),
        scale: project.scale,
        history_retention: Duration::from_hours(u64::from(project.history_retention_days) * 24),
        dedupe_window: project.dedupe_window,
        sources,
        agents,
        warnings,
    }
}

/// Runs have working directories of their own, so what they are told must not depend on ours.
fn absolute(path: path::PathBuf) -> path::PathBuf {
    path::absolute(&path).unwrap_or(path)
}

/// Whether a name can stand in an URL, a path and a metric as it is.
fn is_usable_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}
