//! Keeps the tasks, and does a few of them at a time.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use actix::prelude::*;
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::{BulkState, BulkTask, NewBulk, work};
use crate::{
    control::{error::ControlError, handle::Control},
    domain::JobId,
    runtime::{ActorId, Envelope, MailboxMetrics, MailboxSender, Policy, Supervision, Threads},
    store::{BULKS_KEPT, BulkRow},
    telemetry::{BulkProgress, Event, emit},
};

/// Requests that may wait: each is one operator.
const CAPACITY: usize = 16;
/// Tasks at work at once; more would only share the writer of the store.
const AT_ONCE: usize = 4;

/// Every task that is remembered, by its id.
type Tasks = BTreeMap<JobId, BulkTask>;

/// Asks for bulk actions and looks at them; clones ask the same actor.
#[derive(Clone)]
pub struct Bulks {
    actor: MailboxSender<Request>,
    tasks: watch::Receiver<Arc<Tasks>>,
}

enum Request {
    Start(Box<NewBulk>, oneshot::Sender<Result<BulkTask, ControlError>>),
    Cancel(JobId, oneshot::Sender<Option<BulkTask>>),
}

impl Bulks {
    /// Begins a task, or only counts for it.
    ///
    /// # Errors
    /// The store refused, or as many are at work as may be.
    pub async fn start(&self, wanted: NewBulk) -> Result<BulkTask, ControlError> {
        let (answer, answered) = oneshot::channel();
        self.actor.send(Request::Start(Box::new(wanted), answer)).await.map_err(|_| ControlError::Busy)?;
        answered.await.map_err(|_| ControlError::Busy)?
    }

    /// Ends a task; what is done stays done. `None` where there is none.
    ///
    /// # Errors
    /// The gate ends.
    pub async fn cancel(&self, id: JobId) -> Result<Option<BulkTask>, ControlError> {
        let (answer, answered) = oneshot::channel();
        self.actor.send(Request::Cancel(id, answer)).await.map_err(|_| ControlError::Busy)?;
        answered.await.map_err(|_| ControlError::Busy)
    }

    /// Every task, newest first.
    pub fn list(&self) -> Vec<BulkTask> {
        self.tasks.borrow().values().rev().cloned().collect()
    }

    /// One task.
    pub fn get(&self, id: JobId) -> Option<BulkTask> {
        self.tasks.borrow().get(&id).cloned()
    }
}

/// The actor that alone knows the tasks.
pub struct BulkActor {
    control: Control,
    tasks: Rc<watch::Sender<Arc<Tasks>>>,
    at_work: BTreeMap<JobId, watch::Sender<bool>>,
}

impl BulkActor {
    /// Starts the actor with what earlier lives left; `control` does what tasks ask for.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn start(
        control: Control,
        supervision: &Supervision,
        threads: &Threads,
    ) -> Result<Bulks, ControlError> {
        let left = control.store.bulks().await?;
        let known: Tasks = left
            .into_iter()
            .filter_map(|row| serde_json::from_str::<BulkTask>(&row.record).ok())
            .map(|task| (task.id, task))
            .collect();
        let id = ActorId::new("bulk", "0");
        let metrics = MailboxMetrics::new(&id, CAPACITY);
        let seat = supervision.seat::<Self>(id);
        let (sender, tasks) = watch::channel(Arc::new(known));
        let bulks = Bulks { actor: MailboxSender::new(seat.address(), metrics), tasks };
        let sender = std::sync::Mutex::new(Some(sender));
        seat.start(threads.next(), Policy::default(), move |_, _| {
            let sender = sender.lock().ok().and_then(|mut sender| sender.take());
            let tasks = Rc::new(sender.unwrap_or_else(|| watch::Sender::new(Arc::default())));
            Self { control: control.clone(), tasks, at_work: BTreeMap::new() }
        });
        Ok(bulks)
    }

    /// Whatever was under way is not any more: the gate, or this actor, had ended.
    fn interrupt(&mut self) {
        self.at_work.clear();
        let now = self.control.clock.now();
        let running: Vec<_> =
            self.tasks.borrow().values().filter(|task| task.state == BulkState::Running).cloned().collect();
        for mut task in running {
            task.state = BulkState::Interrupted;
            task.problem = Some("the gate ended before it was through".to_owned());
            task.ended_at = Some(now);
            publish(&self.control, &self.tasks, &task);
        }
    }
}

impl Actor for BulkActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        self.interrupt();
    }
}

impl Supervised for BulkActor {}

impl Handler<Envelope<Request>> for BulkActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Request>, context: &mut Context<Self>) {
        match envelope.open() {
            Request::Cancel(id, answer) => {
                if let Some(at_work) = self.at_work.get(&id) {
                    at_work.send_replace(true);
                }
                let _ = answer.send(self.tasks.borrow().get(&id).cloned());
            }
            Request::Start(wanted, answer) if self.at_work.len() >= AT_ONCE && !wanted.is_dry => {
                let _ = answer.send(Err(ControlError::Busy));
            }
            Request::Start(wanted, answer) => self.begin(*wanted, answer, context),
        }
    }
}

impl BulkActor {
    fn begin(
        &mut self,
        wanted: NewBulk,
        answer: oneshot::Sender<Result<BulkTask, ControlError>>,
        context: &mut Context<Self>,
    ) {
        let (control, now) = (self.control.clone(), self.control.clock.now());
        let mut task = BulkTask::new(control.store.ids().job(now), wanted, now);
        let counted = async move {
            let total = work::count(&control, &task).await;
            total.map(|total| {
                task.total = total;
                task
            })
        };
        context.spawn(counted.into_actor(self).map(move |counted, actor, context| match counted {
            Ok(task) => {
                publish(&actor.control, &actor.tasks, &task);
                if task.state == BulkState::Running {
                    actor.work(task.clone(), context);
                }
                let _ = answer.send(Ok(task));
            }
            Err(error) => drop(answer.send(Err(error.into()))),
        }));
    }

    fn work(&mut self, task: BulkTask, context: &mut Context<Self>) {
        let (id, control, tasks) = (task.id, self.control.clone(), Rc::clone(&self.tasks));
        let cancel = watch::Sender::new(false);
        let cancelled = cancel.subscribe();
        self.at_work.insert(id, cancel);
        let work = async move {
            let tell = |task: &BulkTask| publish(&control, &tasks, task);
            let (begun, told) = (Instant::now(), Instant::now());
            let worker = work::Worker { control: &control, task, cancelled, tell: &tell, begun, told };
            worker.run().await
        };
        context.spawn(work.into_actor(self).map(move |task, actor, _| {
            actor.at_work.remove(&id);
            publish(&actor.control, &actor.tasks, &task);
        }));
    }
}

/// Shows how far a task is, and writes it down. What could not be written shows in what comes next.
fn publish(control: &Control, tasks: &watch::Sender<Arc<Tasks>>, task: &BulkTask) {
    tasks.send_modify(|tasks| {
        let tasks = Arc::make_mut(tasks);
        tasks.insert(task.id, task.clone());
        while tasks.len() > BULKS_KEPT as usize {
            tasks.pop_first();
        }
    });
    let (state, done, total) = (task.state.as_str(), task.done, task.total);
    emit(Event::BulkMoved(BulkProgress { bulk: task.id, state, done, total }));
    let record = serde_json::to_string(task).unwrap_or_default();
    let saved = control.store.save_bulk(BulkRow { id: task.id, record });
    actix::spawn(async move {
        if let Err(error) = saved.await {
            emit(Event::StoreRefused { wanted: "bulk", error: error.to_string() });
        }
    });
}
