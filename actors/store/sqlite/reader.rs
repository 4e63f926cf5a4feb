//! Threads that read, so that nobody who asks waits for a disk on an arbiter.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    failure::{closed, to_store_error},
    open::{self, OpenError},
    reads,
};
use crate::{
    domain::{AgentName, JobId, ReceiptId, Timestamp},
    store::{
        Backlog, JobDetail, JobQuery, JobRow, Pending, Reads, ReceiptQuery, ReceiptRow, RunQuery, RunRow,
        ScheduleCursor, StoreError, StoredReceipt,
    },
};

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// Each answers one question at a time; a question takes well under a millisecond.
const READERS: usize = 2;
/// More questions than this waiting is a tenth of a second of work: better refuse.
const QUESTIONS: usize = 256;

/// Reads a store, also one that another process writes.
#[derive(Clone)]
pub struct SqliteReader {
    questions: SyncSender<Question>,
}

impl SqliteReader {
    /// Opens a store that exists.
    ///
    /// # Errors
    /// There is none, another version of the program wrote it, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (questions, asked) = mpsc::sync_channel::<Question>(QUESTIONS);
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..READERS {
            let connection = open::connect_reader(path)?;
            let asked = Arc::clone(&asked);
            thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || answer_all(&connection, &asked))
                .map_err(|error| OpenError::File { path: path.to_owned(), error })?;
        }
        Ok(Self { questions })
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (answer, answered) = oneshot::channel();
        let asked = self.questions.try_send(Box::new(move |connection| {
            // Nobody waits for the answer any more: no harm.
            let _ = answer.send(question(connection));
        }));
        Box::pin(async move {
            asked.map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Unavailable("too many questions wait".to_owned()),
                TrySendError::Disconnected(_) => closed(),
            })?;
            answered.await.map_err(|_| closed())?.map_err(|error| to_store_error(&error))
        })
    }
}

fn answer_all(connection: &Connection, asked: &Mutex<Receiver<Question>>) {
    loop {
        // The lock is held while waiting: one reader waits for questions, the others for the lock.
        let Ok(question) = asked.lock().map(|asked| asked.recv()) else { return };
        match question {
            // A panic drops the answer, and the next question is answered all the same.
            Ok(question) => drop(catch_unwind(AssertUnwindSafe(|| question(connection)))),
            Err(mpsc::RecvError) => return,
        }
    }
}

impl Reads for SqliteReader {
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>> {
        self.ask(move |connection| reads::receipt(connection, id))
    }

    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>> {
        self.ask(move |connection| reads::receipts(connection, &query))
    }

    fn job(&self, id: JobId) -> Pending<Option<JobDetail>> {
        self.ask(move |connection| reads::job(connection, id))
    }

    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>> {
        self.ask(move |connection| reads::jobs(connection, &query))
    }

    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>> {
        self.ask(move |connection| reads::runs(connection, &query))
    }

    fn cursors(&self) -> Pending<Vec<ScheduleCursor>> {
        self.ask(reads::cursors)
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.ask(reads::backlog)
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.ask(reads::oldest_due)
    }
}
