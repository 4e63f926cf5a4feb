//! Drives one actor behind `catch_unwind`.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, ready},
    time::Duration,
};

use actix::{
    dev::{ContextFut, channel},
    prelude::*,
};
use tokio::time::{Instant, Sleep};

use super::{Policy, RestartDecision};
use crate::telemetry::{
    RestartSeries,
    events::{ActorGivenUp, ActorRestarted},
};

/// Told when an actor is given up; the gate then ends rather than limps.
pub type OnGiveUp = Arc<dyn Fn(&ActorId) + Send + Sync>;

/// Who an actor is, in logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorId {
    /// Its kind: `agent`.
    pub actor: &'static str,
    /// Its name among its kind.
    pub name: String,
}

/// Drives one actor and brings it back as its [`Policy`] says: same address, same mailbox.
///
/// A message whose handler panics is gone, and so is every future that the actor held.
pub struct Supervisor<A: Supervised + Actor<Context = Context<A>>> {
    actor: ContextFut<A, Context<A>>,
    identity: ActorId,
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
    /// Starts an actor on `arbiter`.
    pub fn start<F>(
        arbiter: &ArbiterHandle,
        identity: ActorId,
        policy: Policy,
        on_give_up: OnGiveUp,
        build: F,
    ) -> Addr<A>
    where
        F: FnOnce(&mut Context<A>) -> A + Send + 'static,
    {
        // Unbounded here, because the bound lies in the outlets.
        let (sender, receiver) = channel::channel(0);
        arbiter.spawn_fn(move || {
            let mut context = Context::with_receiver(receiver);
            let actor = build(&mut context);
            let restarts = RestartSeries::new(identity.actor, &identity.name);
            actix::spawn(Self {
                actor: context.into_future(actor),
                identity,
                policy,
                on_give_up,
                restarts,
                born: Instant::now(),
                pause: None,
            });
        });
        Addr::new(sender)
    }

    /// Runs the actor until it waits or ends.
    fn run(&mut self, task: &mut TaskContext<'_>) -> Poll<String> {
        let step = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.actor).poll(task)));
        match step {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready("stopped".to_owned()),
            Err(panic) => Poll::Ready(message(panic.as_ref())),
        }
    }

    /// Plans the restart of an actor that ended, or gives it up.
    fn ended(&mut self, why: String) -> Poll<()> {
        let ActorId { actor, name } = &self.identity;
        match self.policy.evaluate(self.born.elapsed()) {
            RestartDecision::Restart(length) => {
                let sleep = Box::pin(tokio::time::sleep(length));
                self.pause = Some(Pause { sleep, length, why });
                Poll::Pending
            }
            RestartDecision::GiveUp => {
                ActorGivenUp { actor, name, why: &why }.emit();
                (self.on_give_up)(&self.identity);
                Poll::Ready(())
            }
        }
    }

    /// Brings the actor back; ready where that is not wanted or not possible any more.
    fn restart(&mut self, pause: &Pause) -> Poll<()> {
        match catch_unwind(AssertUnwindSafe(|| self.actor.restart())) {
            Ok(true) => {
                let ActorId { actor, name } = &self.identity;
                self.restarts.increment();
                ActorRestarted { actor, name, why: &pause.why, after: pause.length }.emit();
                Poll::Pending
            }
            // Nobody holds the address any more: it stopped because it is done.
            Ok(false) => Poll::Ready(()),
            Err(panic) => self.ended(message(panic.as_ref())),
        }
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
            let why = ready!(this.run(task));
            if this.ended(why).is_ready() {
                return Poll::Ready(());
            }
        }
    }
}

/// The text of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("panicked: {text}")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::mpsc;

    use super::*;

    /// Reports each number it handles, and panics on 13.
    struct Reporter {
        seen: mpsc::UnboundedSender<u32>,
    }

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
                number => self.seen.send(number).unwrap(),
            }
        }
    }

    fn start(policy: Policy, on_give_up: OnGiveUp) -> (impl Fn(u32), mpsc::UnboundedReceiver<u32>) {
        let (seen, numbers) = mpsc::unbounded_channel();
        let identity = ActorId { actor: "test", name: "reporter".to_owned() };
        let reporter =
            Supervisor::start(&Arbiter::current(), identity, policy, on_give_up, move |_| Reporter { seen });
        #[expect(clippy::disallowed_methods, reason = "the mailbox itself is under test")]
        (move |number| reporter.do_send(Number(number)), numbers)
    }

    fn silent() -> OnGiveUp {
        Arc::new(|_| {})
    }

    #[actix::test]
    async fn an_actor_that_panics_keeps_its_address_and_its_mailbox() {
        let (post, mut numbers) = start(Policy::default(), silent());
        for number in [1, 13, 2, 13, 3] {
            post(number);
        }
        for expected in [1, 2, 3] {
            assert_eq!(numbers.recv().await, Some(expected));
        }
    }

    #[actix::test]
    async fn an_actor_that_stops_comes_back_too() {
        let (post, mut numbers) = start(Policy::default(), silent());
        for number in [0, 7] {
            post(number);
        }
        assert_eq!(numbers.recv().await, Some(7));
    }

    #[actix::test]
    async fn an_actor_beyond_its_budget_raises_the_alarm() {
        let (raised, on_give_up) = tokio::sync::oneshot::channel();
        let raised = Mutex::new(Some(raised));
        let once = move |identity: &ActorId| {
            if let Some(raised) = raised.lock().unwrap().take() {
                raised.send(identity.name.clone()).unwrap();
            }
        };
        let policy = Policy::new(2, Duration::from_secs(60), Duration::ZERO, Duration::ZERO);
        let (post, _numbers) = start(policy, Arc::new(once));
        for _ in 0..3 {
            post(13);
        }
        assert_eq!(on_give_up.await.as_deref(), Ok("reporter"));
    }
}
