//! The options by which commands find a project, and what they read of it.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use clap::Args;
use herdgate_actors::{runner::RunFolders, store::SqliteReader};
use miette::IntoDiagnostic;

use super::{Unsound, check, report};
use crate::{
    api_key,
    client::Api,
    config::{self, ColorMode, Env, ResolvedConfig},
    run::addresses::ListenAddresses,
};

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
        let ink = if std::io::stderr().is_terminal() { ColorMode::Colour } else { ColorMode::Plain };
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

    /// Its store, read beside a gate that may be running.
    pub(super) fn reader(&self) -> miette::Result<(ResolvedConfig, SqliteReader)> {
        let plan = self.plan()?;
        let path = plan.data_dir.join(crate::run::system::DATABASE);
        let reader = SqliteReader::open(&path).map_err(|error| {
            report(format!("{error}\nhelp: has `herdgate serve` run in this project yet?"))
        })?;
        Ok((plan, reader))
    }

    /// The files that its runs left.
    pub(super) fn folders(plan: &ResolvedConfig) -> miette::Result<RunFolders> {
        RunFolders::new(&plan.data_dir.join(crate::run::system::RUNS)).into_diagnostic()
    }

    /// The control API of the gate that serves it.
    pub(super) fn api(&self) -> miette::Result<Api> {
        let plan = self.plan()?;
        let key = api_key::find(&plan).into_diagnostic()?.ok_or_else(|| {
            report("there is no API key yet\nhelp: `herdgate serve` makes one on its first start")
        })?;
        Ok(Api { base: format!("http://{}", ListenAddresses::of(&plan).admin), key })
    }
}

fn is_project(folder: &Path) -> bool {
    folder.join("config.toml").is_file() || folder.join("agents").is_dir()
}

/// Reads with nobody else on this thread to wait for.
pub(super) fn read<T>(pending: herdgate_actors::store::Pending<T>) -> miette::Result<T> {
    super::block_on(pending).map_err(report)
}
