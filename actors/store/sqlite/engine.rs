//! The engine: every change goes to the writer, every question to the readers.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    checkpoint::Checkpointer,
    commit::{CommitMeter, WriterThread},
    failure::{closed, pass},
    groups, jobs,
    key_merge::{self, KeyMerge},
    open::{self, Files, OpenError},
    operators,
    prepare::{self, Preparation},
    prune::prune,
    queue::{Shared, Writer},
    reader::SqliteReader,
    receipts, revisions, routing, runs, views,
};
use crate::{
    domain::{
        AgentName, AnyId, Clock, Delivery, IdSource, JobId, LedgerError, NewJob, NodeId, NodeLife, OnCommit,
        Reason, ReceiptBatch, ReceiptId, ReceiptSink, Revision, RunId, SourceName, Timestamp,
    },
    store::{
        AgentOverride, Backlog, Bulk, BulkDone, BulkRow, Cancelled, ChangeQuery, ChangeRow, Claim, Claimed,
        ClockBack, CountOf, Cursors, DeadLetters, Finish, Finished, Fire, Fired, Found, Inserted, JobDetail,
        JobQuery, JobRow, LastRevision, Ledger, NewRevision, Operators, OutcomeCount, Pending, Prune, Pruned,
        QuarantineReason, Queue, ReceiptQuery, ReceiptRow, Rescue, Rescued, Retried, RevisionQuery,
        RevisionRow, Revisions, RunQuery, RunRow, ScheduleCursor, StoreState, StoredReceipt, Unrouted,
        UnroutedQuery, Upkeep, Views,
    },
};

/// What a store is opened with.
pub struct SqliteOptions {
    /// How long a delivery's key is remembered that has no window of its own.
    pub dedupe_window: Duration,
    /// Whose ids are made.
    pub node: NodeId,
    /// The time, for what is said of the store's state.
    pub clock: Clock,
    /// Told of each commit.
    pub meter: CommitMeter,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            dedupe_window: Duration::from_hours(7 * 24),
            node: NodeId::default(),
            clock: Clock::default(),
            meter: Arc::new(|_, _| {}),
        }
    }
}

/// A store in one file. Dropped without [`Upkeep::close`], it still writes what was queued.
pub struct SqliteEngine {
    preparation: Preparation,
    writer: Writer,
    pub(super) shared: Arc<Shared>,
    pub(super) reader: SqliteReader,
    ids: Arc<IdSource>,
    /// In milliseconds.
    dedupe_window: AtomicU64,
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
        open::migrate(&mut connection, path, options.dedupe_window)?;
        key_merge::load(&connection).map_err(sqlite)?;
        let ids = Arc::new(IdSource::new(options.node, largest_id(&connection).map_err(sqlite)?));
        let shared = Arc::new(Shared::new(options.clock));
        let reader = SqliteReader::of_engine(path, Arc::clone(&shared))?;
        let checkpointer = Checkpointer::start(path).map_err(file)?;
        let preparation = Preparation::start().map_err(file)?;
        let writing = WriterThread {
            connection,
            checkpointer,
            key_merge: KeyMerge::default(),
            meter: options.meter,
            shared: Arc::clone(&shared),
            files: Files::of(path, &lock).map_err(file)?,
            lock,
        };
        let writer = Writer::start(Arc::clone(&shared), |messages| writing.run(messages)).map_err(file)?;
        let dedupe_window = AtomicU64::new(millis(options.dedupe_window));
        Ok(Self { preparation, writer, shared, reader, ids, dedupe_window })
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

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn largest_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT max(id) FROM (
             SELECT 0 AS id UNION ALL SELECT max(id) FROM receipts UNION ALL SELECT max(id) FROM jobs
             UNION ALL SELECT max(id) FROM changes UNION ALL SELECT max(id) FROM bulk_actions)",
        [],
        |row| row.get(0),
    )
}

