//! Fires what is due.
//!
//! Owns its due queue and sleeps to the next time in it, on the monotonic clock. No sleep is longer
//! than [`LONGEST_SLEEP`], because the wall clock may be set meanwhile. What it says of its last look
//! tells readiness whether it still lives.

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::{
    sync::watch,
    task::{JoinError, spawn_local},
    time::Instant,
};

use super::{Due, DueQueue, ScheduledAgent, due_queue::Missed};
use crate::{
    domain::{AgentName, Clock, ClockJump, ClockWatch, NewJob, Timestamp},
    runtime::{ActorScope, Envelope, WakeAgent},
    store::{Fire, Fired, ScheduleCursor, Store},
    telemetry::{Event, emit, trace},
};

/// A clock that is set is noticed after this.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);
/// A scheduler that has not looked for so long does not work: four of its longest sleeps.
pub const STALE_LOOK: Duration = Duration::from_secs(60);
/// The pause before what the store refused is tried again.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What the scheduler works with.
pub struct SchedulerDeps {
    /// Where firings are recorded.
    pub store: Arc<dyn Store>,
    /// Rouses agents.
    pub wake: WakeAgent,
    /// The time.
    pub clock: Clock,
    /// When the last look was.
    pub looked: watch::Sender<Instant>,
}

/// Message to the scheduler: these schedules are in force from now on.
#[derive(Debug, Clone)]
pub struct SchedulesChanged(pub Vec<ScheduledAgent>);

/// The scheduler.
pub struct SchedulerActor {
    deps: Rc<SchedulerDeps>,
    scope: ActorScope,
    scheduled: Vec<ScheduledAgent>,
    /// Absent until the store has told how far schedules had come.
    queue: Option<DueQueue>,
    /// Firings that the store has not answered yet. Kept over a restart, and recorded again then:
    /// the store knows a firing that it has.
    firing: BTreeMap<AgentName, Firing>,
    clocks: ClockWatch,
    born: Instant,
    looked: Option<Timestamp>,
    timer: Option<SpawnHandle>,
}

/// A firing on its way to the store.
struct Firing {
    at: Timestamp,
    /// Came due meanwhile.
    then: Option<Timestamp>,
}

impl SchedulerActor {
    /// A scheduler that has not looked yet.
    pub fn new(deps: SchedulerDeps, scheduled: Vec<ScheduledAgent>, scope: ActorScope) -> Self {
        Self {
            clocks: ClockWatch::new(deps.clock.now(), Duration::ZERO),
            deps: Rc::new(deps),
            scope,
            scheduled,
            queue: None,
            firing: BTreeMap::new(),
            born: Instant::now(),
            looked: None,
            timer: None,
        }
    }
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    /// Also called after a restart. No message is handled before the store has answered.
    fn started(&mut self, context: &mut Context<Self>) {
        self.queue = None;
        self.timer = None;
        let cursors = cursors(Rc::clone(&self.deps)).into_actor(self);
        context.wait(cursors.map(|cursors, this, context| this.begin(&cursors, context)));
    }
}

impl Supervised for SchedulerActor {}

impl Handler<Envelope<SchedulesChanged>> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<SchedulesChanged>, context: &mut Context<Self>) {
        let scope = self.scope.clone();
        // Contained: told where it is caught.
        let _ = scope.contain(envelope, |SchedulesChanged(scheduled)| {
            self.scheduled.clone_from(&scheduled);
            self.look(context);
            let now = self.deps.clock.now();
            if let Some(queue) = &mut self.queue {
                queue.replace(scheduled, now);
            }
            self.sleep(context);
        });
    }
}

impl SchedulerActor {
    fn begin(&mut self, cursors: &[ScheduleCursor], context: &mut Context<Self>) {
        // After a restart everything since the last look is due, not missed.
        let since = self.looked.unwrap_or_else(|| self.deps.clock.now());
        let (queue, missed) = DueQueue::new(self.scheduled.clone(), cursors, since);
        self.queue = Some(queue);
        if self.looked.is_none() {
            missed.into_iter().for_each(tell_missed);
        }
        for (agent, firing) in std::mem::take(&mut self.firing) {
            self.fire(agent.clone(), firing.at, context);
            if let Some(then) = firing.then {
                self.fire(agent, then, context);
            }
        }
        self.look(context);
    }

