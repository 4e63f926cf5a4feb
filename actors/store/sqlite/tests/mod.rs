//! What only an engine on a disk can get wrong.

mod failures;
mod files;
mod groups;
mod unreadable;
mod versions;

use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{SqliteEngine, SqliteOptions};
use crate::{
    domain::{CommitResult, LedgerError, ReceiptId, ReceiptSink},
    store::{Queue, StoreError, conformance::Sample},
};

/// An engine in a folder of its own.
struct Disk {
    engine: Arc<SqliteEngine>,
    folder: TempDir,
}

impl Disk {
    fn new() -> Self {
        Self::with(SqliteOptions::default())
    }

    fn with(options: SqliteOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = SqliteEngine::open(&file(folder.path()), options).unwrap();
        Self { engine: Arc::new(engine), folder }
    }

    fn path(&self) -> std::path::PathBuf {
        file(self.folder.path())
    }

    fn record(&self, sample: Sample) -> Result<CommitResult, LedgerError> {
        self.send(sample).1.recv().unwrap()
    }

    /// Queues a record; its answer comes by the receiver.
    fn send(&self, sample: Sample) -> (ReceiptId, Answers) {
        let id = self.engine.ids().receipt(sample.at);
        (id, self.send_as(id, sample))
    }

    fn send_as(&self, id: ReceiptId, sample: Sample) -> Answers {
        let (answer, answered) = std::sync::mpsc::channel();
        let done = Box::new(move |committed| answer.send(committed).unwrap());
        self.engine.record(sample.batch(id, &self.engine.ids()), done);
        let patience = Instant::now() + Duration::from_secs(30);
        while self.engine.shared.is_preparing() && Instant::now() < patience {
            thread::yield_now();
        }
        answered
    }

    /// Keeps the writer busy until the sender is dropped; returns when it is.
    fn hold_writer(&self) -> std::sync::mpsc::Sender<()> {
        let (hold, released) = std::sync::mpsc::channel::<()>();
        let (begin, started) = std::sync::mpsc::channel();
        drop(self.engine.change(move |_| {
            begin.send(()).unwrap();
            let _ = released.recv();
            Ok(())
        }));
        started.recv().unwrap();
        hold
    }
}

type Answers = std::sync::mpsc::Receiver<Result<CommitResult, LedgerError>>;

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("herdgate.db")
}

/// The answer, also where it is a refusal.
fn outcome<T>(pending: crate::store::Pending<T>) -> Result<T, StoreError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pending)
}
