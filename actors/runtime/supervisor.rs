//! Drives one actor behind `catch_unwind`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, ready},
    time::Duration,
};

use actix::{dev::ContextFut, prelude::*};
use tokio::time::{Instant, Sleep};

use super::{
    ActorId, ActorScope, Policy, RestartDecision,
    scope::{Doing, panic_text},
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

/// Drives one actor and brings it back as its [`Policy`] says.
///
/// Panics of messages are contained before they come here ([`ActorScope::contain`]); what does come
/// here is a defect of the actor itself, and every future that it held is gone.
pub(super) struct Supervisor<A: Supervised + Actor<Context = Context<A>>> {
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
    /// Drives `actor`, which lives in `context`.
    pub(super) fn new(
        actor: A,
        context: Context<A>,
        scope: ActorScope,
        policy: Policy,
        on_give_up: OnGiveUp,
    ) -> Self {
        let restarts = RestartSeries::new(scope.id().actor, &scope.id().name);
        let (actor, born) = (context.into_future(actor), Instant::now());
        Self { actor, scope, policy, on_give_up, restarts, born, pause: None }
    }

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
