//! What an actor knows of its own supervision.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::watch, time::Instant};

use super::{ActorId, Envelope};
use crate::telemetry::{Event, emit};

/// What a supervised actor is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It takes messages.
    Running,
    /// It failed and waits for its next start; its mailbox fills meanwhile.
    Restarting,
    /// It ended because its work is done.
    Done,
    /// It failed too often and stays away.
    GivenUp,
}

/// What everybody may see of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What it does.
    pub doing: Doing,
    /// Since when.
    pub since: Instant,
    /// How often it was started again.
    pub restarts: u32,
    /// How many of its messages panicked; each was dropped, and the actor went on.
    pub panicked_messages: u32,
    /// What went wrong the last time.
    pub last_problem: Option<String>,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            doing: Doing::Running,
            since: Instant::now(),
            restarts: 0,
            panicked_messages: 0,
            last_problem: None,
        }
    }
}

/// An actor's own handle on its supervision; clones are the same handle.
#[derive(Clone)]
pub struct ActorScope(Arc<Inner>);

struct Inner {
    id: ActorId,
    is_done: AtomicBool,
    observed: watch::Sender<Observed>,
}

/// A message whose handler panicked. It is gone; the actor is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MessagePanicked(pub String);

impl ActorScope {
    /// A scope for an actor that is about to start.
    pub fn new(id: ActorId) -> Self {
        Self(Arc::new(Inner {
            id,
            is_done: AtomicBool::new(false),
            observed: watch::Sender::new(Observed::default()),
        }))
    }

    /// Who the actor is.
    pub fn id(&self) -> &ActorId {
        &self.0.id
    }

    /// Says that the actor's work is done: once it stops it is not started again.
    pub fn finish(&self) {
        self.0.is_done.store(true, Ordering::Release);
    }

    /// What the actor does, as it changes.
    pub fn observe(&self) -> watch::Receiver<Observed> {
        self.0.observed.subscribe()
    }

    /// Handles one message. A panic ends that message alone: it costs no restart and no pause, and
    /// is told once here, so that one bad message never holds up those behind it.
    ///
    /// # Errors
    /// The handler panicked.
    pub(crate) fn contain<M: 'static>(
        &self,
        envelope: Envelope<M>,
        handle: impl FnOnce(M),
    ) -> Result<(), MessagePanicked> {
        self.contain_call(|| handle(envelope.open()))
    }

    /// The same for work that left its mailbox, like the reading of a large body.
    ///
    /// # Errors
    /// The call panicked.
    pub(crate) fn contain_call(&self, call: impl FnOnce()) -> Result<(), MessagePanicked> {
        catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
            let why = panic_text(panic.as_ref());
            emit(Event::ActorPanicked {
                actor: self.0.id.actor,
                name: self.0.id.name.as_str().into(),
                message: why.clone(),
            });
            self.update(|observed| {
                observed.panicked_messages = observed.panicked_messages.saturating_add(1);
                observed.last_problem = Some(why.clone());
            });
            MessagePanicked(why)
        })
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.is_done.load(Ordering::Acquire)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Observed)) {
        self.0.observed.send_modify(change);
    }
}

impl fmt::Debug for ActorScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.id.fmt(f)
    }
}

/// The text of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("panicked: {text}")
}
