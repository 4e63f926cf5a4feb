//! The options by which commands find a project, and what they read of it.

use std::path::PathBuf;

use herdgate_actors::{runner::RunFolders, store::SqliteReader};
use miette::IntoDiagnostic;

use super::{
    check,
    outcome::{Unsound, report},
    print,
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

    /// Its data, for commands that read what happened. They work while the configuration is broken,
    /// which they say.
    pub(super) fn records(&self) -> miette::Result<Records> {
        let located = self.located()?;
        let plan = self.handle().load().ok();
        if plan.is_none() {
            print::note("warning: the configuration is broken, `herdgate check` says where; reading on");
        }
        Ok(Records { plan, data_dir: located.data_dir.clone(), located })
    }
}

pub(super) fn unsound(problems: &Problems) -> miette::Report {
    Unsound(problems.render(ColorMode::of_stderr(), check::WIDTH)).into()
}

/// What a project has recorded, and as much of its configuration as can be read.
pub(super) struct Records {
    /// The configuration, where it is sound.
    pub(super) plan: Option<ResolvedConfig>,
    /// Where store and runs lie.
    pub(super) data_dir: PathBuf,
    /// What is known of it also where the rest of its configuration is broken.
    pub(super) located: Located,
}

impl Records {
    /// The store, read beside a gate that may be running.
    pub(super) fn store(&self) -> miette::Result<SqliteReader> {
        let path = self.data_dir.join(crate::run::DATABASE);
        SqliteReader::open(&path).map_err(|error| {
            let help =
                if path.exists() { "" } else { "\nhelp: has `herdgate serve` run in this project yet?" };
            report(format!("{error}{help}"))
        })
    }

    /// The files that its runs left.
    pub(super) fn folders(&self) -> miette::Result<RunFolders> {
        RunFolders::new(&self.data_dir.join(crate::run::RUNS)).into_diagnostic()
    }

    /// The names of its agents, where they are known.
    pub(super) fn agents(&self) -> Vec<&str> {
        let agents = self.plan.iter().flat_map(|plan| &plan.agents);
        agents.map(|agent| agent.name().as_str()).collect()
    }

    /// What to say of an agent that is not configured.
    pub(super) fn unknown_agent(&self, name: &str) -> Option<String> {
        let known = self.agents();
        if self.plan.is_none() || known.contains(&name) {
            return None;
        }
        let there = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        Some(format!("no agent `{name}` is configured; there are: {there}"))
    }
}

/// Reads with nobody else on this thread to wait for.
pub(super) fn read<T>(pending: herdgate_actors::store::Pending<T>) -> miette::Result<T> {
    futures_executor::block_on(pending).map_err(report)
}
