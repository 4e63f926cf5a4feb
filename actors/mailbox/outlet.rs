//! A bounded way in.

use std::{fmt, sync::Arc, time::Instant};

use actix::{dev::ToEnvelope, prelude::*};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{supervise::Identity, telemetry::MailboxSeries};

/// The bound and the numbers of one mailbox.
pub struct Meter {
    places: Arc<Semaphore>,
    series: MailboxSeries,
}

impl Meter {
    /// A mailbox for `capacity` messages.
    pub fn new(identity: &Identity, capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(capacity)),
            series: MailboxSeries::new(identity.actor, &identity.name, capacity),
        })
    }

    fn stamp(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Stamp {
        self.series.accepted.increment(1);
        self.series.depth.increment(1);
        Stamp { posted: Instant::now(), meter: Arc::clone(self), _place: place }
    }
}

/// A place in a mailbox, given back on drop.
struct Stamp {
    posted: Instant,
    meter: Arc<Meter>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Stamp {
    fn drop(&mut self) {
        self.meter.series.depth.decrement(1);
    }
}

/// A message in its envelope.
pub struct Post<M> {
    message: M,
    stamp: Stamp,
}

impl<M: 'static> Message for Post<M> {
    type Result = ();
}

impl<M> Post<M> {
    /// Takes the message out and frees its place.
    pub fn open(self) -> M {
        self.stamp.meter.series.wait.record(self.stamp.posted.elapsed());
        self.message
    }
}

/// A message that was not taken comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<M> {
    /// The mailbox is at capacity.
    Full(M),
    /// The actor is gone.
    Closed(M),
}

/// Where to post messages of one kind. The sender does not know the actor behind it.
pub struct Outlet<M: Send + 'static> {
    to: Recipient<Post<M>>,
    meter: Arc<Meter>,
}

impl<M: Send + 'static> Clone for Outlet<M> {
    fn clone(&self) -> Self {
        Self { to: self.to.clone(), meter: Arc::clone(&self.meter) }
    }
}

impl<M: Send + 'static> fmt::Debug for Outlet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").field("free", &self.meter.places.available_permits()).finish_non_exhaustive()
    }
}

impl<M: Send + 'static> Outlet<M> {
    /// A way to `actor`; outlets that share a meter share its bound.
    pub fn new<A>(actor: Addr<A>, meter: Arc<Meter>) -> Self
    where
        A: Handler<Post<M>>,
        A::Context: ToEnvelope<A, Post<M>>,
    {
        Self { to: actor.recipient(), meter }
    }

    /// Posts if there is room now.
    ///
    /// # Errors
    /// Gives the message back when the mailbox is full or its actor gone.
    pub fn try_post(&self, message: M) -> Result<(), Refused<M>> {
        let Ok(place) = Arc::clone(&self.meter.places).try_acquire_owned() else {
            self.meter.series.rejected.increment(1);
            return Err(Refused::Full(message));
        };
        if !self.to.connected() {
            return Err(Refused::Closed(message));
        }
        #[expect(clippy::disallowed_methods, reason = "the place is taken: this is the bounded way")]
        self.to.do_send(Post { message, stamp: self.meter.stamp(place) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::supervise::{Guard, Policy};

    /// Hands its messages on, but panics on zero.
    struct Echo(mpsc::UnboundedSender<u32>);

    impl Actor for Echo {
        type Context = Context<Self>;
    }

    impl Supervised for Echo {}

    impl Handler<Post<u32>> for Echo {
        type Result = ();

        fn handle(&mut self, post: Post<u32>, _: &mut Context<Self>) {
            let number = post.open();
            assert_ne!(number, 0, "zero");
            self.0.send(number).unwrap();
        }
    }

    fn outlet(capacity: usize) -> (Outlet<u32>, mpsc::UnboundedReceiver<u32>) {
        let (echo, heard) = mpsc::unbounded_channel();
        let identity = Identity { actor: "test", name: "echo".to_owned() };
        let meter = Meter::new(&identity, capacity);
        let addr =
            Guard::start(&Arbiter::current(), identity, Policy::default(), Arc::new(|_| {}), |_| Echo(echo));
        (Outlet::new(addr, meter), heard)
    }

    #[actix::test]
    async fn the_bound_holds_for_all_clones_together() {
        let (outlet, _heard) = outlet(2);
        let clone = outlet.clone();
        assert_eq!(outlet.try_post(1), Ok(()));
        assert_eq!(clone.try_post(2), Ok(()));
        assert_eq!(outlet.try_post(3), Err(Refused::Full(3)));
        assert_eq!(clone.try_post(4), Err(Refused::Full(4)));
    }

    #[actix::test]
    async fn a_panic_gives_the_place_back() {
        let (outlet, mut heard) = outlet(2);
        assert_eq!(outlet.try_post(0), Ok(()));
        assert_eq!(outlet.try_post(1), Ok(()));
        assert_eq!(heard.recv().await, Some(1));
        assert_eq!(outlet.meter.places.available_permits(), 2);
    }
}
