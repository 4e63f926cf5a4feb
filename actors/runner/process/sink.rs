//! Where a run's output goes: into its log, and past whoever reads what its program says.

use std::path::PathBuf;

use super::capped_log::CappedLog;
use crate::{
    domain::RunReport,
    preset::{Ended, Lines, StreamReader, Verdict},
};

/// Takes the output of one run, on a thread that may wait for the disk.
#[derive(Debug)]
pub(super) struct Sink {
    log: CappedLog,
    stream: Option<Stream>,
}

/// What a program says of its run while it works.
#[derive(Debug)]
struct Stream {
    lines: Lines,
    reader: Box<dyn StreamReader>,
}

impl Sink {
    pub(super) fn new(log: PathBuf, limit: u64, reader: Option<Box<dyn StreamReader>>) -> Self {
        let stream = reader.map(|reader| Stream { lines: Lines::default(), reader });
        Self { log: CappedLog::new(log, limit), stream }
    }

    /// Whether what comes is only counted, which needs no thread.
    pub(super) fn only_counts(&self) -> bool {
        self.log.is_full() && self.stream.is_none()
    }

    /// Counts what nobody takes any more.
    pub(super) fn count(&mut self, bytes: usize) {
        self.log.cut(bytes);
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.log.write(bytes);
        if let Some(Stream { lines, reader }) = &mut self.stream {
            lines.feed(bytes, reader.as_mut());
        }
    }

    /// Whether the program has said how it ended.
    pub(super) fn has_ended(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.reader.has_ended())
    }

    /// What the program says of its run, given how it ended; and what it told along the way.
    pub(super) fn verdict(&mut self, ended: Ended) -> (Verdict, RunReport) {
        let Some(Stream { lines, reader }) = &mut self.stream else {
            return (Verdict::ByExit, RunReport::default());
        };
        lines.finish(reader.as_mut());
        (reader.verdict(ended), reader.report())
    }

    /// The log, where its end has something to tell.
    pub(super) fn into_log(self) -> Option<CappedLog> {
        Some(self.log).filter(CappedLog::is_cut)
    }
}
