//! The way to the thread that writes: bounded for what the world sends, open for what the gate
//! itself must write down. One thread takes it out, so the channel is that of the standard library.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, SendError, Sender},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{failure::closed, state::WriterState};
use crate::{domain::Clock, store::StoreError};

/// Deliveries beyond this many are refused: at 20,000 a second they would wait longer than the
/// 800 ms in which a provider is answered.
const QUEUE_DELIVERIES: usize = 16_384;
/// Memory for deliveries that wait to be prepared and written: half of what the gate may use under load. One
/// that is larger is taken when nothing else waits.
const QUEUE_BYTES: usize = 64 << 20;

/// One change.
pub(super) trait Change: Send {
    /// Writes, inside a transaction. Called again where that was rolled back for another's sake.
    fn write(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Answers after the commit, or after its failure.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct FnChange<T, Write, Done> {
    write: Write,
    done: Done,
    value: Option<T>,
}

impl<T, Write, Done> Change for FnChange<T, Write, Done>
where
    T: Send,
    Write: FnMut(&Connection) -> rusqlite::Result<T> + Send,
    Done: FnOnce(Result<T, StoreError>) + Send,
{
    fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.value = Some((self.write)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { done, value, .. } = *self;
        let unwritten = || StoreError::Unavailable("the change was not written".to_owned());
        done(outcome.and_then(|()| value.ok_or_else(unwritten)));
    }
}

/// A change in the queue.
pub(super) struct Queued {
    pub(super) change: Box<dyn Change>,
    /// About how many bytes it writes; nothing where the change is not a delivery.
    pub(super) bytes: usize,
    /// What it holds of [`QUEUE_BYTES`].
    slot: Option<QueueSlot>,
}

impl Queued {
    /// Gives its place in the queue back, and answers. A panic of the callee ends there.
    pub(super) fn answer(self, outcome: Result<(), StoreError>) {
        drop(self.slot);
        let _ = catch_unwind(AssertUnwindSafe(|| self.change.answer(outcome)));
    }
}

/// A place in the queue.
struct QueueSlot {
    bytes: usize,
    shared: Arc<Shared>,
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        self.shared.deliveries.fetch_sub(1, Ordering::AcqRel);
        self.shared.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// What goes through the queue.
pub(super) enum Message {
    /// Write this.
    Change(Queued),
    /// Write what came before, close the file, and answer.
    Close(oneshot::Sender<()>),
}

/// What all ends know.
pub(super) struct Shared {
    deliveries: AtomicUsize,
    bytes: AtomicUsize,
    preparing: AtomicUsize,
    closed: AtomicBool,
    pub(super) state: WriterState,
}

impl Default for Shared {
    fn default() -> Self {
        Self::new(Clock::default())
    }
}

impl Shared {
    /// A store that works, as far as anybody knows.
    pub(super) fn new(clock: Clock) -> Self {
        let (deliveries, bytes, preparing) = Default::default();
        Self { deliveries, bytes, preparing, closed: AtomicBool::new(false), state: WriterState::new(clock) }
    }

    /// Whether a delivery is still on its way to the queue.
    pub(super) fn is_preparing(&self) -> bool {
        self.preparing.load(Ordering::Acquire) > 0
    }
}

/// The near end.
pub(super) struct Writer {
    queue: Option<Sender<Message>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which does `run` until the queue is closed.
    pub(super) fn start(
        shared: Arc<Shared>,
        run: impl FnOnce(&Receiver<Message>) + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, messages) = mpsc::channel();
        let known = Arc::clone(&shared);
        let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| run(&messages))).is_err() {
                known.state.break_for("the writing thread panicked".to_owned());
            }
        })?;
        Ok(Self { queue: Some(queue), shared, thread: Some(thread) })
    }

    /// A place for a delivery of about `bytes`, or a refusal at once where too much waits.
    pub(super) fn admit(&self, bytes: usize) -> Result<Admitted, StoreError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let slot = self.slot(bytes)?;
        let queue = self.queue.clone().ok_or_else(closed)?;
        self.shared.preparing.fetch_add(1, Ordering::AcqRel);
        Ok(Admitted { preparing: Preparing(Arc::clone(&self.shared)), queue, slot })
    }

    /// Queues a change. There are never more of these than agents, runs and operators.
    pub(super) fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let queued = Queued { change: boxed(write, done), bytes: 0, slot: None };
        if let Some(refusal) = self.refusal() {
            return queued.answer(Err(refusal));
        }
        let Some(queue) = &self.queue else { return queued.answer(Err(closed())) };
        send(queue, &self.shared, queued);
    }

    fn refusal(&self) -> Option<StoreError> {
        let is_closed = || self.shared.closed.load(Ordering::Acquire).then(closed);
        self.shared.state.broken().or_else(is_closed)
    }

    fn slot(&self, bytes: usize) -> Result<QueueSlot, StoreError> {
        let shared = Arc::clone(&self.shared);
        let deliveries = shared.deliveries.fetch_add(1, Ordering::AcqRel);
        let held = shared.bytes.fetch_add(bytes, Ordering::AcqRel);
        let slot = QueueSlot { bytes, shared };
        if deliveries >= QUEUE_DELIVERIES || (held > 0 && held + bytes > QUEUE_BYTES) {
            return Err(StoreError::Unavailable("too much waits to be written".to_owned()));
        }
        Ok(slot)
    }

    /// Takes no more changes. What waits is written and the file closed before the answer comes.
    pub(super) fn close(&self) -> oneshot::Receiver<()> {
        self.shared.closed.store(true, Ordering::Release);
        let (answer, answered) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // A thread that is gone drops the answer, which is one too.
            let _ = queue.send(Message::Close(answer));
        }
        answered
    }
}

