//! Puts the project in force as its files are now, without losing a delivery or ending a run.

use std::sync::Arc;

use arc_swap::ArcSwap;
use herdgate_actors::{
    control::{Applied, Control, ControlError},
    domain::{Clock, Timestamp},
    telemetry::{Event, emit},
};
use tokio::sync::{Mutex, watch};

use super::{
    configuration_state::{ConfigurationState, Refused},
    live::Live,
    service_manager,
    watch::Stamp,
};
use crate::config::{ColorMode, Difference, EffectiveConfig, Problems, Project, ResolvedConfig, Watched};

/// Wide enough for a log or an answer: nobody has a terminal there.
const WIDTH: usize = 100;

/// Loads the project again; clones reload the same gate.
#[derive(Clone)]
pub struct Reload(Arc<Shared>);

struct Shared {
    project: Project,
    control: Control,
    clock: Clock,
    live: Live,
    in_force: ArcSwap<ResolvedConfig>,
    /// The files that were read last, in force or not.
    watched: ArcSwap<Watched>,
    state: watch::Sender<ConfigurationState>,
    /// What the files were like when they were read last. Held from the first file to the end, so that
    /// no older reading of the files comes in force after a newer one.
    stamp: Mutex<Stamp>,
}

/// What has come of a reload.
#[derive(Debug)]
pub struct Reloaded {
    /// What is in force.
    pub applied: Applied,
    /// The keys whose new values wait for the next start.
    pub waiting: Vec<&'static str>,
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

/// What was read, and what of.
struct Read {
    plan: Result<ResolvedConfig, Problems>,
    watched: Watched,
    stamp: Stamp,
}

impl Read {
    /// Blocks: many small files, perhaps on a mount that is dead.
    fn now(project: &Project, known: &Watched, clock: &Clock) -> Self {
        let (before, begun) = (Stamp::of(known), clock.now());
        let plan = project.load();
        let watched = match &plan {
            Ok(plan) => plan.watched.clone(),
            Err(_) => project.watched(),
        };
        let stamp = before.after(&watched, begun);
        Self { plan, watched, stamp }
    }
}

impl Reload {
    /// For a gate that has just put in force what it began to read at `begun`.
    pub(super) fn new(
        project: Project,
        control: Control,
        clock: Clock,
        live: Live,
        (plan, applied, begun): (ResolvedConfig, &Applied, Timestamp),
    ) -> Self {
        let stamp = Stamp::default().after(&plan.watched, begun);
        let state = ConfigurationState {
            revision: applied.revision,
            since: applied.since,
            waiting: Vec::new(),
            refused: None,
        };
        Self(Arc::new(Shared {
            project,
            control,
            clock,
            live,
            watched: ArcSwap::from_pointee(plan.watched.clone()),
            in_force: ArcSwap::from_pointee(plan),
            state: watch::Sender::new(state),
            stamp: Mutex::new(stamp),
        }))
    }

    /// What is in force.
    pub fn in_force(&self) -> Arc<ResolvedConfig> {
        self.0.in_force.load_full()
    }

    /// Which revision is in force, and whether the files say something else that was refused.
    pub fn state(&self) -> ConfigurationState {
        self.0.state.borrow().clone()
    }

    /// The same, whenever it changes or is confirmed.
    pub(super) fn applied(&self) -> watch::Receiver<ConfigurationState> {
        self.0.state.subscribe()
    }

    /// The files of the project.
    pub(super) fn watched(&self) -> Arc<Watched> {
        self.0.watched.load_full()
    }

    /// Whether the files are not those any more that were read last. Waits for a reload under way.
    pub(super) async fn is_behind(&self) -> bool {
        let known = self.0.stamp.lock().await;
        let watched = self.watched();
        let now = tokio::task::spawn_blocking(move || Stamp::of(&watched)).await;
        now.is_ok_and(|now| now != *known)
    }

