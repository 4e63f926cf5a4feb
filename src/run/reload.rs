//! Puts the project in force as its files are now, without losing a delivery or ending a run.

use std::{net::SocketAddr, path::PathBuf};

use herdgate_actors::{
    control::{Applied, Control, ControlError},
    telemetry::{Event, emit},
};

use crate::config::{ColorMode, Problems, Project, ResolvedConfig};

/// Wide enough for a log or an answer: nobody has a terminal there.
const WIDTH: usize = 100;

/// Loads the project again; clones reload the same gate.
#[derive(Clone)]
pub struct Reload {
    project: Project,
    control: Control,
    fixed: Fixed,
}

/// What a gate keeps from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fixed {
    public: SocketAddr,
    admin: SocketAddr,
    data_dir: PathBuf,
}

impl Fixed {
    fn of(plan: &ResolvedConfig) -> Self {
        let gateway = &plan.gateway;
        Self { public: gateway.public, admin: gateway.admin, data_dir: plan.data_dir.clone() }
    }

    /// The keys whose new values wait for the next start.
    fn waiting(&self, now: &Self) -> Vec<&'static str> {
        let keys = [
            (self.public != now.public, "[gateway] host, port"),
            (self.admin != now.admin, "[gateway] admin_host, admin_port"),
            (self.data_dir != now.data_dir, "data_dir"),
        ];
        keys.into_iter().filter_map(|(differs, key)| differs.then_some(key)).collect()
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
        Self { project, control, fixed: Fixed::of(plan) }
    }

    /// Reads all files anew and puts them in force, all or nothing. Tells both.
    ///
    /// # Errors
    /// Any problem in any file; nothing has changed then.
    pub async fn run(&self) -> Result<Applied, ReloadError> {
        let project = self.project.clone();
        // Many small files; a folder on a dead mount must hold up nobody.
        let loaded = tokio::task::spawn_blocking(move || project.load()).await;
        let plan = match loaded {
            Ok(Ok(plan)) => plan,
            Ok(Err(problems)) => return Err(refused(&problems)),
            Err(panic) => return Err(ReloadError::Problems(format!("loading failed: {panic}"))),
        };
        let waiting = self.fixed.waiting(&Fixed::of(&plan));
        if !waiting.is_empty() {
            let detail = format!("these wait for the next start: {}", waiting.join("; "));
            emit(Event::Warned { about: "reload", detail });
        }
        for warning in &plan.warnings {
            emit(Event::Warned { about: "configuration", detail: warning.to_string() });
        }
        Ok(self.control.apply(plan.configuration()).await?)
    }
}

fn refused(problems: &Problems) -> ReloadError {
    let first = problems.iter().next().map(ToString::to_string).unwrap_or_default();
    emit(Event::ReloadFailed { problems: problems.iter().count(), first });
    ReloadError::Problems(problems.render(ColorMode::Plain, WIDTH))
}