    /// Fires what is due, and sleeps.
    fn look(&mut self, context: &mut Context<Self>) {
        crate::failpoint::hit("scheduler.look");
        let now = self.deps.clock.now();
        match self.clocks.look(now, self.born.elapsed()) {
            Some(ClockJump::Back(by)) => emit(Event::ClockWentBack { by_ms: by.into() }),
            Some(ClockJump::Ahead(by)) => emit(Event::ClockLeapt { by_ms: by.into() }),
            None => {}
        }
        let due = self.queue.as_mut().map(|queue| queue.due(now)).unwrap_or_default();
        self.looked = Some(now);
        self.deps.looked.send_replace(Instant::now());
        for Due { agent, at, missed } in due {
            missed.into_iter().for_each(tell_missed);
            self.fire(agent, at, context);
        }
        self.sleep(context);
    }

    fn sleep(&mut self, context: &mut Context<Self>) {
        let next = self.queue.as_ref().and_then(DueQueue::next);
        let span = next.map_or(LONGEST_SLEEP, |next| next.since(self.deps.clock.now()).min(LONGEST_SLEEP));
        if let Some(timer) = self.timer.replace(context.run_later(span, Self::look)) {
            context.cancel_future(timer);
        }
    }

    /// Records a firing, one at a time for each agent.
    fn fire(&mut self, agent: AgentName, at: Timestamp, context: &mut Context<Self>) {
        if let Some(firing) = self.firing.get_mut(&agent) {
            firing.then = Some(at);
            return;
        }
        self.firing.insert(agent.clone(), Firing { at, then: None });
        // A task of its own, so that its panic is a value here and its agent can fire again.
        let task = spawn_local(record(Rc::clone(&self.deps), agent.clone(), at)).into_actor(self);
        context.spawn(task.map(move |end, this, context| this.fired(agent, end, context)));
    }

    fn fired(&mut self, agent: AgentName, end: Result<(), JoinError>, context: &mut Context<Self>) {
        if let Err(panic) = end {
            let detail = format!("agent {agent}: {panic}");
            emit(Event::Warned { about: "a firing panicked and is lost", detail });
        }
        if let Some(then) = self.firing.remove(&agent).and_then(|firing| firing.then) {
            self.fire(agent, then, context);
        }
    }
}

fn tell_missed(Missed { agent, first, count, made_up_for }: Missed) {
    emit(Event::TicksMissed { agent, missed: count, first, made_up_for });
}

/// Asks until the store answers.
async fn cursors(deps: Rc<SchedulerDeps>) -> Vec<ScheduleCursor> {
    loop {
        match deps.store.cursors().await {
            Ok(cursors) => return cursors,
            Err(error) => {
                emit(Event::StoreRefused { wanted: "cursors", error: error.to_string() });
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

/// Tries until the store takes it, or will never take anything again.
async fn record(deps: Rc<SchedulerDeps>, agent: AgentName, due: Timestamp) {
    crate::failpoint::hit("scheduler.fire");
    loop {
        let now = deps.clock.now();
        let id = deps.store.ids().job(now);
        let trace = trace::of_job(id);
        let job = NewJob { trace, ..NewJob::of_schedule(id, agent.clone(), due, now) };
        match deps.store.fire(Fire { due, job }).await {
            Ok(Fired::Created(job)) => {
                let late_ms = deps.clock.now().since(due).into();
                (deps.wake)(&agent);
                return emit(Event::ScheduleFired { agent, due, job, late_ms });
            }
            Ok(Fired::Coalesced) => return emit(Event::ScheduleCoalesced { agent, due }),
            Err(error) => {
                emit(Event::StoreRefused { wanted: "fire", error: error.to_string() });
                if deps.store.broken().is_some() {
                    return;
                }
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