fn send(queue: &Sender<Message>, shared: &Shared, queued: Queued) {
    if let Err(SendError(Message::Change(queued))) = queue.send(Message::Change(queued)) {
        queued.answer(Err(shared.state.broken().unwrap_or_else(closed)));
    }
}

/// A delivery that has its place in the queue, and is not there yet.
pub(super) struct Admitted {
    // Before the queue's end goes, so that the writer never misses a delivery that is counted.
    preparing: Preparing,
    queue: Sender<Message>,
    slot: QueueSlot,
}

impl Admitted {
    /// Queues it; it writes about `bytes`, which is less than it holds in memory.
    pub(super) fn write<T: Send + 'static>(
        self,
        bytes: usize,
        write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let Self { preparing, queue, slot } = self;
        send(&queue, &preparing.0, Queued { change: boxed(write, done), bytes, slot: Some(slot) });
        drop(preparing);
    }
}

/// Counts one delivery that is being prepared.
struct Preparing(Arc<Shared>);

impl Drop for Preparing {
    fn drop(&mut self) {
        self.0.preparing.fetch_sub(1, Ordering::AcqRel);
    }
}

fn boxed<T: Send + 'static>(
    write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
) -> Box<dyn Change> {
    Box::new(FnChange { write, done, value: None })
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let Some(thread) = self.thread.take() else { return };
        // An answer that held the last handle on the store is given on that very thread.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(writer: &Writer, bytes: usize) -> bool {
        let (answer, answered) = mpsc::channel();
        match writer.admit(bytes) {
            Ok(admitted) => {
                admitted.write(bytes, |_| Ok(()), move |outcome| answer.send(outcome).unwrap_or(()));
            }
            Err(error) => answer.send(Err(error)).unwrap(),
        }
        matches!(answered.try_recv(), Ok(Err(StoreError::Unavailable(_))))
    }

    /// A writer whose thread takes nothing out of the queue until the sender is dropped.
    fn stuck() -> (Writer, mpsc::Sender<()>) {
        let (hold, released) = mpsc::channel::<()>();
        let writer = Writer::start(Arc::default(), move |messages| {
            let _ = released.recv();
            messages.try_iter().for_each(drop);
        });
        (writer.unwrap(), hold)
    }

    #[test]
    fn deliveries_beyond_the_number_that_can_be_answered_in_time_are_refused_at_once() {
        let (writer, hold) = stuck();
        assert!((0..QUEUE_DELIVERIES).all(|_| !refused(&writer, 1)));
        assert!(refused(&writer, 1));
        drop(hold);
    }

    #[test]
    fn deliveries_beyond_the_memory_for_them_are_refused_at_once() {
        let (writer, hold) = stuck();
        assert!(!refused(&writer, QUEUE_BYTES + 1), "alone, the largest body is taken");
        assert!(refused(&writer, 1));
        drop(hold);
    }

    #[test]
    fn what_the_gate_itself_writes_down_is_never_refused_for_want_of_room() {
        let (writer, hold) = stuck();
        assert!(!refused(&writer, QUEUE_BYTES));
        let (answer, answered) = mpsc::channel();
        writer.write(|_| Ok(()), move |outcome| answer.send(outcome).unwrap_or(()));
        assert!(answered.try_recv().is_err(), "it waits");
        drop(hold);
    }

    #[test]
    fn a_queue_whose_thread_is_gone_refuses() {
        let writer = Writer::start(Arc::default(), |_| panic!("a defect")).unwrap();
        let (answer, answered) = mpsc::channel();
        for _ in 0..1_000_000 {
            let answer = answer.clone();
            writer.write(|_| Ok(()), move |outcome| answer.send(outcome).unwrap_or(()));
            if let Ok(outcome) = answered.try_recv() {
                assert!(outcome.is_err());
                return;
            }
            thread::yield_now();
        }
        panic!("nobody said that the thread is gone");
    }
}
