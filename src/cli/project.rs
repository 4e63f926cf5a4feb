//! The options by which commands find a project, and what they read of it.

use std::path::PathBuf;

use super::{
    check,
    outcome::{Unsound, report},
};
use crate::config::{self, ColorMode, Located, Problems, ResolvedConfig};

/// Which project.
#[derive(Debug, Clone)]
pub(super) struct Project {
    path: Option<PathBuf>,
}

impl Project {
    /// The project at `path`, or else in the current folder.
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self { path }
    }

    /// The project, not read yet.
    pub(super) fn handle(&self) -> config::Project {
        config::Project::at(self.path())
    }

    /// Loads it.
    pub(super) fn plan(&self) -> miette::Result<ResolvedConfig> {
        self.handle().load().map_err(|problems| unsound(&problems))
    }

    /// Whether there is anything at all where the project should be.
    pub(super) fn exists(&self) -> bool {
        let path = self.path();
        path.is_file() || path.join("config.toml").is_file() || path.join("agents").is_dir()
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| PathBuf::from("."))
    }

    /// Finds its data, whatever else is wrong with it.
    pub(super) fn located(&self) -> miette::Result<Located> {
        self.handle().locate().map_err(|problems| unsound(&problems))
    }
}

pub(super) fn unsound(problems: &Problems) -> miette::Report {
    Unsound(problems.render(ColorMode::of_stderr(), check::WIDTH)).into()
}

/// Reads with nobody else on this thread to wait for.
pub(super) fn read<T>(pending: herdgate_actors::store::Pending<T>) -> miette::Result<T> {
    futures_executor::block_on(pending).map_err(report)
}
