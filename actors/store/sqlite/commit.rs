//! The thread that writes.
//!
//! It owns the writing connection and takes as many changes as have come in the meantime into one
//! transaction, so that they share one fsync. No change costs the others more than time: where one
//! fails, the group is rolled back and written again with a savepoint around each. That is dearer,
//! because SQLite then copies every page it touches, and so it is not done for every group.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    checkpoint::Checkpointer,
    failure::{FailureScope, closed, pass, to_store_error},
    key_merge::KeyMerge,
    open::{Files, Lock},
    queue::{Message, Queued, Shared},
};
use crate::store::StoreError;

/// Told of each commit: how many changes shared it, and how long it took.
pub type CommitMeter = Arc<dyn Fn(usize, Duration) + Send + Sync>;

/// A group ends here even if more is waiting: at about 20 µs a change, the first one would wait
/// 10 ms for the last.
const GROUP_CHANGES: usize = 512;
/// The same by size: a disk takes this in some 20 ms.
const GROUP_BYTES: usize = 8 << 20;

/// A folder that is removed under an idle gate is noticed after this; under a busy one, at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A delivery is prepared in far less; the count is looked at again after this.
const PREPARED_SOON: Duration = Duration::from_millis(5);

/// What the thread has. Fields are dropped in this order: the lock goes last.
pub(super) struct WriterThread {
    pub(super) connection: Connection,
    pub(super) checkpointer: Checkpointer,
    pub(super) key_merge: KeyMerge,
    pub(super) meter: CommitMeter,
    pub(super) shared: Arc<Shared>,
    pub(super) files: Files,
    pub(super) lock: Lock,
}

/// What became of a group.
enum Outcomes {
    /// The same for every change.
    All(Result<(), StoreError>),
    /// One for each change, in their order.
    Each(Vec<Result<(), StoreError>>),
}

