//! Drives one actor behind `catch_unwind`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as TaskContext, Poll, ready},
    time::Duration,
};

use actix::{
    dev::{ContextFut, channel, channel::AddressReceiver},
    prelude::*,
};
use tokio::{
    sync::watch,
    time::{Instant, Sleep},
};

use super::{
    ActorId, ActorScope, Policy, RestartDecision,
    scope::{Doing, Observed, panic_text},
};
use crate::telemetry::{Event, RestartSeries, emit};

/// Told when an actor is given up. Who that harms is not for the supervisor to say: a lost agent is
/// one agent, a lost ingress is the gate.
pub type OnGiveUp = Arc<dyn Fn(&ActorId) + Send + Sync>;

/// How an actor left its loop.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exit {
    /// It panicked outside of a message, or stopped without being done: it is started again.
    Restart(String),
    /// Its work is done.
    Done,
}

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

    fn actors(&self) -> std::sync::MutexGuard<'_, Vec<(ActorId, watch::Receiver<Observed>)>> {
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
            let restarts = RestartSeries::new(scope.id().actor, &scope.id().name);
            actix::spawn(Supervisor {
                actor: context.into_future(actor),
                scope,
                policy,
                on_give_up,
                restarts,
                born: Instant::now(),
                pause: None,
            });
        });
    }
}

/// Drives one actor and brings it back as its [`Policy`] says.
///
/// Panics of messages are contained before they come here ([`ActorScope::contain`]); what does come
/// here is a defect of the actor itself, and every future that it held is gone.
struct Supervisor<A: Supervised + Actor<Context = Context<A>>> {
    actor: ContextFut<A, Context<A>>,
    scope: ActorScope,
    policy: Policy,
    on_give_up: OnGiveUp,
    restarts: RestartSeries,
    born: Instant,
    pause: Option<Pause>,
}

/// Before an actor comes back.
struct Pause {
    sleep: Pin<Box<Sleep>>,
    length: Duration,
    why: String,
}

impl<A: Supervised + Actor<Context = Context<A>>> Supervisor<A> {
    /// Runs the actor until it waits or leaves its loop.
    fn run(&mut self, task: &mut TaskContext<'_>) -> Poll<Exit> {
        let step = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.actor).poll(task)));
        match step {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) if self.scope.is_done() => Poll::Ready(Exit::Done),
            Ok(Poll::Ready(())) => Poll::Ready(Exit::Restart("stopped".to_owned())),
            Err(panic) => Poll::Ready(Exit::Restart(panic_text(panic.as_ref()))),
        }
    }

    /// Plans the restart of an actor, or lets it go.
    fn after(&mut self, exit: Exit) -> Poll<()> {
        let why = match exit {
            Exit::Done => {
                self.tell(Doing::Done, None);
                return Poll::Ready(());
            }
            Exit::Restart(why) => why,
        };
        match self.policy.decide(self.born.elapsed()) {
            RestartDecision::Restart(length) => {
                self.tell(Doing::Restarting, Some(&why));
                let sleep = Box::pin(tokio::time::sleep(length));
                self.pause = Some(Pause { sleep, length, why });
                Poll::Pending
            }
            RestartDecision::GiveUp => {
                self.tell(Doing::GivenUp, Some(&why));
                let ActorId { actor, name } = self.scope.id();
                emit(Event::ActorGivenUp { actor, name: name.as_str().into(), why });
                (self.on_give_up)(self.scope.id());
                Poll::Ready(())
            }
        }
    }

    /// Brings the actor back; ready where that is not possible any more.
    fn restart(&mut self, pause: &Pause) -> Poll<()> {
        match catch_unwind(AssertUnwindSafe(|| self.actor.restart())) {
            Ok(true) => {
                let ActorId { actor, name } = self.scope.id();
                self.restarts.increment();
                emit(Event::ActorRestarted {
                    actor,
                    name: name.as_str().into(),
                    why: pause.why.clone(),
                    after_ms: pause.length.into(),
                });
                self.scope.update(|observed| observed.restarts = observed.restarts.saturating_add(1));
                self.tell(Doing::Running, None);
                Poll::Pending
            }
            // Nobody holds the address any more: it stopped because it is done.
            Ok(false) => self.after(Exit::Done),
            Err(panic) => self.after(Exit::Restart(panic_text(panic.as_ref()))),
        }
    }

    fn tell(&self, doing: Doing, problem: Option<&str>) {
        self.scope.update(|observed| {
            observed.doing = doing;
            observed.since = Instant::now();
            if let Some(problem) = problem {
                observed.last_problem = Some(problem.to_owned());
            }
        });
    }
}

impl<A: Supervised + Actor<Context = Context<A>>> Unpin for Supervisor<A> {}

impl<A: Supervised + Actor<Context = Context<A>>> Future for Supervisor<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.sleep.as_mut().poll(task));
            }
            if let Some(pause) = this.pause.take() {
                if this.restart(&pause).is_ready() {
                    return Poll::Ready(());
                }
                if this.pause.is_some() {
                    continue;
                }
            }
            let exit = ready!(this.run(task));
            if this.after(exit).is_ready() {
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
