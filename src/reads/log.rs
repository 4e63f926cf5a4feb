//! What runs left on disk. It is read on threads that may wait for a disk.

use std::{fs::File, io, io::Read};

use herdgate_actors::{
    domain::RunId,
    runner::{RunFolders, Slice},
};

use super::{Reads, problems::no_run};
use crate::api::problem::{Kind, Problem};

/// The most of a log that is read at once.
const CHUNK: u64 = 256 * 1024;
/// The most of a prompt that is shown.
const PROMPT: u64 = 256 * 1024;

/// What the files of a run tell.
#[derive(Debug, Default)]
pub(super) struct RunFiles {
    pub(super) log_bytes: Option<u64>,
    pub(super) prompt: Option<String>,
}

/// A part of a log.
#[derive(Debug, Clone)]
pub struct LogPart {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it begins, from the start of the log.
    pub start: u64,
    /// How long the log is so far.
    pub length: u64,
}

impl Reads {
    pub(super) async fn files_of(&self, run: RunId) -> RunFiles {
        let folders = self.folders.clone();
        let read =
            move || RunFiles { log_bytes: length(&folders, run).ok(), prompt: prompt(&folders, run).ok() };
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    /// How many bytes a run has printed so far.
    ///
    /// # Errors
    /// Its files are gone, or there never were any.
    pub async fn log_length(&self, run: RunId) -> Result<u64, Problem> {
        let folders = self.folders.clone();
        read_aside(run, move || length(&folders, run)).await
    }

    /// A part of what a run printed, from byte `start`, at most [`CHUNK`] of it.
    ///
    /// # Errors
    /// Its files are gone, or there never were any.
    pub async fn log(&self, run: RunId, start: u64, at_most: u64) -> Result<LogPart, Problem> {
        let folders = self.folders.clone();
        read_aside(run, move || {
            let Slice { bytes, start, .. } = folders.output_since(run, start, at_most.min(CHUNK))?;
            Ok(LogPart { bytes, start, length: length(&folders, run)? })
        })
        .await
    }
}

async fn read_aside<T: Send + 'static>(
    run: RunId,
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(Problem { detail: format!("the files of run {run} are gone"), ..no_run(run) })
        }
        Ok(Err(error)) => Err(Problem::new(Kind::Unavailable, format!("cannot read the log: {error}"))),
        Err(error) => Err(Problem::new(Kind::Unavailable, error.to_string())),
    }
}

fn length(folders: &RunFolders, run: RunId) -> io::Result<u64> {
    // By its last byte, in the way in which logs are opened safely.
    Ok(folders.tail(run, 0)?.start)
}

/// The agent may write to its folder, and put there what it likes.
fn prompt(folders: &RunFolders, run: RunId) -> io::Result<String> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(folders.folder(run).join("prompt.md"))?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    file.take(PROMPT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
