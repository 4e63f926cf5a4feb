//! The engine: every change goes to the writer, every question to the readers.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    checkpoint::Checkpointer,
    commit::{CommitMeter, WriterThread},
    failure::{closed, pass},
    jobs,
    open::{self, OpenError},
    prune::prune,
    queue::{Shared, Writer},
    reader::SqliteReader,
    receipts::{self, Prepared},
};
use crate::{
    domain::{
        AgentName, IdSource, JobId, Ledger, LedgerError, OnCommit, ReceiptBatch, ReceiptId, RunId, Timestamp,
    },
    store::{
        Backlog, Claim, Claimed, Engine, Finish, Fire, Fired, JobDetail, JobQuery, JobRow, NewJob, Pending,
        Pruned, Reads, ReceiptQuery, ReceiptRow, Rescue, Rescued, Retried, RunQuery, RunRow, ScheduleCursor,
        StoreError, StoredReceipt,
    },
};

/// What a store is opened with.
pub struct SqliteOptions {
    /// How long a delivery's key is remembered.
    pub dedupe_window: Duration,
    /// Told of each commit.
    pub meter: CommitMeter,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { dedupe_window: Duration::from_hours(7 * 24), meter: Arc::new(|_, _| {}) }
    }
}

/// A store in one file. Dropped without [`Engine::close`], it still writes what was queued.
pub struct SqliteEngine {
    writer: Writer,
    reader: SqliteReader,
    ids: Arc<IdSource>,
    dedupe_window: Duration,
}

impl SqliteEngine {
    /// Opens a store, or makes one. Blocks until the log of an earlier life is read.
    ///
    /// # Errors
    /// Another gate uses it, a newer program wrote it, or it cannot be read or written.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let sqlite = |error| OpenError::Sqlite { path: path.to_owned(), error };
        let file = |error| OpenError::File { path: path.to_owned(), error };
        let lock = open::prepare(path)?;
        let mut connection = open::connect(path).map_err(sqlite)?;
        open::migrate(&mut connection, path)?;
        let ids = Arc::new(IdSource::after(largest_id(&connection).map_err(sqlite)?));
        let reader = SqliteReader::open(path)?;
        let checkpointer = Checkpointer::start(path).map_err(file)?;
        let shared = Arc::new(Shared::default());
        let writing = WriterThread {
            connection,
            checkpointer,
            meter: options.meter,
            shared: Arc::clone(&shared),
            lock,
        };
        let writer = Writer::start(shared, |messages| writing.run(messages)).map_err(file)?;
        Ok(Self { writer, reader, ids, dedupe_window: options.dedupe_window })
    }

    /// Queues a change, whose answer comes after the commit.
    pub(super) fn change<T: Send + 'static>(
        &self,
        write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (answer, answered) = oneshot::channel();
        // Nobody waits for the answer any more: no harm.
        self.writer.write(write, move |outcome| drop(answer.send(outcome)));
        Box::pin(async move { answered.await.unwrap_or_else(|_| Err(closed())) })
    }
}

fn largest_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT max(coalesce((SELECT max(id) FROM receipts), 0), coalesce((SELECT max(id) FROM jobs), 0))",
        [],
        |row| row.get(0),
    )
}

impl Ledger for SqliteEngine {
    fn record(&self, record: ReceiptBatch, done: OnCommit) {
        let prepared = Prepared::new(record);
        let (ids, window) = (Arc::clone(&self.ids), self.dedupe_window);
        self.writer.offer(
            prepared.bytes(),
            move |connection| {
                pass("store.record")?;
                prepared.write(connection, &ids, window)
            },
            move |outcome| done(outcome.map_err(|error| LedgerError(error.to_string()))),
        );
    }
}

impl Engine for SqliteEngine {
    fn ids(&self) -> Arc<IdSource> {
        Arc::clone(&self.ids)
    }

    fn claim(&self, claim: Claim) -> Pending<Claimed> {
        self.change(move |connection| {
            let claimed = jobs::claim(connection, &claim)?;
            pass("store.claim")?;
            Ok(claimed)
        })
    }

    fn renew(&self, run: RunId, until: Timestamp) -> Pending<bool> {
        self.change(move |connection| jobs::renew(connection, run, until))
    }

    fn finish(&self, finish: Finish) -> Pending<bool> {
        self.change(move |connection| {
            pass("store.finish")?;
            jobs::finish(connection, &finish)
        })
    }

    fn fire(&self, fire: Fire) -> Pending<Fired> {
        let ids = Arc::clone(&self.ids);
        self.change(move |connection| jobs::fire(connection, &ids, &fire))
    }

    fn enqueue(&self, job: NewJob) -> Pending<JobId> {
        let ids = Arc::clone(&self.ids);
        self.change(move |connection| jobs::enqueue(connection, &ids, &job))
    }

    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>> {
        self.change(move |connection| jobs::rescue(connection, &rescue))
    }

    fn unrouted(&self, before: Timestamp, max_routings: u32, limit: u32) -> Pending<Vec<StoredReceipt>> {
        self.change(move |connection| receipts::unrouted(connection, before, max_routings, limit))
    }

    fn retry_job(&self, job: JobId, now: Timestamp) -> Pending<Retried> {
        self.change(move |connection| jobs::retry_job(connection, job, now))
    }

    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool> {
        self.change(move |connection| jobs::dismiss(connection, job, now))
    }

    fn prune(&self, before: Timestamp, marks_before: Timestamp, limit: u32) -> Pending<Pruned> {
        self.change(move |connection| prune(connection, before, marks_before, limit))
    }

    fn probe(&self) -> Pending<()> {
        self.change(|connection| {
            connection.prepare_cached("UPDATE pulse SET beats = beats + 1")?.execute([]).map(drop)
        })
    }

    fn broken(&self) -> Option<StoreError> {
        self.writer.broken()
    }

    fn close(&self) -> Pending<()> {
        let closed = self.writer.close();
        // A dropped answer is one too: the thread is gone.
        Box::pin(async move { closed.await.or(Ok(())) })
    }
}

impl Reads for SqliteEngine {
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>> {
        self.reader.receipt(id)
    }

    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>> {
        self.reader.receipts(query)
    }

    fn job(&self, id: JobId) -> Pending<Option<JobDetail>> {
        self.reader.job(id)
    }

    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>> {
        self.reader.jobs(query)
    }

    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>> {
        self.reader.runs(query)
    }

    fn cursors(&self) -> Pending<Vec<ScheduleCursor>> {
        self.reader.cursors()
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.reader.backlog()
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.reader.oldest_due()
    }
}
