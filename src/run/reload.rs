//! Puts the project in force as its files are now, without losing a delivery or ending a run.

use std::sync::Arc;

use herdgate_actors::{
    control::{Applied, Control, ControlError},
    telemetry::{Event, emit},
};
use tokio::sync::Mutex;

use crate::config::{ColorMode, Problems, Project, ResolvedConfig};

/// Wide enough for a log or an answer: nobody has a terminal there.
const WIDTH: usize = 100;

/// Loads the project again; clones reload the same gate.
#[derive(Clone)]
pub struct Reload {
    project: Project,
    control: Control,
    fixed: Fixed,
    /// Held from the first file to the end, so that no older reading of the files comes in force
    /// after a newer one.
    one_at_a_time: Arc<Mutex<()>>,
}

/// What has come of a reload.
#[derive(Debug)]
pub struct Reloaded {
    /// What is in force.
    pub applied: Applied,
    /// The keys whose new values wait for the next start.
    pub waiting: Vec<&'static str>,
}

/// What a gate keeps from its start to its end: each key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fixed(Vec<(&'static str, String)>);

impl Fixed {
    fn of(plan: &ResolvedConfig) -> Self {
        let ResolvedConfig { gateway, mailboxes, log, .. } = plan;
        Self(vec![
            ("data_dir", plan.data_dir.display().to_string()),
            ("[gateway] host, port", gateway.public.to_string()),
            ("[gateway] admin_host, admin_port", gateway.admin.to_string()),
            ("[gateway] admin_hosts", gateway.admin_hosts.join(",")),
            ("[gateway] trusted_proxies", format!("{:?}", gateway.trusted_proxies)),
            ("[gateway] answer_within", format!("{:?}", gateway.answer_within)),
            ("[gateway] body_limit", gateway.body_limit.to_string()),
            ("[gateway] max_connections", gateway.max_connections.to_string()),
            ("[gateway] request_timeout", format!("{:?}", gateway.request_timeout)),
            ("[gateway] shutdown_grace", format!("{:?}", gateway.shutdown_grace)),
            ("[mailboxes]", format!("{mailboxes:?}")),
            ("[log]", format!("{log:?}")),
            ("scale, max_runs", plan.max_runs.to_string()),
            ("history_retention_days", format!("{:?}", plan.history_retention)),
            ("dedupe_window", format!("{:?}", plan.dedupe_window)),
        ])
    }

    /// The keys whose new values wait for the next start.
    fn waiting(&self, now: &Self) -> Vec<&'static str> {
        let pairs = self.0.iter().zip(&now.0);
        pairs.filter_map(|(then, now)| (then != now).then_some(then.0)).collect()
    }
}

/// Why the configuration that was in force stays in force.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The files are wrong; every problem, with its place.
    #[error("{0}")]
    Problems(String),
    /// The gate does not take it.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Reload {
    pub(super) fn new(project: Project, control: Control, plan: &ResolvedConfig) -> Self {
        Self { project, control, fixed: Fixed::of(plan), one_at_a_time: Arc::default() }
    }

    /// Reads all files anew and puts them in force, all or nothing. Tells both.
    ///
    /// # Errors
    /// Any problem in any file; nothing has changed then.
    pub async fn run(&self) -> Result<Reloaded, ReloadError> {
        let _alone = self.one_at_a_time.lock().await;
        let project = self.project.clone();
        // Many small files; a folder on a dead mount must hold up nobody.
        let loaded = tokio::task::spawn_blocking(move || project.load()).await;
        let plan = match loaded {
            Ok(Ok(plan)) => plan,
            Ok(Err(problems)) => return Err(refused(&problems)),
            Err(panic) => {
                let first = format!("loading failed: {panic}");
                emit(Event::ReloadFailed { problems: 1, first: first.clone() });
                return Err(ReloadError::Problems(first));
            }
        };
        let waiting = self.fixed.waiting(&Fixed::of(&plan));
        if !waiting.is_empty() {
            let detail = format!("these wait for the next start: {}", waiting.join("; "));
            emit(Event::Warned { about: "reload", detail });
        }
        for warning in &plan.warnings {
            emit(Event::Warned { about: "configuration", detail: warning.to_string() });
        }
        Ok(Reloaded { applied: self.control.apply(plan.configuration()).await?, waiting })
    }
}

fn refused(problems: &Problems) -> ReloadError {
    let first = problems.iter().next().map(ToString::to_string).unwrap_or_default();
    emit(Event::ReloadFailed { problems: problems.iter().count(), first });
    ReloadError::Problems(problems.render(ColorMode::Plain, WIDTH))
}
