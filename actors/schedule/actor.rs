//! Fires what is due, and sweeps up what was left behind.
//!
//! Every wake-up in the system may be lost; this actor is the net. It keeps nothing that the store
//! does not know, but for the time until which it has swept.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix::prelude::*;
use tokio::task::spawn_local;

use super::{Due, DueQueue, Prune, ScheduledAgent, Tick};
use crate::{
    domain::{
        AgentName, Clock, NewJob, NodeLife, Origin, ParseRequest, PendingReceipt, ReceiptId, ReceiptSink,
        RunId, Timestamp, WakeUp,
    },
    runtime::{Envelope, MailboxSender, Waker},
    store::{
        Fire, Fired, Prune as PruneStep, QuarantineReason, Rescue, RescueScope, Store, Unrouted,
        UnroutedQuery,
    },
    telemetry::{Event, emit},
};

/// Receipts younger than this are probably still on their way.
const REROUTE_AGE: Duration = Duration::from_secs(2);
/// A delivery that brings its parser down each time is left alone after this many routings.
const MAX_ROUTINGS: u32 = 5;
/// How many receipts one sweep routes: less than the parsers' mailboxes hold.
const REROUTE_BATCH: u32 = 256;
/// Lost leases, overdue jobs and unrouted receipts are looked for every this many sweeps.
const NET_EVERY: u64 = 2;
/// How many receipts and jobs one step of pruning deletes; each step is one commit.
const PRUNE_BATCH: u32 = 500;
/// The pause before a firing that the store refused is tried again.
const FIRE_PAUSE: Duration = Duration::from_secs(1);

/// What the scheduler works with.
pub struct SchedulerDeps {
    /// Every agent with a schedule.
    pub entries: Vec<ScheduledAgent>,
    /// Where firings and receipts are.
    pub engine: Arc<dyn Store>,
    /// Who executes the runs of this gate.
    pub life: NodeLife,
    /// Where reroutes are recorded: the engine again.
    pub recorder: Arc<dyn ReceiptSink>,
    /// The parsers.
    pub parsers: Vec<MailboxSender<ParseRequest>>,
    /// Rouse the agents.
    pub wakers: HashMap<AgentName, Waker>,
    /// The time.
    pub clock: Clock,
    /// How long ended work is kept.
    pub retention: Duration,
    /// From this many interruptions on a job is a dead letter.
    pub max_interruptions: u32,
    /// Where runs keep their files.
    pub forget: Arc<dyn Fn(RunId) + Send + Sync>,
}

/// The scheduler.
pub struct SchedulerActor {
    desk: Rc<SchedulerDeps>,
    timeline: Option<DueQueue>,
    swept_until: Rc<Cell<Option<Timestamp>>>,
    firing: Rc<RefCell<HashSet<AgentName>>>,
    sweeping: Rc<Cell<bool>>,
    pruning: Rc<Cell<bool>>,
    sweeps: u64,
}

impl SchedulerActor {
    /// A scheduler that has not swept yet.
    pub fn new(desk: SchedulerDeps) -> Self {
        Self {
            desk: Rc::new(desk),
            timeline: None,
            swept_until: Rc::default(),
            firing: Rc::default(),
            sweeping: Rc::default(),
            pruning: Rc::default(),
            sweeps: 0,
        }
    }
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.load(context);
    }
}

impl Supervised for SchedulerActor {
    fn restarting(&mut self, context: &mut Context<Self>) {
        self.timeline = None;
        self.load(context);
    }
}

impl Handler<Envelope<Tick>> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, post: Envelope<Tick>, _: &mut Context<Self>) {
        post.open();
        crate::failpoint::hit("scheduler.sweep");
        let now = self.desk.clock.now();
        if let Some(timeline) = &mut self.timeline {
            let due = timeline.due(now);
            self.swept_until.set(Some(now));
            self.fire(due, now);
        }
        self.sweeps += 1;
        if self.sweeps.is_multiple_of(NET_EVERY) && !self.sweeping.replace(true) {
            let (desk, sweeping) = (Rc::clone(&self.desk), Flag(Rc::clone(&self.sweeping)));
            spawn_local(async move {
                desk.sweep_up(now).await;
                drop(sweeping);
            });
        }
    }
}

impl Handler<Envelope<Prune>> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, post: Envelope<Prune>, _: &mut Context<Self>) {
        post.open();
        if !self.pruning.replace(true) {
            let (desk, pruning) = (Rc::clone(&self.desk), Flag(Rc::clone(&self.pruning)));
            spawn_local(async move {
                desk.prune().await;
                drop(pruning);
            });
        }
    }
}

