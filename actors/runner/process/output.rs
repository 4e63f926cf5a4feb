//! What a run writes, kept up to a limit.
//!
//! Standard output and error share one pipe, so their order is the order in which they were written.
//! The beginning is kept, since it tells what a run set out to do and where its tools first failed;
//! what comes after the limit is read and dropped, so that the command never waits, and one last line
//! says how much that was.
//!
//! Read on the runtime, written by the [`FileThreads`], one piece at a time: a disk that hangs holds up
//! the commands that write, each at the end of its pipe, and nobody else.

use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use tokio::{net::unix::pipe::Receiver, sync::oneshot, time::Instant};

use super::{files::FileThreads, sink::Sink};

/// Read at a time; a pipe holds four of these.
const CHUNK: usize = 16 * 1024;
/// The most that is read after the run's end. A pipe holds no more than this, unless its writer is
/// root; only an orphan that still writes could go on for ever.
const DRAIN_LIMIT: usize = 1024 * 1024;

/// The program has said how it ended, and should end now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SaidItsEnd;

/// The output of one run, on its way from the pipe to the log.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Receiver,
    state: PipeState,
    /// Made with the first output, since many commands have none.
    chunk: Vec<u8>,
    /// `None` while it is written to, and for good if that panicked.
    sink: Option<Sink>,
    writing: Option<oneshot::Receiver<(Sink, Vec<u8>)>>,
    files: Arc<FileThreads>,
    last_heard: Instant,
    has_told_its_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PipeState {
    Open,
    Closed,
}

impl Output {
    /// Needs a runtime with I/O.
    pub(super) fn new(pipe: OwnedFd, sink: Sink, files: Arc<FileThreads>) -> io::Result<Self> {
        Ok(Self {
            pipe: Receiver::from_owned_fd(pipe)?,
            state: PipeState::Open,
            chunk: Vec::new(),
            sink: Some(sink),
            writing: None,
            files,
            last_heard: Instant::now(),
            has_told_its_end: false,
        })
    }

    /// When there was output last.
    pub(super) const fn last_heard(&self) -> Instant {
        self.last_heard
    }

    /// Moves output into the log. Returns once, when the program has said how it ended. May be dropped
    /// at any await: nothing is lost.
    pub(super) async fn pump(&mut self) -> SaidItsEnd {
        loop {
            self.written().await;
            if !self.has_told_its_end && self.sink.as_ref().is_some_and(Sink::has_ended) {
                self.has_told_its_end = true;
                return SaidItsEnd;
            }
            if self.state == PipeState::Closed {
                return std::future::pending().await;
            }
            let ready = self.pipe.readable().await;
            self.chunk.resize(CHUNK, 0);
            match ready.and_then(|()| self.pipe.try_read(&mut self.chunk)) {
                Ok(0) => self.state = PipeState::Closed,
                Ok(read) => self.write(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.state = PipeState::Closed,
            }
        }
    }

    /// Moves what is left in the pipe after the run's end. Nothing, where writing it panicked.
    pub(super) async fn drain(mut self) -> Option<Sink> {
        let mut left = DRAIN_LIMIT;
        loop {
            self.written().await;
            if self.state == PipeState::Closed || left == 0 {
                return self.sink;
            }
            self.chunk.resize(CHUNK, 0);
            // Past tokio, which may not have heard yet that there is something to read.
            match rustix::io::read(self.pipe.as_fd(), &mut self.chunk[..]) {
                Ok(read @ 1..) => {
                    left = left.saturating_sub(read);
                    self.write(read);
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(0) | Err(_) => self.state = PipeState::Closed,
            }
        }
    }

    /// Waits until the log is back from the disk.
    async fn written(&mut self) {
        if let Some(writing) = &mut self.writing {
            if let Ok((sink, chunk)) = writing.await {
                (self.sink, self.chunk) = (Some(sink), chunk);
            }
            self.writing = None;
        }
    }

    fn write(&mut self, bytes: usize) {
        self.last_heard = Instant::now();
        match self.sink.take() {
            Some(mut sink) if sink.only_counts() => {
                sink.count(bytes);
                self.sink = Some(sink);
            }
            Some(mut sink) => {
                let chunk = std::mem::take(&mut self.chunk);
                self.writing = Some(self.files.begin(move || {
                    sink.take(&chunk[..bytes]);
                    (sink, chunk)
                }));
            }
            None => {}
        }
    }
}
