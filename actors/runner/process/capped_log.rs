//! A file that takes only so much.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
};

use crate::{
    runner::folders::create_file,
    telemetry::{Event, emit},
};

/// The beginning of a run's output, and a count of the rest.
#[derive(Debug)]
pub(super) struct CappedLog {
    path: PathBuf,
    /// `None` until there is something to write: most files are never made for silent commands.
    file: Option<File>,
    limit: u64,
    kept: u64,
    cut: u64,
    failed: Option<io::Error>,
}

impl CappedLog {
    pub(super) fn new(path: PathBuf, limit: u64) -> Self {
        Self { path, file: None, limit, kept: 0, cut: 0, failed: None }
    }

    /// Whether nothing more is kept: what comes is only counted, which needs no disk.
    pub(super) fn is_full(&self) -> bool {
        self.failed.is_some() || self.kept >= self.limit
    }

    /// Counts what comes after the log is full.
    pub(super) fn cut(&mut self, bytes: usize) {
        self.cut += bytes as u64;
    }

    /// Whether the end of the log has something to tell.
    pub(super) fn is_cut(&self) -> bool {
        self.cut > 0
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.limit - self.kept).unwrap_or(usize::MAX);
        let keep = if self.failed.is_some() { 0 } else { bytes.len().min(room) };
        if keep > 0
            && let Err(error) = self.append(&bytes[..keep])
        {
            emit(Event::OutputLost { log: self.path.display().to_string(), error: error.to_string() });
            self.failed = Some(error);
            self.cut(bytes.len());
            return;
        }
        self.kept += keep as u64;
        self.cut(bytes.len() - keep);
    }

    pub(super) fn finish(mut self) {
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
