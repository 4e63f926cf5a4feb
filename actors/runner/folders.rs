//! What a run leaves on disk.
//!
//! ```text
//! <data>/runs/<run id>/       0700
//!     prompt.md               0600, also the command's standard input
//!     instructions.md         0600, where there are any
//!     context.json            0600, where a delivery caused the run
//!     payload.json            0600, where a delivery caused the run
//!     output.log              0600, once there is output
//!     work/                   0700, where the agent names no folder of its own
//! ```
//! A file without content is not written. Names are made from a [`RunId`] and nothing else, so no
//! text from outside can point elsewhere.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{
    domain::{RunId, RunSpec},
    runner::contract::RunRequest,
};

/// Readable by the gate's user alone.
const FILE_MODE: u32 = 0o600;
/// Enterable by the gate's user alone.
const FOLDER_MODE: u32 = 0o700;

/// The folders of all runs.
#[derive(Debug, Clone)]
pub struct RunFolders {
    root: PathBuf,
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
        Ok(Self { root: std::path::absolute(root)? })
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
    pub fn remove(&self, run: RunId) -> io::Result<()> {
        let folder = self.folder(run);
        match fs::remove_dir_all(&folder).map_err(|error| (error.kind(), error)) {
            Ok(()) | Err((io::ErrorKind::NotFound, _)) => Ok(()),
            // Package caches are often written so that nobody can change them by mistake.
            Err((io::ErrorKind::PermissionDenied, _)) => {
                open_up(&folder)?;
                fs::remove_dir_all(&folder)
            }
            Err((_, error)) => Err(error),
        }
    }

    /// Lays out the folder of a run.
    ///
    /// A folder that is there already belongs to an attempt that the store does not remember, and is
    /// replaced.
    pub(super) fn create(&self, order: &RunRequest) -> io::Result<RunFiles> {
        let folder = self.folder(order.run);
        self.create_folder(order.run, &folder)?;
        let spec: &RunSpec = &order.spec;
        let cwd = if let Some(cwd) = &spec.cwd {
            cwd.clone()
        } else {
            let work = folder.join("work");
            DirBuilder::new().mode(FOLDER_MODE).create(&work)?;
            work
        };
        let prompt = folder.join("prompt.md");
        write(&prompt, order.prompt.as_bytes())?;
        Ok(RunFiles {
            prompt,
            instructions: write_some(folder.join("instructions.md"), spec.instructions.as_bytes())?,
            context: write_some(
                folder.join("context.json"),
                order.context.as_deref().unwrap_or_default().as_bytes(),
            )?,
            payload: write_some(folder.join("payload.json"), order.payload.as_deref().unwrap_or_default())?,
            log: folder.join("output.log"),
            cwd,
        })
    }

    fn create_folder(&self, run: RunId, folder: &Path) -> io::Result<()> {
        let create = || DirBuilder::new().mode(FOLDER_MODE).create(folder);
        match create().map_err(|error| (error.kind(), error)) {
            Ok(()) => Ok(()),
            Err((io::ErrorKind::NotFound, _)) => {
                DirBuilder::new().mode(FOLDER_MODE).recursive(true).create(&self.root)?;
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

/// Gives back the right to change every folder below, links not followed.
fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Creates a file that is not there yet.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_run_is_removed_with_its_write_protected_folders_and_links_are_not_followed() {
        let data = tempfile::tempdir().unwrap();
        let folders = RunFolders::new(&data.path().join("runs")).unwrap();
        let run = "0srk4t5zr0000-1".parse().unwrap();
        let cache = folders.folder(run).join("work/cache");
        fs::create_dir_all(&cache).unwrap();
        fs::write(cache.join("file"), "").unwrap();
        let outside = data.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "").unwrap();
        symlink(&outside, cache.join("link")).unwrap();
        fs::set_permissions(&cache, Permissions::from_mode(0o500)).unwrap();
        open_up(&folders.folder(run)).unwrap();
        assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, FOLDER_MODE);
        fs::set_permissions(&cache, Permissions::from_mode(0o500)).unwrap();
        folders.remove(run).unwrap();
        assert!(!folders.folder(run).exists());
        assert!(outside.join("kept").exists());
    }
}