impl ReceiptSink for SqliteEngine {
    fn record(&self, batch: ReceiptBatch, done: OnCommit) {
        let admitted = match self.writer.admit(prepare::size(&batch)) {
            Ok(admitted) => admitted,
            Err(error) => return done(Err(LedgerError(error.to_string()))),
        };
        let window = Duration::from_millis(self.dedupe_window.load(Ordering::Relaxed));
        self.preparation.of(batch, move |prepared| {
            admitted.write(
                prepared.bytes(),
                move |connection| {
                    pass("store.record")?;
                    receipts::record(connection, &prepared, window)
                },
                move |outcome| done(outcome.map_err(|error| LedgerError(error.to_string()))),
            );
        });
    }
}

impl Ledger for SqliteEngine {
    fn unrouted(&self, query: UnroutedQuery) -> Pending<Vec<Unrouted>> {
        self.reader.ask(move |connection| routing::unrouted(connection, &query))
    }

    fn routing_taken(&self, receipt: ReceiptId) -> Pending<u32> {
        self.change(move |connection| routing::taken(connection, receipt))
    }

    fn quarantine(&self, receipt: ReceiptId, reason: QuarantineReason) -> Pending<bool> {
        self.change(move |connection| routing::quarantine(connection, receipt, &reason))
    }

    fn delivery(&self, receipt: ReceiptId) -> Pending<Option<Delivery>> {
        self.reader.ask(move |connection| routing::delivery(connection, receipt))
    }

    fn remember_for(&self, window: Duration) {
        self.dedupe_window.store(millis(window), Ordering::Relaxed);
    }

    fn body(&self, receipt: ReceiptId) -> Pending<Option<Bytes>> {
        self.reader.ask(move |connection| routing::body_of(connection, receipt))
    }
}

impl Queue for SqliteEngine {
    fn ids(&self) -> Arc<IdSource> {
        Arc::clone(&self.ids)
    }

    fn insert(&self, jobs: Vec<NewJob>) -> Pending<Vec<Inserted>> {
        self.change(move |connection| jobs::insert_all(connection, &jobs))
    }

    fn claim(&self, claim: Claim) -> Pending<Claimed> {
        self.change(move |connection| {
            let claimed = runs::claim(connection, &claim)?;
            pass("store.claim")?;
            Ok(claimed)
        })
    }

    fn renew(&self, runs: Vec<RunId>, by: NodeLife, until: Timestamp) -> Pending<Vec<RunId>> {
        self.change(move |connection| runs::renew(connection, &runs, by, until))
    }

    fn finish(&self, finish: Finish, then: Option<Claim>) -> Pending<Finished> {
        self.change(move |connection| {
            pass("store.finish")?;
            runs::finish(connection, &finish, then.as_ref())
        })
    }

    fn superseded(&self, agent: AgentName) -> Pending<Vec<RunId>> {
        self.reader.ask(move |connection| groups::superseded(connection, &agent))
    }

    fn cancel(&self, job: JobId, now: Timestamp) -> Pending<Cancelled> {
        self.change(move |connection| jobs::cancel(connection, job, now))
    }

    fn retry(&self, job: JobId, now: Timestamp) -> Pending<Retried> {
        self.change(move |connection| jobs::retry(connection, job, now))
    }

    fn dismiss(&self, job: JobId, now: Timestamp) -> Pending<bool> {
        self.change(move |connection| jobs::dismiss(connection, job, now))
    }

    fn bulk(&self, bulk: Bulk) -> Pending<BulkDone> {
        self.change(move |connection| jobs::bulk(connection, &bulk))
    }

    fn hold(&self, jobs: Vec<JobId>, by: Option<String>) -> Pending<u64> {
        self.change(move |connection| jobs::hold(connection, &jobs, by.as_deref()))
    }

    fn hand_over(&self, from: AgentName, to: AgentName, limit: u32) -> Pending<u64> {
        self.change(move |connection| jobs::hand_over(connection, &from, &to, limit))
    }

