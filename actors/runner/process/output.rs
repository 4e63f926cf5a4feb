//! What a run writes, kept up to a limit.
//!
//! Standard output and error share one pipe, so their order is the order in which they were written.
//! The beginning is kept, since it tells what a run set out to do and where its tools first failed;
//! what comes after the limit is read and dropped, so that the command never waits, and one last line
//! says how much that was.

use std::{
    convert::Infallible,
    fs::File,
    io::{self, ErrorKind, Write},
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
};

use tokio::net::unix::pipe::Receiver;

use crate::{
    runner::folders::create_file,
    telemetry::{Event, emit},
};

/// Read at a time; a pipe holds four of these.
const CHUNK: usize = 16 * 1024;
/// The most that is read after the run's end. A pipe holds no more than this, unless its writer is
/// root; only a stray that still writes could go on for ever.
const LAST_WORDS: usize = 1024 * 1024;

/// The output of one run, on its way from the pipe to the log.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Receiver,
    state: PipeState,
    chunk: Box<[u8]>,
    log: CappedLog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PipeState {
    Open,
    Closed,
}

impl Output {
    /// Needs a runtime with I/O.
    pub(super) fn new(pipe: OwnedFd, log: PathBuf, limit: u64) -> io::Result<Self> {
        Ok(Self {
            pipe: Receiver::from_owned_fd(pipe)?,
            state: PipeState::Open,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            log: CappedLog::new(log, limit),
        })
    }

    /// Carries output into the log, and never returns. May be dropped at any await: nothing is lost.
    pub(super) async fn carry(&mut self) -> Infallible {
        while self.state == PipeState::Open {
            let ready = self.pipe.readable().await;
            match ready.and_then(|()| self.pipe.try_read(&mut self.chunk)) {
                Ok(0) => self.state = PipeState::Closed,
                Ok(read) => self.log.write(&self.chunk[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.state = PipeState::Closed,
            }
        }
        std::future::pending().await
    }

    /// Carries what is left in the pipe after the run's end, and closes the log.
    pub(super) fn finish(mut self) {
        let mut left = LAST_WORDS;
        while self.state == PipeState::Open && left > 0 {
            // Past tokio, which may not have heard yet that there is something to read.
            match rustix::io::read(self.pipe.as_fd(), &mut self.chunk[..]) {
                Ok(read @ 1..) => {
                    self.log.write(&self.chunk[..read]);
                    left = left.saturating_sub(read);
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(0) | Err(_) => self.state = PipeState::Closed,
            }
        }
        self.log.finish();
    }
}

/// A file that takes only so much.
#[derive(Debug)]
struct CappedLog {
    path: PathBuf,
    /// `None` until there is something to write: most files are never made for silent commands.
    file: Option<File>,
    limit: u64,
    kept: u64,
    cut: u64,
    failed: Option<io::Error>,
}

impl CappedLog {
    fn new(path: PathBuf, limit: u64) -> Self {
        Self { path, file: None, limit, kept: 0, cut: 0, failed: None }
    }

    fn write(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.limit - self.kept).unwrap_or(usize::MAX);
        let keep = if self.failed.is_some() { 0 } else { bytes.len().min(room) };
        if keep > 0
            && let Err(error) = self.append(&bytes[..keep])
        {
            emit(Event::OutputLost { log: self.path.display().to_string(), error: error.to_string() });
            self.failed = Some(error);
            self.cut += bytes.len() as u64;
            return;
        }
        self.kept += keep as u64;
        self.cut += (bytes.len() - keep) as u64;
    }

    fn finish(mut self) {
        if self.cut == 0 {
            return;
        }
        let why = self.failed.take().map_or_else(
            || format!("only the first {} bytes are kept", self.limit),
            |error| format!("writing failed: {error}"),
        );
        let line = format!("\n[herdgate: {} bytes of output were cut: {why}]\n", self.cut);
        // A log that cannot be written was told of above.
        let _ = self.append(line.as_bytes());
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(create_file(&self.path)?),
        };
        file.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(limit: u64, pieces: &[&str]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output.log");
        let mut log = CappedLog::new(path.clone(), limit);
        for piece in pieces {
            log.write(piece.as_bytes());
        }
        log.finish();
        std::fs::read_to_string(path).ok()
    }

    #[test]
    fn output_within_the_limit_is_kept_as_it_is() {
        assert_eq!(written(6, &["abc", "def"]).as_deref(), Some("abcdef"));
        assert_eq!(written(6, &[]), None);
    }

    #[test]
    fn output_beyond_the_limit_is_counted_on_the_last_line() {
        let log = written(4, &["abc", "def", "g"]).unwrap();
        assert_eq!(log, "abcd\n[herdgate: 3 bytes of output were cut: only the first 4 bytes are kept]\n");
    }

    #[test]
    fn a_limit_of_nothing_still_tells_what_was_cut() {
        let log = written(0, &["abc"]).unwrap();
        assert!(log.contains("3 bytes of output were cut"), "{log}");
    }

    #[test]
    fn a_log_that_cannot_be_written_does_not_end_the_run() {
        let mut log = CappedLog::new("/nonexistent/output.log".into(), 10);
        log.write(b"abc");
        log.write(b"def");
        assert_eq!((log.kept, log.cut), (0, 6));
        log.finish();
    }
}
