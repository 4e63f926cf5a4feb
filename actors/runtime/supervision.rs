//! Starts actors, and knows those that it started.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{
    dev::{channel, channel::AddressReceiver},
    prelude::*,
};
use tokio::sync::watch;

use super::{
    ActorId, ActorScope, OnGiveUp, Policy,
    scope::{Doing, Observed},
    supervisor::Supervisor,
};

/// An actor, and what it does.
type Watched = (ActorId, watch::Receiver<Observed>);

/// Starts actors, and knows those that it started.
#[derive(Clone)]
pub struct Supervision {
    on_give_up: OnGiveUp,
    actors: Arc<Mutex<Vec<Watched>>>,
}

impl Supervision {
    /// Tells `on_give_up` of each actor that failed too often.
    pub fn new(on_give_up: OnGiveUp) -> Self {
        Self { on_give_up, actors: Arc::default() }
    }

    /// Makes the address of an actor that is to be started: others may know it before it lives.
    pub fn seat<A: Actor<Context = Context<A>>>(&self, id: ActorId) -> Seat<A> {
        // Unbounded here, because the bound lies in the senders.
        let (sender, receiver) = channel::channel(0);
        let scope = ActorScope::new(id);
        self.remember(&scope);
        Seat { address: Addr::new(sender), receiver, scope, on_give_up: Arc::clone(&self.on_give_up) }
    }

    /// Starts an actor on `arbiter` and keeps it going: same address, same mailbox.
    pub fn start<A, F>(&self, arbiter: &ArbiterHandle, id: ActorId, policy: Policy, build: F) -> Addr<A>
    where
        A: Supervised + Actor<Context = Context<A>>,
        F: FnOnce(&mut Context<A>, ActorScope) -> A + Send + 'static,
    {
        let seat = self.seat(id);
        let address = seat.address();
        seat.start(arbiter, policy, build);
        address
    }

    /// Every actor that has not ended, and what it does.
    pub fn observed(&self) -> Vec<(ActorId, Observed)> {
        self.actors()
            .iter()
            .map(|(id, observed)| (id.clone(), observed.borrow().clone()))
            .filter(|(_, observed)| observed.doing != Doing::Done)
            .collect()
    }

    fn remember(&self, scope: &ActorScope) {
        let mut actors = self.actors();
        actors.retain(|(_, observed)| observed.borrow().doing != Doing::Done);
        actors.push((scope.id().clone(), scope.observe()));
    }

    fn actors(&self) -> MutexGuard<'_, Vec<Watched>> {
        // A list of handles is consistent after every single change.
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of an actor that is to be started.
pub struct Seat<A: Actor<Context = Context<A>>> {
    address: Addr<A>,
    receiver: AddressReceiver<A>,
    scope: ActorScope,
    on_give_up: OnGiveUp,
}

impl<A: Supervised + Actor<Context = Context<A>>> Seat<A> {
    /// Its address. What is sent there waits until the actor lives.
    pub fn address(&self) -> Addr<A> {
        self.address.clone()
    }

    /// Starts the actor on `arbiter` and keeps it going.
    pub fn start<F>(self, arbiter: &ArbiterHandle, policy: Policy, build: F)
    where
        F: FnOnce(&mut Context<A>, ActorScope) -> A + Send + 'static,
    {
        let Self { receiver, scope, on_give_up, .. } = self;
        arbiter.spawn_fn(move || {
            let mut context = Context::with_receiver(receiver);
            let actor = build(&mut context, scope.clone());
            actix::spawn(Supervisor::new(actor, context, scope, policy, on_give_up));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;

    /// Reports each number it handles, and panics on 13.
    struct Reporter {
        seen: mpsc::UnboundedSender<u32>,
        scope: ActorScope,
    }

    const DONE: u32 = 99;

    impl Actor for Reporter {
        type Context = Context<Self>;
    }

    impl Supervised for Reporter {}

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Number(u32);

    impl Handler<Number> for Reporter {
        type Result = ();

        fn handle(&mut self, Number(number): Number, context: &mut Context<Self>) {
            match number {
                13 => panic!("unlucky"),
                0 => context.stop(),
                DONE => {
                    self.scope.finish();
                    context.stop();
                }
                number => self.seen.send(number).unwrap(),
            }
        }
    }

    struct Started {
        post: Box<dyn Fn(u32)>,
        numbers: mpsc::UnboundedReceiver<u32>,
        supervision: Supervision,
    }

    fn start(policy: Policy, on_give_up: OnGiveUp) -> Started {
        let (seen, numbers) = mpsc::unbounded_channel();
        let supervision = Supervision::new(on_give_up);
        let id = ActorId::new("test", "reporter");
        let reporter =
            supervision.start(&Arbiter::current(), id, policy, move |_, scope| Reporter { seen, scope });
        #[expect(clippy::disallowed_methods, reason = "the mailbox itself is under test")]
        Started { post: Box::new(move |number| reporter.do_send(Number(number))), numbers, supervision }
    }

    fn silent() -> OnGiveUp {
        Arc::new(|_| {})
    }

    #[actix::test]
    async fn an_actor_that_panics_keeps_its_address_and_its_mailbox() {
        let mut started = start(Policy::default(), silent());
        for number in [1, 13, 2, 13, 3] {
            (started.post)(number);
        }
        for expected in [1, 2, 3] {
            assert_eq!(started.numbers.recv().await, Some(expected));
        }
        assert_eq!(started.supervision.observed()[0].1.restarts, 2);
    }

    #[actix::test]
    async fn an_actor_that_stops_comes_back_too() {
        let mut started = start(Policy::default(), silent());
        for number in [0, 7] {
            (started.post)(number);
        }
        assert_eq!(started.numbers.recv().await, Some(7));
    }

    #[actix::test]
    async fn an_actor_whose_work_is_done_ends_and_is_forgotten() {
        let mut started = start(Policy::default(), silent());
        for number in [1, DONE, 2] {
            (started.post)(number);
        }
        assert_eq!(started.numbers.recv().await, Some(1));
        assert_eq!(started.numbers.recv().await, None, "it is gone, and what came after with it");
        assert_eq!(started.supervision.observed(), []);
    }

    #[actix::test]
    async fn an_actor_beyond_its_budget_is_given_up_and_told() {
        let (told, given_up) = tokio::sync::oneshot::channel();
        let told = Mutex::new(Some(told));
        let once = move |id: &ActorId| {
            if let Some(told) = told.lock().unwrap().take() {
                told.send(id.name.clone()).unwrap();
            }
        };
        let policy = Policy::new(2, Duration::from_secs(60), Duration::ZERO, Duration::ZERO);
        let started = start(policy, Arc::new(once));
        for _ in 0..3 {
            (started.post)(13);
        }
        assert_eq!(given_up.await.as_deref(), Ok("reporter"));
        assert_eq!(started.supervision.observed()[0].1.doing, Doing::GivenUp);
    }
}