impl WriterThread {
    /// Writes until the queue is closed.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        let mut closing = None;
        while closing.is_none() {
            match messages.recv_timeout(LOOK_EVERY) {
                Ok(message) => {
                    let (group, close) = gather(message, messages);
                    closing = close;
                    self.commit(group);
                }
                Err(RecvTimeoutError::Timeout) => drop(self.look_at_files()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.write_prepared(messages);
        refuse_rest(messages, &mut closing);
        let Self { connection, checkpointer, lock, .. } = self;
        checkpointer.finish(&connection);
        drop(connection);
        drop(lock);
        if let Some(closing) = closing {
            // Nobody waits for it any more: no harm.
            let _ = closing.send(());
        }
    }

    /// Writes the deliveries that were admitted before the store closed, and came after.
    fn write_prepared(&mut self, messages: &Receiver<Message>) {
        while self.shared.is_preparing() {
            let Ok(message) = messages.recv_timeout(PREPARED_SOON) else { continue };
            let (group, close) = gather(message, messages);
            self.commit(group);
            // Whoever closes a second time is answered by the drop.
            drop(close);
        }
    }

    /// Ends the store where its files are not those that it opened.
    fn look_at_files(&self) -> Result<(), StoreError> {
        self.files.check().map_err(|why| self.shared.state.break_for(why))
    }

    fn commit(&mut self, mut group: Vec<Queued>) {
        if group.is_empty() {
            return;
        }
        let begun = Instant::now();
        let (size, bytes) = (group.len(), group.iter().map(|queued| queued.bytes).sum());
        let outcomes = self.write_all(&mut group);
        (self.meter)(size, begun.elapsed());
        match outcomes {
            Outcomes::All(outcome) => group.into_iter().for_each(|queued| queued.answer(outcome.clone())),
            Outcomes::Each(outcomes) => {
                for (queued, outcome) in group.into_iter().zip(outcomes) {
                    queued.answer(outcome);
                }
            }
        }
        // Where it fails, the next change fails too, and tells; the keys stay where they are.
        let _ = self.key_merge.go_on(&self.connection);
        self.checkpointer.wrote(bytes, size, &self.connection);
    }

    /// Writes and commits a group, and says what became of each change.
    fn write_all(&self, group: &mut [Queued]) -> Outcomes {
        if let Some(broken) = self.shared.state.broken() {
            return Outcomes::All(Err(broken));
        }
        let error = match self.write_together(group) {
            // Written into a folder that is gone is written nowhere.
            Ok(()) => return Outcomes::All(self.look_at_files().inspect(|()| self.shared.state.wrote())),
            Err(error) => error,
        };
        self.roll_back();
        if FailureScope::of(&error) != FailureScope::Change || group.len() == 1 {
            return Outcomes::All(Err(self.evaluate(&error)));
        }
        match self.write_apart(group) {
            Ok(outcomes) => {
                self.shared.state.wrote();
                Outcomes::Each(outcomes)
            }
            Err(error) => {
                self.roll_back();
                Outcomes::All(Err(self.evaluate(&error)))
            }
        }
    }

    fn write_together(&self, group: &mut [Queued]) -> rusqlite::Result<()> {
        self.statement("BEGIN IMMEDIATE")?;
        for queued in group {
            self.write_one(queued)?;
        }
        self.end()
    }

    fn write_apart(&self, group: &mut [Queued]) -> rusqlite::Result<Vec<Result<(), StoreError>>> {
        self.statement("BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(group.len());
        for queued in group {
            self.statement("SAVEPOINT change")?;
            outcomes.push(match self.write_one(queued) {
                Ok(()) => Ok(()),
                Err(error) if FailureScope::of(&error) == FailureScope::Change => {
                    self.statement("ROLLBACK TO change")?;
                    Err(to_store_error(&error))
                }
                Err(error) => return Err(error),
            });
            self.statement("RELEASE change")?;
        }
        self.end()?;
        Ok(outcomes)
    }

    fn write_one(&self, queued: &mut Queued) -> rusqlite::Result<()> {
        let write = || {
            pass("store.write")?;
            queued.change.write(&self.connection)
        };
        catch_unwind(AssertUnwindSafe(write)).unwrap_or(Err(rusqlite::Error::UnwindingPanic))
    }

    fn end(&self) -> rusqlite::Result<()> {
        pass("store.commit.before")?;
        self.statement("COMMIT")?;
        crate::failpoint::hit("store.commit.after");
        Ok(())
    }

    fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return; // SQLite did it by itself, as it may where the disk is full
        }
        let rolled_back = self.statement("ROLLBACK");
        if let (Err(error), false) = (rolled_back, self.connection.is_autocommit()) {
            self.shared.state.break_for(format!("cannot roll back: {error}"));
        }
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Tells what may pass from what will not; the latter is the end of the store.
    fn evaluate(&self, error: &rusqlite::Error) -> StoreError {
        match to_store_error(error) {
            StoreError::Broken(why) => self.shared.state.break_for(why),
            StoreError::Unavailable(why) => {
                if FailureScope::of(error) == FailureScope::Group {
                    self.shared.state.refused(&why);
                }
                StoreError::Unavailable(why)
            }
        }
    }
}

/// Takes what waits into one group, up to a wish to close.
fn gather(first: Message, messages: &Receiver<Message>) -> (Vec<Queued>, Option<oneshot::Sender<()>>) {
    let (mut group, mut bytes) = (Vec::new(), 0);
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Close(answer) => return (group, Some(answer)),
            Message::Change(queued) => {
                bytes += queued.bytes;
                group.push(queued);
            }
        }
        let more = group.len() < GROUP_CHANGES && bytes < GROUP_BYTES;
        next = if more { messages.try_recv().ok() } else { None };
    }
    (group, None)
}

/// Answers what was queued while the store closed.
fn refuse_rest(messages: &Receiver<Message>, closing: &mut Option<oneshot::Sender<()>>) {
    loop {
        match messages.try_recv() {
            Ok(Message::Change(queued)) => queued.answer(Err(closed())),
            // Whoever closes a second time waits for the same end.
            Ok(Message::Close(answer)) => drop(closing.replace(answer)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
        }
    }
}