    fn discard_of(&self, agent: AgentName, reason: Reason, now: Timestamp, limit: u32) -> Pending<u64> {
        self.change(move |connection| jobs::discard_of(connection, &agent, &reason, now, limit))
    }
}

impl Cursors for SqliteEngine {
    fn cursors(&self) -> Pending<Vec<ScheduleCursor>> {
        self.reader.ask(views::cursors)
    }

    fn fire(&self, fire: Fire) -> Pending<Fired> {
        self.change(move |connection| jobs::fire(connection, &fire))
    }
}

impl Revisions for SqliteEngine {
    fn add_revision(&self, revision: NewRevision) -> Pending<Revision> {
        self.change(move |connection| revisions::add(connection, &revision))
    }

    fn last_revision(&self) -> Pending<Option<LastRevision>> {
        self.reader.ask(revisions::last)
    }
}

impl Operators for SqliteEngine {
    fn overrides(&self) -> Pending<Vec<AgentOverride>> {
        self.reader.ask(operators::overrides)
    }

    fn set_override(&self, wish: AgentOverride) -> Pending<()> {
        self.change(move |connection| operators::set_override(connection, &wish))
    }

    fn note_change(&self, change: ChangeRow) -> Pending<()> {
        self.change(move |connection| operators::note_change(connection, &change))
    }

    fn changes(&self, query: ChangeQuery) -> Pending<Vec<ChangeRow>> {
        self.reader.changes(query)
    }

    fn save_bulk(&self, task: BulkRow) -> Pending<()> {
        self.change(move |connection| operators::save_bulk(connection, &task))
    }

    fn bulks(&self) -> Pending<Vec<BulkRow>> {
        self.reader.ask(operators::bulks)
    }
}

impl Upkeep for SqliteEngine {
    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>> {
        self.change(move |connection| runs::rescue(connection, &rescue))
    }

    fn follow_clock(&self, back: ClockBack) -> Pending<u64> {
        self.change(move |connection| runs::follow_clock(connection, back))
    }

    fn prune(&self, step: Prune) -> Pending<Pruned> {
        self.change(move |connection| prune(connection, &step))
    }

    fn probe(&self) -> Pending<()> {
        self.change(|connection| {
            connection.prepare_cached("UPDATE write_probe SET writes = writes + 1")?.execute([]).map(drop)
        })
    }

    fn state(&self) -> watch::Receiver<StoreState> {
        self.shared.state.watch()
    }

    fn close(&self) -> Pending<()> {
        let closed = self.writer.close();
        // A dropped answer is one too: the thread is gone.
        Box::pin(async move { closed.await.or(Ok(())) })
    }
}

impl Views for SqliteEngine {
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

    fn find(&self, id: AnyId) -> Pending<Option<Found>> {
        self.reader.find(id)
    }

    fn count(&self, of: CountOf, cap: u32) -> Pending<u32> {
        self.reader.count(of, cap)
    }

    fn revisions(&self, query: RevisionQuery) -> Pending<Vec<RevisionRow>> {
        self.reader.revisions(query)
    }

    fn backlog(&self) -> Pending<Vec<Backlog>> {
        self.reader.backlog()
    }

    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>> {
        self.reader.oldest_due()
    }

    fn outcomes(&self, since: Timestamp) -> Pending<Vec<OutcomeCount>> {
        self.reader.outcomes(since)
    }

    fn last_runs(&self, agents: Vec<AgentName>) -> Pending<Vec<RunRow>> {
        self.reader.last_runs(agents)
    }

    fn dead_letters(&self, query: JobQuery) -> Pending<Vec<DeadLetters>> {
        self.reader.dead_letters(query)
    }

    fn last_receipts(&self) -> Pending<Vec<(SourceName, ReceiptId)>> {
        self.reader.last_receipts()
    }
}
