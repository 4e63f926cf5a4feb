//! What a run leaves on disk.
//!
//! ```text
//! <data>/runs/<run id>/       0700
//!     prompt.md               0600, also the command's standard input
//!     instructions.md         0400, where there are any; one file for all runs that have the same
//!     context.json            0600, where a delivery caused the run
//!     payload.json            0400, where a delivery caused the run; one file for all of its runs
//!     output.log              0600, once there is output
//!     work/                   0700, where the agent names no folder of its own; see `KeepWork`
//! <data>/runs-common/         0700
//!     gate                    0600, names this data folder, whichever gate lives on it
//!     shared/                 what runs share
//!     trash/                  what is being deleted
//! ```
//! A file without content is not written. Names are made from a [`RunId`] and nothing else, so no
//! text from outside can point elsewhere.

mod gate;
mod shared;
mod trash;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{shared::SharedFiles, trash::Trash};
use crate::{
    domain::{Attempt, RunId},
    runner::contract::RunRequest,
};

/// Readable by the gate's user alone.
const FILE_MODE: u32 = 0o600;
/// What several runs look at, none shall change for the others.
const SHARED_MODE: u32 = 0o400;
/// Enterable by the gate's user alone.
const FOLDER_MODE: u32 = 0o700;
/// Of a job that is tried again and again the folders of so many attempts are kept: enough to see
/// whether it always fails alike.
const ATTEMPTS_KEPT: u32 = 5;

/// The folders of all runs.
#[derive(Debug, Clone)]
pub struct RunFolders {
    root: PathBuf,
    /// Beside the root, where there are runs and nothing else.
    common: PathBuf,
    shared: Arc<SharedFiles>,
    trash: Arc<Trash>,
}

/// The files of one run; `None` where there was nothing to write.
#[derive(Debug)]
pub(super) struct RunFiles {
    pub(super) prompt: PathBuf,
    pub(super) instructions: Option<PathBuf>,
    pub(super) context: Option<PathBuf>,
    pub(super) payload: Option<PathBuf>,
    pub(super) log: PathBuf,
    /// Where the command runs.
    pub(super) cwd: PathBuf,
}

impl RunFolders {
    /// Folders under `root`, usually `<data>/runs`; it is created with the first run.
    ///
    /// Fails where `root` is relative and the current directory is gone.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = std::path::absolute(root)?;
        let mut common = root.clone().into_os_string();
        common.push("-common");
        let common = PathBuf::from(common);
        let shared = Arc::new(SharedFiles::new(common.join("shared")));
        let trash = Arc::new(Trash::new(common.join("trash")));
        Ok(Self { root, common, shared, trash })
    }

    /// The folder of a run, whether it exists or not.
    pub fn folder(&self, run: RunId) -> PathBuf {
        self.root.join(run.to_string())
    }

    /// The file that holds the run's output; absent while the run has written nothing.
    pub fn log(&self, run: RunId) -> PathBuf {
        self.folder(run).join("output.log")
    }

    /// Removes all that a run left. A run that left nothing is no failure.
    ///
    /// It is gone from its place when this returns, which takes one rename; the janitor deletes it in
    /// its own time (see [`Self::start_janitor`]).
    pub fn remove(&self, run: RunId) -> io::Result<()> {
        self.trash.take(&self.folder(run))
    }

    /// Starts the thread that deletes what was removed, also by an earlier life of this gate, and what
    /// no run shares any more. It ends with the last clone of these folders.
    pub fn start_janitor(&self) -> io::Result<()> {
        Trash::start_janitor(&self.trash, self.common.join("shared"))
    }

    /// Lays out the folder of a run.
    ///
    /// A folder that is there already belongs to an attempt that the store does not remember, and is
    /// replaced.
    pub(super) fn create(&self, request: &RunRequest) -> io::Result<RunFiles> {
        let folder = self.folder(request.run);
        self.create_folder(request.run, &folder)?;
        let cwd = if let Some(cwd) = &request.spec.cwd {
            cwd.clone()
        } else {
            let work = folder.join("work");
            DirBuilder::new().mode(FOLDER_MODE).create(&work)?;
            work
        };
        let prompt = folder.join("prompt.md");
        write(&prompt, request.prompt.as_bytes())?;
        let context = request.context.as_deref().unwrap_or_default().as_bytes();
        let files = RunFiles {
            prompt,
            instructions: self.instructions(request, folder.join("instructions.md"))?,
            context: write_some(folder.join("context.json"), context)?,
            payload: self.payload(request, folder.join("payload.json"))?,
            log: folder.join("output.log"),
            cwd,
        };
        self.forget_old_attempts(request.run);
        Ok(files)
    }

    /// Removes the folder in which a run worked; it is no failure where there is none.
    pub(super) fn remove_work(&self, run: RunId) -> io::Result<()> {
        let work = self.folder(run).join("work");
        // Most are empty, which saves the way to the trash.
        match fs::remove_dir(&work) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(_) => self.trash.take(&work),
        }
    }

    fn instructions(&self, request: &RunRequest, path: PathBuf) -> io::Result<Option<PathBuf>> {
        let text = &request.spec.instructions;
        if text.is_empty() {
            return Ok(None);
        }
        self.shared.link_instructions(text, &path)?;
        Ok(Some(path))
    }

    /// The body of a delivery is the same for each of its runs and each of their attempts.
    fn payload(&self, request: &RunRequest, path: PathBuf) -> io::Result<Option<PathBuf>> {
        let content = request.payload.as_deref().unwrap_or_default();
        if content.is_empty() {
            return Ok(None);
        }
        let earlier = request.run.attempt.0.checked_sub(1).filter(|attempt| *attempt > 0).map(|attempt| {
            let earlier = RunId { job: request.run.job, attempt: Attempt(attempt) };
            self.folder(earlier).join("payload.json")
        });
        self.shared.link_payload(request.receipt, earlier.as_deref(), content, &path)?;
        Ok(Some(path))
    }

    /// That a job has too many folders is no reason not to run it.
    fn forget_old_attempts(&self, run: RunId) {
        if let Some(attempt) = run.attempt.0.checked_sub(ATTEMPTS_KEPT).filter(|attempt| *attempt > 0) {
            let old = RunId { job: run.job, attempt: Attempt(attempt) };
            if let Err(error) = self.remove(old) {
                tracing::warn!(run = %old, %error, "could not remove the files of an old attempt");
            }
        }
    }

    fn create_folder(&self, run: RunId, folder: &Path) -> io::Result<()> {
        let create = || DirBuilder::new().mode(FOLDER_MODE).create(folder);
        match create().map_err(|error| (error.kind(), error)) {
            Ok(()) => Ok(()),
            Err((io::ErrorKind::NotFound, _)) => {
                create_private_folder(&self.root)?;
                create()
            }
            Err((io::ErrorKind::AlreadyExists, _)) => {
                self.remove(run)?;
                create()
            }
            Err((_, error)) => Err(error),
        }
    }
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).recursive(true).create(path)
}

/// Creates a file that is not there yet.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    create_with_mode(path, FILE_MODE)
}

fn create_with_mode(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    create_file(path)?.write_all(content)
}

fn write_some(path: PathBuf, content: &[u8]) -> io::Result<Option<PathBuf>> {
    if content.is_empty() {
        return Ok(None);
    }
    write(&path, content)?;
    Ok(Some(path))
}
