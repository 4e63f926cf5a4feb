//! The files of a project.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::agents::{agent_folders, files_of_agent};

/// Every file whose change may change what comes of a project, whether it is there or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    files: BTreeSet<PathBuf>,
    agents_dir: PathBuf,
}

impl Watched {
    pub(super) fn new(files: BTreeSet<PathBuf>, agents_dir: PathBuf) -> Self {
        Self { files, agents_dir }
    }

    /// The folder in which agents come and go.
    pub fn agents_dir(&self) -> &Path {
        &self.agents_dir
    }

    /// Each file, those of the agents that are there now among them. Blocks.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let agents = agent_folders(&self.agents_dir).into_iter();
        self.files.iter().cloned().chain(agents.flat_map(|folder| files_of_agent(&folder)))
    }
}
