//! The options by which commands find a project, and what they read of it.

use std::path::{Path, PathBuf};

use clap::Args;
use herdgate_actors::{runner::RunFolders, store::SqliteReader};
use miette::IntoDiagnostic;

use super::{
    check,
    outcome::{Unsound, report},
    print,
};
use crate::config::{self, ColorMode, Env, ResolvedConfig};

/// Which project.
#[derive(Debug, Args)]
pub(super) struct Project {
    /// The project: its config.toml, or the folder that holds it. Without it, config.toml of the
    /// current folder, or else its config.example.toml.
    #[arg(long, short, env = "HERDGATE_CONFIG", value_name = "FILE OR FOLDER")]
    pub(super) config: Option<PathBuf>,
}

/// What is served where nothing else is there.
const EXAMPLE: &str = "config.example.toml";

impl Project {
    /// Loads it.
    pub(super) fn plan(&self) -> miette::Result<ResolvedConfig> {
        let ink = if print::colours_on_stderr() { ColorMode::Colour } else { ColorMode::Plain };
        config::load(&self.path(), &Env::of_process())
            .map_err(|problems| Unsound(problems.render(ink, check::WIDTH)).into())
    }

    /// Whether there is anything at all where the project should be.
    pub(super) fn exists(&self) -> bool {
        let path = self.path();
        path.is_file() || is_project(&path)
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        match &self.config {
            Some(path) => path.clone(),
            None if !is_project(Path::new(".")) && Path::new(EXAMPLE).is_file() => PathBuf::from(EXAMPLE),
            None => PathBuf::from("."),
        }
    }

    /// Its data, for commands that read what happened. They work while the configuration is broken,
    /// which they say.
    pub(super) fn records(&self) -> miette::Result<Records> {
        let path = self.path();
        let env = Env::of_process();
        let plan = match config::load(&path, &env) {
            Ok(plan) => Some(plan),
            Err(_) if !self.exists() => return Err(self.missing()),
            Err(_) => {
                print::note("warning: the configuration is broken, `herdgate check` says where; reading on");
                None
            }
        };
        let data_dir =
            plan.as_ref().map_or_else(|| config::data_dir(&path, &env), |plan| plan.data_dir.clone());
        Ok(Records { plan, data_dir })
    }

    fn missing(&self) -> miette::Report {
        report(format!(
            "there is no project in {}\nhelp: go to its folder, or name it with `--config`",
            self.path().display()
        ))
    }
}

/// What a project has recorded, and as much of its configuration as can be read.
pub(super) struct Records {
    /// The configuration, where it is sound.
    pub(super) plan: Option<ResolvedConfig>,
    /// Where store and runs lie.
    pub(super) data_dir: PathBuf,
}

impl Records {
    /// The store, read beside a gate that may be running.
    pub(super) fn store(&self) -> miette::Result<SqliteReader> {
        let path = self.data_dir.join(crate::run::system::DATABASE);
        SqliteReader::open(&path).map_err(|error| {
            let help =
                if path.exists() { "" } else { "\nhelp: has `herdgate serve` run in this project yet?" };
            report(format!("{error}{help}"))
        })
    }

    /// The files that its runs left.
    pub(super) fn folders(&self) -> miette::Result<RunFolders> {
        RunFolders::new(&self.data_dir.join(crate::run::system::RUNS)).into_diagnostic()
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

fn is_project(folder: &Path) -> bool {
    folder.join("config.toml").is_file() || folder.join("agents").is_dir()
}

/// Reads with nobody else on this thread to wait for.
pub(super) fn read<T>(pending: herdgate_actors::store::Pending<T>) -> miette::Result<T> {
    futures_executor::block_on(pending).map_err(report)
}