/// Lowers a flag on drop, also when its task panics.
struct Flag(Rc<Cell<bool>>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl SchedulerActor {
    /// Reads what was fired before. No message is handled until that is known.
    fn load(&mut self, context: &mut Context<Self>) {
        let (desk, swept_until) = (Rc::clone(&self.desk), Rc::clone(&self.swept_until));
        let cursors = async move {
            loop {
                match desk.engine.cursors().await {
                    Ok(cursors) => break cursors,
                    Err(error) => {
                        emit(Event::StoreRefused { wanted: "marks", error: error.to_string() });
                        tokio::time::sleep(FIRE_PAUSE).await;
                    }
                }
            }
        };
        context.wait(cursors.into_actor(self).map(move |cursors, this, _| {
            // After a restart everything since the last sweep is due, not missed.
            let since = swept_until.get().unwrap_or_else(|| this.desk.clock.now());
            this.timeline = Some(DueQueue::new(&this.desk.entries, &cursors, since));
        }));
    }

    /// Records firings. These are tasks of their own, so that a restart of the actor loses none.
    fn fire(&self, due: Vec<Due>, now: Timestamp) {
        for Due { agent, at } in due {
            if !self.firing.borrow_mut().insert(agent.clone()) {
                continue;
            }
            let (desk, firing) = (Rc::clone(&self.desk), Rc::clone(&self.firing));
            spawn_local(async move {
                let id = desk.engine.ids().job(now);
                desk.fire(Fire { due: at, job: NewJob::of_schedule(id, agent.clone(), at, now) }).await;
                firing.borrow_mut().remove(&agent);
            });
        }
    }
}

impl SchedulerDeps {
    async fn fire(&self, fire: Fire) {
        loop {
            match self.engine.fire(fire.clone()).await {
                Ok(Fired::Created(job)) => {
                    emit(Event::ScheduleFired {
                        agent: fire.job.agent.clone(),
                        due: fire.due,
                        job,
                        late_ms: self.clock.now().since(fire.due).into(),
                    });
                    return self.wake(&fire.job.agent);
                }
                Ok(Fired::Coalesced) => {
                    emit(Event::ScheduleCoalesced { agent: fire.job.agent, due: fire.due });
                    return;
                }
                Err(error) => {
                    emit(Event::StoreRefused { wanted: "fire", error: error.to_string() });
                    if self.engine.broken().is_some() {
                        return;
                    }
                    tokio::time::sleep(FIRE_PAUSE).await;
                }
            }
        }
    }

    fn wake(&self, agent: &AgentName) {
        if let Some(waker) = self.wakers.get(agent) {
            waker.wake();
        }
    }

    async fn sweep_up(&self, now: Timestamp) {
        self.reroute(now).await;
        let scope = RescueScope::ExpiredLeases { except: self.life };
        let rescue = Rescue { now, scope, max_interruptions: self.max_interruptions };
        match self.engine.rescue(rescue).await {
            Ok(rescued) => {
                for rescued in rescued {
                    self.wake(&rescued.agent);
                    emit(Event::Rescued {
                        run: rescued.run,
                        agent: rescued.agent,
                        then: rescued.state.as_str(),
                        earlier_life: false,
                    });
                }
            }
            Err(error) => emit(Event::StoreRefused { wanted: "rescue", error: error.to_string() }),
        }
        match self.engine.oldest_due().await {
            // A bell that was lost costs only this long.
            Ok(overdue) => overdue.iter().for_each(|(agent, _)| self.wake(agent)),
            Err(error) => emit(Event::StoreRefused { wanted: "oldest due", error: error.to_string() }),
        }
    }

    /// Routes receipts that were stored before everybody had answered.
    async fn reroute(&self, now: Timestamp) {
        let query = UnroutedQuery {
            before: now.minus(REROUTE_AGE),
            max_rows: REROUTE_BATCH,
            max_bytes: UnroutedQuery::MAX_BYTES,
        };
        let unrouted = self.engine.unrouted(query).await;
        let receipts = match unrouted {
            Ok(receipts) => receipts,
            Err(error) => {
                return emit(Event::StoreRefused { wanted: "unrouted receipts", error: error.to_string() });
            }
        };
        for (turn, stored) in receipts.into_iter().enumerate() {
            let (id, delivery) = match stored {
                Unrouted::Receipt { id, routings, .. } if routings >= MAX_ROUTINGS => {
                    self.give_up(id, QuarantineReason::RoutedTooOften { routings }).await;
                    continue;
                }
                Unrouted::Receipt { id, delivery, routings, .. } => {
                    emit(Event::RoutingRetried { receipt: id, routings });
                    (id, delivery)
                }
                Unrouted::Unreadable { id, problem } => {
                    self.give_up(id, QuarantineReason::Unreadable { problem }).await;
                    continue;
                }
            };
            let receipt =
                PendingReceipt::open(id, Origin::Reroute, delivery, Arc::clone(&self.recorder), None);
            // A full mailbox closes it as unrouted once more.
            let taken = self.parsers[turn % self.parsers.len()].try_send(ParseRequest(receipt)).is_ok();
            if taken && let Err(error) = self.engine.routing_taken(id).await {
                emit(Event::StoreRefused { wanted: "routing", error: error.to_string() });
            }
        }
    }

    /// Tells that a receipt is not routed any more.
    async fn give_up(&self, id: ReceiptId, reason: QuarantineReason) {
        let (kind, detail) = (reason.as_str(), reason.to_string());
        match self.engine.quarantine(id, reason).await {
            Ok(true) => emit(Event::DeliveryQuarantined { receipt: id, reason: kind, detail }),
            Ok(false) => {}
            Err(error) => emit(Event::StoreRefused { wanted: "quarantine", error: error.to_string() }),
        }
    }

    async fn prune(&self) {
        let step = PruneStep { now: self.clock.now(), retention: self.retention, limit: PRUNE_BATCH };
        let begun = std::time::Instant::now();
        loop {
            let pruned = self.engine.prune(step).await;
            match pruned {
                Ok(pruned) => {
                    for run in &pruned.runs {
                        (self.forget)(*run);
                    }
                    if pruned.receipts > 0 || !pruned.runs.is_empty() {
                        emit(Event::Pruned {
                            receipts: pruned.receipts,
                            runs: pruned.runs.len(),
                            took_ms: begun.elapsed().into(),
                        });
                    }
                    if !pruned.more {
                        return;
                    }
                }
                Err(error) => return emit(Event::StoreRefused { wanted: "prune", error: error.to_string() }),
            }
        }
    }
}
