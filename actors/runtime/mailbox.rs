//! A bounded way in.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{dev::ToEnvelope, prelude::*};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{runtime::ActorId, telemetry::MailboxSeries};

/// How often one who waits for room looks whether the actor still lives.
const LOOK_FOR_ACTOR: Duration = Duration::from_millis(100);

/// The bound and the numbers of one mailbox.
pub struct MailboxMetrics {
    places: Arc<Semaphore>,
    capacity: usize,
    /// Absent where nobody would look at them.
    series: Option<MailboxSeries>,
}

impl MailboxMetrics {
    /// A mailbox for `capacity` messages.
    pub fn new(id: &ActorId, capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(capacity)),
            capacity,
            series: Some(MailboxSeries::new(id.actor, &id.name, capacity)),
        })
    }

    /// The same without numbers, for messages that are rare.
    pub(crate) fn unmeasured(capacity: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(capacity)), capacity, series: None })
    }

    fn slot(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Slot {
        if let Some(series) = &self.series {
            series.accepted.increment(1);
            series.depth.increment(1);
        }
        Slot { posted: Instant::now(), metrics: Arc::clone(self), _place: place }
    }
}

/// A place in a mailbox, given back on drop.
struct Slot {
    posted: Instant,
    metrics: Arc<MailboxMetrics>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(series) = &self.metrics.series {
            series.depth.decrement(1);
        }
    }
}

/// A message in its envelope.
pub struct Envelope<M> {
    message: M,
    slot: Slot,
}

impl<M: 'static> Message for Envelope<M> {
    type Result = ();
}

impl<M> Envelope<M> {
    /// Takes the message out and frees its place.
    pub fn open(self) -> M {
        if let Some(series) = &self.slot.metrics.series {
            series.wait.record(self.slot.posted.elapsed());
        }
        self.message
    }
}

/// A message that was not taken comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum SendError<M> {
    /// The mailbox is at capacity.
    Full(M),
    /// The actor is gone.
    Closed(M),
}

/// Where to post messages of one kind. The sender does not know the actor behind it.
pub struct MailboxSender<M: Send + 'static> {
    to: Recipient<Envelope<M>>,
    metrics: Arc<MailboxMetrics>,
}

impl<M: Send + 'static> Clone for MailboxSender<M> {
    fn clone(&self) -> Self {
        Self { to: self.to.clone(), metrics: Arc::clone(&self.metrics) }
    }
}

impl<M: Send + 'static> fmt::Debug for MailboxSender<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailboxSender")
            .field("free", &self.metrics.places.available_permits())
            .finish_non_exhaustive()
    }
}

/// How full a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxDepth {
    /// Messages that wait.
    pub waiting: usize,
    /// How many may.
    pub capacity: usize,
}

impl<M: Send + 'static> MailboxSender<M> {
    /// How full it is now.
    pub fn depth(&self) -> MailboxDepth {
        let capacity = self.metrics.capacity;
        MailboxDepth { waiting: capacity.saturating_sub(self.metrics.places.available_permits()), capacity }
    }

    /// A way to `actor`; senders that share metrics share their bound.
    pub fn new<A>(actor: Addr<A>, metrics: Arc<MailboxMetrics>) -> Self
    where
        A: Handler<Envelope<M>>,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        Self { to: actor.recipient(), metrics }
    }

    /// Posts if there is room now.
    ///
    /// # Errors
    /// Gives the message back when the mailbox is full or its actor gone.
    pub fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        let Ok(place) = Arc::clone(&self.metrics.places).try_acquire_owned() else {
            if let Some(series) = &self.metrics.series {
                series.rejected.increment(1);
            }
            return Err(SendError::Full(message));
        };
        if !self.to.connected() {
            return Err(SendError::Closed(message));
        }
        #[expect(clippy::disallowed_methods, reason = "the place is taken: this is the bounded way")]
        self.to.do_send(Envelope { message, slot: self.metrics.slot(place) });
        Ok(())
    }
}

impl<M: Send + 'static> MailboxSender<M> {
    /// Waits for room, then posts: back-pressure.
    ///
    /// # Errors
    /// Gives the message back when the actor is gone.
    pub async fn send(&self, message: M) -> Result<(), SendError<M>> {
        // A mailbox without its actor may be full for ever.
        let waits = Arc::clone(&self.metrics.places).acquire_owned();
        let gone = async {
            while self.to.connected() {
                tokio::time::sleep(LOOK_FOR_ACTOR).await;
            }
        };
        tokio::select! {
            place = waits => match place {
                Ok(place) if self.to.connected() => {
                    #[expect(clippy::disallowed_methods, reason = "the place is taken: this is the bounded way")]
                    self.to.do_send(Envelope { message, slot: self.metrics.slot(place) });
                    Ok(())
                }
                _ => Err(SendError::Closed(message)),
            },
            () = gone => Err(SendError::Closed(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::runtime::{ActorScope, Policy, Supervision};

    /// Hands its messages on, but panics on zero.
    struct Echo {
        heard: mpsc::UnboundedSender<u32>,
        scope: ActorScope,
    }

    impl Actor for Echo {
        type Context = Context<Self>;
    }

    impl Supervised for Echo {}

    impl Handler<Envelope<u32>> for Echo {
        type Result = ();

        fn handle(&mut self, envelope: Envelope<u32>, _: &mut Context<Self>) {
            let heard = self.heard.clone();
            let _ = self.scope.contain(envelope, |number| {
                assert_ne!(number, 0, "zero");
                heard.send(number).unwrap();
            });
        }
    }

    struct Started {
        sender: MailboxSender<u32>,
        heard: mpsc::UnboundedReceiver<u32>,
        supervision: Supervision,
    }

    fn start(capacity: usize) -> Started {
        let (echo, heard) = mpsc::unbounded_channel();
        let id = ActorId::new("test", "echo");
        let metrics = MailboxMetrics::new(&id, capacity);
        let supervision = Supervision::new(Arc::new(|_| {}));
        let policy = Policy::default();
        let addr = supervision.start(&Arbiter::current(), id, policy, |_, scope| Echo { heard: echo, scope });
        Started { sender: MailboxSender::new(addr, metrics), heard, supervision }
    }

    #[actix::test]
    async fn the_bound_holds_for_all_clones_together() {
        let Started { sender, .. } = start(2);
        let clone = sender.clone();
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(clone.try_send(2), Ok(()));
        assert_eq!(sender.try_send(3), Err(SendError::Full(3)));
        assert_eq!(clone.try_send(4), Err(SendError::Full(4)));
    }

    #[actix::test]
    async fn a_message_that_panics_gives_its_place_back_and_costs_no_restart() {
        let Started { sender, mut heard, supervision } = start(2);
        assert_eq!(sender.try_send(0), Ok(()));
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(heard.recv().await, Some(1));
        assert_eq!(sender.metrics.places.available_permits(), 2);
        let observed = &supervision.observed()[0].1;
        assert_eq!((observed.panicked_messages, observed.restarts), (1, 0));
    }
}
