//! What one connection waits for.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    time::Instant,
};

use actix_web::HttpRequest;

use crate::http::peer::PeerKey;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has come on it yet.
    Silent,
    /// Its last request is answered.
    Idle,
    /// The head of a request has begun to come.
    Head,
    /// A handler waits for bytes of a body.
    Body,
    /// A handler works on its request; it waits for nothing that the peer could send.
    Busy,
}

/// The state of one connection, shared by its stream, its requests and its worker's table.
#[derive(Debug)]
pub(in crate::http) struct Connection {
    /// Whose share of the slots it takes; `None` takes nobody's.
    pub(super) peer: Option<PeerKey>,
    phase: Cell<Phase>,
    /// When its phase began, or when the last byte of a body came.
    since: Cell<Instant>,
    delivered: Cell<bool>,
    /// What the peer sends is not looked at any more.
    deaf: Cell<bool>,
    gave_way: Cell<bool>,
    reader: RefCell<Option<Waker>>,
    /// How many connections of the door owe their peer an answer.
    unanswered: Arc<AtomicUsize>,
}

impl Connection {
    pub(super) fn new(peer: Option<PeerKey>, now: Instant, unanswered: Arc<AtomicUsize>) -> Rc<Self> {
        unanswered.fetch_add(1, Ordering::Relaxed);
        Rc::new(Self {
            unanswered,
            peer,
            phase: Cell::new(Phase::Silent),
            since: Cell::new(now),
            delivered: Cell::new(false),
            deaf: Cell::new(false),
            gave_way: Cell::new(false),
            reader: RefCell::new(None),
        })
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Since when it waits for its peer, if it does.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        (self.phase.get() != Phase::Busy && !self.deaf.get()).then(|| self.since.get())
    }

    /// Whether a delivery was taken on it.
    pub(super) fn has_delivered(&self) -> bool {
        self.delivered.get()
    }

    /// Whether it was ended so that others get in.
    pub(in crate::http) fn gave_way(&self) -> bool {
        self.gave_way.get()
    }

    /// A delivery was taken: the peer is worth waiting for.
    pub(in crate::http) fn delivered(&self) {
        self.delivered.set(true);
    }

    /// A handler begins, or ends, to wait for the body.
    pub(in crate::http) fn reads_body(&self, reads: bool) {
        self.enter(if reads { Phase::Body } else { Phase::Busy }, Instant::now());
    }

    /// Ends it: its stream has no more bytes.
    pub(super) fn give_way(&self) {
        self.gave_way.set(true);
        self.stop_reading();
    }

    /// Nothing more is read; what is written still goes out.
    fn stop_reading(&self) {
        self.deaf.set(true);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.get()
    }

    /// Bytes came from the peer.
    pub(super) fn heard(&self, now: Instant) {
        match self.phase.get() {
            Phase::Silent | Phase::Idle => self.enter(Phase::Head, now),
            Phase::Body => self.since.set(now),
            Phase::Head | Phase::Busy => {}
        }
    }

    /// Remembers whom to wake when it is ended.
    pub(super) fn waits(&self, task: &Context<'_>) {
        let mut reader = self.reader.borrow_mut();
        if !reader.as_ref().is_some_and(|known| known.will_wake(task.waker())) {
            *reader = Some(task.waker().clone());
        }
    }

    pub(super) fn enter(&self, phase: Phase, now: Instant) {
        match (self.phase.replace(phase), phase) {
            (Phase::Idle, Phase::Idle) => {}
            (Phase::Idle, _) => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
            }
            (_, Phase::Idle) => {
                self.unanswered.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
        self.since.set(now);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.phase.get() != Phase::Idle {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A request is with its handler; dropped, the connection is idle again.
pub(in crate::http) struct Busy(Rc<Connection>);

impl Busy {
    /// Marks the connection of `request`.
    pub(in crate::http) fn mark(request: &HttpRequest) -> Option<Self> {
        let connection = of(request)?;
        connection.enter(Phase::Busy, Instant::now());
        Some(Self(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle, Instant::now());
    }
}

/// The connection of a request; none in tests without a socket.
pub(in crate::http) fn of(request: &HttpRequest) -> Option<Rc<Connection>> {
    request.conn_data::<Rc<Connection>>().cloned()
}

/// Reads nothing more from the connection of `request`: actix would read on after the answer, to the
/// end of a body that may never end.
pub(in crate::http) fn stop_reading(request: &HttpRequest) {
    if let Some(connection) = of(request) {
        connection.stop_reading();
    }
}