    /// What the files would change if they were put in force now, secrets told apart by `salt`; nothing
    /// where they are what was read last, and that is in force or was refused.
    ///
    /// # Errors
    /// The files are wrong: every problem, with its place.
    pub async fn ahead(&self, salt: &[u8]) -> Result<Vec<Difference>, String> {
        if self.state().waiting.is_empty() && !self.is_behind().await {
            return Ok(Vec::new());
        }
        let (shared, salt) = (Arc::clone(&self.0), salt.to_vec());
        let compare = move || match shared.project.load() {
            Err(problems) => Err(problems.render(ColorMode::Plain, WIDTH)),
            Ok(plan) => {
                let in_force = EffectiveConfig::with_fingerprints(&shared.in_force.load(), &salt);
                Ok(in_force.differences(&EffectiveConfig::with_fingerprints(&plan, &salt)))
            }
        };
        tokio::task::spawn_blocking(compare)
            .await
            .unwrap_or_else(|panic| Err(format!("loading failed: {panic}")))
    }

    /// Reads all files anew and puts them in force, all or nothing. Tells both.
    ///
    /// # Errors
    /// Any problem in any file; nothing has changed then.
    pub async fn run(&self) -> Result<Reloaded, ReloadError> {
        let mut stamp = self.0.stamp.lock().await;
        let _told = service_manager::Reloading::begin();
        let shared = Arc::clone(&self.0);
        let read = move || Read::now(&shared.project, &shared.watched.load(), &shared.clock);
        let Read { plan, watched, stamp: read_stamp } = match tokio::task::spawn_blocking(read).await {
            Ok(read) => read,
            Err(panic) => return Err(self.refuse(1, format!("loading failed: {panic}"), None)),
        };
        self.0.watched.store(Arc::new(watched));
        *stamp = read_stamp;
        let plan = match plan {
            Ok(plan) => plan,
            Err(problems) => {
                let first = problems.iter().next().map(crate::config::Diagnostic::in_one_line);
                let report = problems.render(ColorMode::Plain, WIDTH);
                return Err(self.refuse(problems.iter().count(), first.unwrap_or_default(), Some(report)));
            }
        };
        match self.put(plan).await {
            Ok(reloaded) => Ok(reloaded),
            Err(error) => {
                // The files are right, so they are tried again at the next look.
                *stamp = Stamp::default();
                if !matches!(error, ControlError::Busy) {
                    drop(self.refuse(1, error.to_string(), None));
                }
                Err(error.into())
            }
        }
    }

    async fn put(&self, plan: ResolvedConfig) -> Result<Reloaded, ControlError> {
        let before = self.in_force();
        let (plan, waiting) = plan.beside(&before);
        let applied = self.0.control.apply(plan.configuration()).await?;
        self.0.live.put(&before, &plan);
        let state = self.state();
        if !waiting.is_empty() && state.waiting != waiting {
            let detail = format!("these wait for the next start: {}", waiting.join("; "));
            emit(Event::Warned { about: "reload", detail });
        }
        for warning in plan.warnings.iter().filter(|warning| !before.warnings.contains(warning)) {
            emit(Event::Warned { about: "configuration", detail: warning.to_string() });
        }
        if state.refused.is_some() {
            emit(Event::RefusalEnded { revision: applied.revision.0 });
        }
        self.0.in_force.store(Arc::new(plan));
        self.0.state.send_replace(ConfigurationState {
            revision: applied.revision,
            since: applied.since,
            waiting: waiting.clone(),
            refused: None,
        });
        Ok(Reloaded { applied, waiting })
    }

    /// Keeps what is in force, and says why.
    fn refuse(&self, problems: usize, first: String, report: Option<String>) -> ReloadError {
        emit(Event::ReloadFailed { problems, first: first.clone() });
        let report = report.unwrap_or_else(|| first.clone());
        let now: Timestamp = self.0.clock.now();
        self.0.state.send_modify(|state| {
            let since = state.refused.as_ref().map_or(now, |refused| refused.since);
            let refused = Refused { since, tried_at: now, problems, first, report: report.clone() };
            state.refused = Some(Arc::new(refused));
        });
        ReloadError::Problems(report)
    }
}
