//! The threads that touch the disk for runs under way.
//!
//! A write may take as long as the disk hangs, and no runtime thread may wait for that.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::{Sender, unbounded};
use tokio::sync::oneshot;

/// Runs share one disk; a second thread writes while the first waits for the file system.
const THREADS: usize = 2;

type Job = Box<dyn FnOnce() + Send>;

/// Does things with files, off the runtime. Each run has at most one job here, so the runs bound the
/// queue. The threads end when this is dropped.
#[derive(Debug)]
pub(super) struct FileThreads {
    jobs: Sender<Job>,
}

impl FileThreads {
    pub(super) fn start() -> io::Result<Self> {
        let (jobs, queue) = unbounded::<Job>();
        for _ in 0..THREADS {
            let queue = queue.clone();
            thread::Builder::new().name("run-files".to_owned()).spawn(move || {
                for job in queue {
                    // A job that panics drops its answer, which tells whoever waits.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Begins a job; its answer comes later, or never if it panicked.
    pub(super) fn begin<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (answer, answered) = oneshot::channel();
        // The threads live for as long as this does.
        let _ = self.jobs.send(Box::new(move || drop(answer.send(job()))));
        answered
    }
}
