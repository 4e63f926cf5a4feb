//! Threads that read, so that nobody who asks waits for a disk on an arbiter.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    failure::{FailureScope, closed, pass, to_store_error},
    open::{self, OpenError},
    operators,
    queue::Shared,
    revisions, views,
};
use crate::{
    domain::{AgentName, AnyId, JobId, ReceiptId, SourceName, Timestamp},
    store::{
        Backlog, ChangeQuery, ChangeRow, CountOf, DeadLetters, Found, JobDetail, JobQuery, JobRow,
        OutcomeCount, Pending, ReceiptQuery, ReceiptRow, RevisionQuery, RevisionRow, RunQuery, RunRow,
        StoreError, StoredReceipt, Views,
    },
};

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// Each answers one question at a time; a question takes well under a millisecond.
const READERS: usize = 2;
/// More questions of onlookers than this waiting is a tenth of a second of work: better refuse.
const QUESTIONS: usize = 256;

/// Reads a store, also one that another process writes.
#[derive(Clone)]
pub struct SqliteReader {
    questions: Sender<Question>,
    /// How many onlookers wait.
    waiting: Arc<AtomicUsize>,
    /// Of the engine that it belongs to: what cannot be read is as bad as what cannot be written.
    shared: Option<Arc<Shared>>,
}

impl SqliteReader {
    /// Opens a store that exists.
    ///
    /// # Errors
    /// There is none, another version of the program wrote it, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::start(path, None)
    }

    /// Opens the store of an engine, whose end a failing disk is here as well.
    pub(super) fn of_engine(path: &Path, shared: Arc<Shared>) -> Result<Self, OpenError> {
        Self::start(path, Some(shared))
    }

    fn start(path: &Path, shared: Option<Arc<Shared>>) -> Result<Self, OpenError> {
        let (questions, asked) = unbounded::<Question>();
        for _ in 0..READERS {
            let connection = open::connect_reader(path)?;
            let asked = asked.clone();
            thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || answer_all(&connection, &asked))
                .map_err(|error| OpenError::File { path: path.to_owned(), error })?;
        }
        Ok(Self { questions, waiting: Arc::default(), shared })
    }

    /// Asks for an onlooker; refused where too many wait.
    fn look<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let place = Waiting(Arc::clone(&self.waiting));
        if place.0.fetch_add(1, Ordering::AcqRel) >= QUESTIONS {
            let error = StoreError::Unavailable("too many questions wait".to_owned());
            return Box::pin(std::future::ready(Err(error)));
        }
        self.ask(move |connection| {
            let _place = place;
            question(connection)
        })
    }

    /// Asks for the gate itself, whose runs and upkeep are no more than it has places for.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (answer, answered) = oneshot::channel();
        let shared = self.shared.clone();
        let asked = self.questions.send(Box::new(move |connection| {
            let found = pass("store.read").and_then(|()| question(connection));
            let found = found.map_err(|error| told(&error, shared.as_deref()));
            // Nobody waits for the answer any more: no harm.
            let _ = answer.send(found);
        }));
        Box::pin(async move {
            asked.map_err(|_| closed())?;
            answered.await.map_err(|_| closed())?
        })
    }
}

/// What the asker is told. A disk that fails ends the store, whoever met it; a store that is busy, or
/// one row that cannot be read, does not.
fn told(error: &rusqlite::Error, shared: Option<&Shared>) -> StoreError {
    match (FailureScope::of(error), shared) {
        (FailureScope::Store, Some(shared)) => shared.state.break_for(format!("cannot be read: {error}")),
        _ => to_store_error(error),
    }
}

/// A place among the onlookers.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn answer_all(connection: &Connection, asked: &Receiver<Question>) {
    for question in asked {
        // A panic drops the answer, and the next question is answered all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| question(connection)));
    }
}

impl SqliteReader {
    pub(super) fn changes(&self, query: ChangeQuery) -> Pending<Vec<ChangeRow>> {
        self.look(move |connection| operators::changes(connection, &query))
    }
}

impl Views for SqliteReader {
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>> {
        self.look(move |connection| views::receipt(connection, id))
    }

    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>> {
        self.look(move |connection| views::receipts(connection, &query))
    }

    fn job(&self, id: JobId) -> Pending<Option<JobDetail>> {
        self.look(move |connection| views::job(connection, id))
    }

    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>> {
        self.look(move |connection| views::jobs(connection, &query))
    }

    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>> {
        self.look(move |connection| views::runs(connection, &query))
    }

    fn find(&self, id: AnyId) -> Pending<Option<Found>> {
        self.look(move |connection| views::find(connection, id))
    }

    fn count(&self, of: CountOf, cap: u32) -> Pending<u32> {
        self.look(move |connection| views::count(connection, &of, cap))
    }

    fn revisions(&self, query: RevisionQuery) -> Pending<Vec<RevisionRow>> {
        self.look(move |connection| revisions::list(connection, query))
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.look(views::backlog)
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.look(views::oldest_due)
    }

    fn outcomes(&self, since: Timestamp) -> Pending<Vec<OutcomeCount>> {
        self.look(move |connection| views::outcomes(connection, since))
    }

    fn last_runs(&self, agents: Vec<AgentName>) -> Pending<Vec<RunRow>> {
        self.look(move |connection| views::last_runs(connection, &agents))
    }

    fn dead_letters(&self, query: JobQuery) -> Pending<Vec<DeadLetters>> {
        self.look(move |connection| views::dead_letters(connection, &query))
    }

    fn last_receipts(&self) -> Pending<Vec<(SourceName, ReceiptId)>> {
        self.look(views::last_receipts)
    }
}
