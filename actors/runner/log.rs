//! Reading what a run wrote.
//!
//! The log is at most the agent's `output_limit` and one line long, see the capture that writes it.
//! To follow a run, ask [`RunFolders::output_since`] for what came after the last [`Slice::end`], until
//! the store says that the run is over and the slice is empty.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
};

use crate::{domain::RunId, runner::RunFolders};

/// A piece of a run's output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// As the run wrote it: any bytes, terminal sequences too.
    pub bytes: Vec<u8>,
    /// Where the piece begins, in bytes from the start.
    pub start: u64,
    /// Where it ends: the place to go on from.
    pub end: u64,
}

impl RunFolders {
    /// All output of a run so far. Fails with `NotFound` for a run without a folder.
    pub fn output(&self, run: RunId) -> io::Result<Slice> {
        self.output_since(run, 0, u64::MAX)
    }

    /// The last bytes of a run's output, at most as many as told.
    pub fn tail(&self, run: RunId, at_most: u64) -> io::Result<Slice> {
        let Some(log) = self.open_log(run)? else { return Ok(Slice::default()) };
        let length = log.metadata()?.len();
        read(log, length.saturating_sub(at_most), at_most)
    }

    /// The output of a run from byte `start`, at most as many bytes as told.
    pub fn output_since(&self, run: RunId, start: u64, at_most: u64) -> io::Result<Slice> {
        match self.open_log(run)? {
            Some(log) => read(log, start, at_most),
            None => Ok(Slice { bytes: Vec::new(), start, end: start }),
        }
    }

    /// `None` while the run has written nothing. The agent may write to its folder, so a link in
    /// the log's place is not followed, and a fifo does not block.
    fn open_log(&self, run: RunId) -> io::Result<Option<File>> {
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(self.log(run));
        match opened {
            Ok(log) if log.metadata()?.is_file() => Ok(Some(log)),
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the log is not a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::metadata(self.folder(run)).map(|_| None)
            }
            Err(error) => Err(error),
        }
    }
}

fn read(mut log: File, start: u64, at_most: u64) -> io::Result<Slice> {
    log.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    log.take(at_most).read_to_end(&mut bytes)?;
    let end = start + bytes.len() as u64;
    Ok(Slice { bytes, start, end })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn folder_with_log(content: &[u8]) -> (tempfile::TempDir, RunFolders, RunId) {
        let data = tempfile::tempdir().unwrap();
        let folders = RunFolders::new(&data.path().join("runs")).unwrap();
        let run = "0srk4t5zr0000-1".parse().unwrap();
        fs::create_dir_all(folders.folder(run)).unwrap();
        fs::write(folders.log(run), content).unwrap();
        (data, folders, run)
    }

    #[test]
    fn the_tail_is_the_end_of_the_output_and_tells_where_it_stands() {
        let (_data, folders, run) = folder_with_log(b"one two three");
        let tail = folders.tail(run, 5).unwrap();
        assert_eq!(tail, Slice { bytes: b"three".to_vec(), start: 8, end: 13 });
        assert_eq!(folders.tail(run, 100).unwrap(), folders.output(run).unwrap());
    }

    #[test]
    fn following_gets_every_byte_once() {
        let (_data, folders, run) = folder_with_log(b"first");
        let first = folders.output_since(run, 0, 100).unwrap();
        fs::write(folders.log(run), b"first second").unwrap();
        let second = folders.output_since(run, first.end, 100).unwrap();
        assert_eq!(second.bytes, b" second");
        assert_eq!(folders.output_since(run, second.end, 100).unwrap().bytes, b"");
    }

    #[test]
    fn a_run_without_output_is_told_apart_from_a_run_that_never_was() {
        let (_data, folders, run) = folder_with_log(b"");
        fs::remove_file(folders.log(run)).unwrap();
        assert_eq!(folders.tail(run, 10).unwrap(), Slice::default());
        folders.remove(run).unwrap();
        assert_eq!(folders.tail(run, 10).unwrap_err().kind(), io::ErrorKind::NotFound);
        folders.remove(run).unwrap();
    }

    #[test]
    fn a_log_that_an_agent_replaced_by_a_link_is_not_followed() {
        let (data, folders, run) = folder_with_log(b"");
        let secret = data.path().join("secret");
        fs::write(&secret, "token").unwrap();
        fs::remove_file(folders.log(run)).unwrap();
        symlink(&secret, folders.log(run)).unwrap();
        assert!(folders.output(run).is_err());
    }

    #[test]
    fn texts_that_climb_out_of_the_folder_are_no_run_ids() {
        for text in ["..", "../x", "0srk4t5zr0000-1/../..", "/etc", "", "0srk4t5zr0000-../1", "0srk4t5zr0000"]
        {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
