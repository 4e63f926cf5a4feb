//! A bounded way in.

use std::{fmt, sync::Arc, time::Instant};

use actix::{dev::ToEnvelope, prelude::*};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{runtime::ActorId, telemetry::MailboxSeries};

/// The bound and the numbers of one mailbox.
pub struct MailboxMetrics {
    places: Arc<Semaphore>,
    series: MailboxSeries,
}

impl MailboxMetrics {
    /// A mailbox for `capacity` messages.
    pub fn new(identity: &ActorId, capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(capacity)),
            series: MailboxSeries::new(identity.actor, &identity.name, capacity),
        })
    }

    fn stamp(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Slot {
        self.series.accepted.increment(1);
        self.series.depth.increment(1);
        Slot { posted: Instant::now(), meter: Arc::clone(self), _place: place }
    }
}

/// A place in a mailbox, given back on drop.
struct Slot {
    posted: Instant,
    meter: Arc<MailboxMetrics>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.meter.series.depth.decrement(1);
    }
}

/// A message in its envelope.
pub struct Envelope<M> {
    message: M,
    stamp: Slot,
}

impl<M: 'static> Message for Envelope<M> {
    type Result = ();
}

impl<M> Envelope<M> {
    /// Takes the message out and frees its place.
    pub fn open(self) -> M {
        self.stamp.meter.series.wait.record(self.stamp.posted.elapsed());
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
    meter: Arc<MailboxMetrics>,
}

impl<M: Send + 'static> Clone for MailboxSender<M> {
    fn clone(&self) -> Self {
        Self { to: self.to.clone(), meter: Arc::clone(&self.meter) }
    }
}

impl<M: Send + 'static> fmt::Debug for MailboxSender<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").field("free", &self.meter.places.available_permits()).finish_non_exhaustive()
    }
}

impl<M: Send + 'static> MailboxSender<M> {
    /// A way to `actor`; outlets that share a meter share its bound.
    pub fn new<A>(actor: Addr<A>, meter: Arc<MailboxMetrics>) -> Self
    where
        A: Handler<Envelope<M>>,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        Self { to: actor.recipient(), meter }
    }

    /// Posts if there is room now.
    ///
    /// # Errors
    /// Gives the message back when the mailbox is full or its actor gone.
    pub fn try_send(&self, message: M) -> Result<(), SendError<M>> {
        let Ok(place) = Arc::clone(&self.meter.places).try_acquire_owned() else {
            self.meter.series.rejected.increment(1);
            return Err(SendError::Full(message));
        };
        if !self.to.connected() {
            return Err(SendError::Closed(message));
        }
        #[expect(clippy::disallowed_methods, reason = "the place is taken: this is the bounded way")]
        self.to.do_send(Envelope { message, stamp: self.meter.stamp(place) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::runtime::{Policy, Supervisor};

    /// Hands its messages on, but panics on zero.
    struct Echo(mpsc::UnboundedSender<u32>);

    impl Actor for Echo {
        type Context = Context<Self>;
    }

    impl Supervised for Echo {}

    impl Handler<Envelope<u32>> for Echo {
        type Result = ();

        fn handle(&mut self, post: Envelope<u32>, _: &mut Context<Self>) {
            let number = post.open();
            assert_ne!(number, 0, "zero");
            self.0.send(number).unwrap();
        }
    }

    fn outlet(capacity: usize) -> (MailboxSender<u32>, mpsc::UnboundedReceiver<u32>) {
        let (echo, heard) = mpsc::unbounded_channel();
        let identity = ActorId { actor: "test", name: "echo".to_owned() };
        let meter = MailboxMetrics::new(&identity, capacity);
        let addr =
            Supervisor::start(&Arbiter::current(), identity, Policy::default(), Arc::new(|_| {}), |_| {
                Echo(echo)
            });
        (MailboxSender::new(addr, meter), heard)
    }

    #[actix::test]
    async fn the_bound_holds_for_all_clones_together() {
        let (outlet, _heard) = outlet(2);
        let clone = outlet.clone();
        assert_eq!(outlet.try_send(1), Ok(()));
        assert_eq!(clone.try_send(2), Ok(()));
        assert_eq!(outlet.try_send(3), Err(SendError::Full(3)));
        assert_eq!(clone.try_send(4), Err(SendError::Full(4)));
    }

    #[actix::test]
    async fn a_panic_gives_the_place_back() {
        let (outlet, mut heard) = outlet(2);
        assert_eq!(outlet.try_send(0), Ok(()));
        assert_eq!(outlet.try_send(1), Ok(()));
        assert_eq!(heard.recv().await, Some(1));
        assert_eq!(outlet.meter.places.available_permits(), 2);
    }
}
