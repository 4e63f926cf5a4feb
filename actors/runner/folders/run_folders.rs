//! The folders of all runs, and the files in them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    create::{create_folder, create_folders, write, write_some},
    shared::SharedFiles,
    trash::Trash,
};
use crate::{
    domain::{Attempt, RunId},
    runner::contract::RunRequest,
    telemetry::{Event, emit},
};

/// Of a job that is tried again and again the folders of so many attempts are kept: enough to see
/// whether it always fails alike.
const ATTEMPTS_KEPT: u32 = 5;

/// The folders of all runs.
#[derive(Debug, Clone)]
pub struct RunFolders {
    root: PathBuf,
    /// Beside the root, where there are runs and nothing else.
    pub(super) common: PathBuf,
    shared: Arc<SharedFiles>,
    trash: Arc<Trash>,
}

/// The files of one run; `None` where there was nothing to write.
#[derive(Debug)]
pub(in crate::runner) struct RunFiles {
    pub(in crate::runner) prompt: PathBuf,
    pub(in crate::runner) instructions: Option<PathBuf>,
    pub(in crate::runner) context: Option<PathBuf>,
    pub(in crate::runner) payload: Option<PathBuf>,
    pub(in crate::runner) log: PathBuf,
    /// Where the run may write what it has to say; not there yet.
    pub(in crate::runner) result: PathBuf,
    /// Where the command runs.
    pub(in crate::runner) cwd: PathBuf,
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
    pub(in crate::runner) fn create(&self, request: &RunRequest) -> io::Result<RunFiles> {
        let folder = self.folder(request.run);
        self.create_folder(request.run, &folder)?;
        let cwd = if let Some(cwd) = &request.spec.cwd {
            cwd.clone()
        } else {
            let work = folder.join("work");
            create_folder(&work)?;
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
            result: folder.join("result.json"),
            cwd,
        };
        self.forget_old_attempts(request.run);
        Ok(files)
    }

    /// Removes the folder in which a run worked; it is no failure where there is none.
    pub(in crate::runner) fn remove_work(&self, run: RunId) -> io::Result<()> {
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
                let detail = format!("could not remove the files of the old attempt {old}: {error}");
                emit(Event::Warned { about: "run files", detail });
            }
        }
    }

    fn create_folder(&self, run: RunId, folder: &Path) -> io::Result<()> {
        let create = || create_folder(folder);
        match create().map_err(|error| (error.kind(), error)) {
            Ok(()) => Ok(()),
            Err((io::ErrorKind::NotFound, _)) => {
                create_folders(&self.root)?;
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
