//! Claims an agent's jobs by demand and starts their runs.
//!
//! The store is asked when somebody rang: a job was committed, a run ended, a retry came due. The
//! driver never holds a job that has no run: it claims as many as it has free places.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{AbortHandle, spawn_local},
};

use super::{attempt, herd::Herd};
use crate::{
    domain::{AgentSpec, Clock, JobTrigger, NewJob, NodeLife, PendingReceipt, Timestamp, WakeUp},
    runner::Runner,
    store::{Claim, ClaimedJob, Store},
    telemetry::{Event, emit},
};

/// How long a run may go without renewing its lease. A lost process is noticed after this.
pub const LEASE: Duration = Duration::from_secs(60);
/// Looking again after the store refused a claim.
const CLAIM_PAUSE: Duration = Duration::from_secs(1);
/// No timer sleeps longer: the wall clock may jump meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What an agent needs to work; shared by its driver and its runs.
pub struct AgentDeps {
    /// The agent.
    pub spec: AgentSpec,
    /// Where jobs are.
    pub engine: Arc<dyn Store>,
    /// Who executes its runs.
    pub life: NodeLife,
    /// What drives runs.
    pub runner: Arc<dyn Runner>,
    /// What all agents share.
    pub herd: Arc<Herd>,
    /// The time.
    pub clock: Clock,
    /// Rouses the agent.
    pub waker: Arc<dyn WakeUp>,
}

/// Keeps up to `scale` runs of one agent going.
pub struct Driver {
    bench: Arc<AgentDeps>,
    places: Arc<Semaphore>,
    looking: Cell<bool>,
    look_again: Cell<bool>,
    timer: RefCell<Option<AbortHandle>>,
}

/// What one look at the store found.
enum Look {
    /// More may be there: look again at once.
    Again,
    /// Nothing to do until a bell rings.
    Wait,
    /// Nothing to do until then, or until a bell rings.
    Sleep(Duration),
}

impl Driver {
    /// A driver that has not looked yet.
    pub fn new(bench: Arc<AgentDeps>) -> Rc<Self> {
        let places = Arc::new(Semaphore::new(bench.spec.scale as usize));
        Rc::new(Self {
            bench,
            places,
            looking: Cell::new(false),
            look_again: Cell::new(false),
            timer: RefCell::new(None),
        })
    }

    /// The agent.
    pub fn spec(&self) -> &AgentSpec {
        &self.bench.spec
    }

    /// The job that a delivery asks for.
    pub(super) fn job_for(&self, receipt: &PendingReceipt, trigger: usize) -> NewJob {
        let (spec, at) = (self.spec(), receipt.delivery().at);
        let source = spec.triggers[trigger].source.clone();
        let id = self.bench.engine.ids().job(at);
        let cause = JobTrigger::Webhook { source: source.clone(), trigger };
        let limit = Some(spec.queue_limit);
        NewJob { limit, ..NewJob::of_delivery(id, spec.name.clone(), cause, source, receipt.id(), at) }
    }

    /// Looks for jobs, now or right after the look that is under way.
    pub fn look(self: Rc<Self>) {
        if self.looking.replace(true) {
            self.look_again.set(true);
            return;
        }
        spawn_local(async move {
            let looking = Looking(&self);
            loop {
                self.look_again.set(false);
                match self.look_once().await {
                    Look::Again => {}
                    _ if self.look_again.get() => {}
                    Look::Wait => break,
                    Look::Sleep(span) => {
                        self.ring_in(span);
                        break;
                    }
                }
            }
            drop(looking);
        });
    }

    async fn look_once(&self) -> Look {
        let free = self.places.available_permits();
        if free == 0 || !self.bench.herd.takes_runs() {
            return Look::Wait;
        }
        let first = self.bench.herd.place().await;
        let mut shared = vec![first];
        shared.extend(self.bench.herd.more_places(free - 1));
        let now = self.bench.clock.now();
        let places = u32::try_from(shared.len()).unwrap_or(u32::MAX);
        if !self.bench.herd.takes_runs() {
            return Look::Wait;
        }
        let claim = Claim {
            agent: self.spec().name.clone(),
            places,
            now,
            lease: LEASE,
            by: self.bench.life,
            except: Vec::new(),
        };
        let claimed = match self.bench.engine.claim(claim).await {
            Ok(claimed) => claimed,
            Err(error) => {
                emit(Event::StoreRefused { wanted: "claim", error: error.to_string() });
                return Look::Sleep(CLAIM_PAUSE);
            }
        };
        for (job, shared) in claimed.jobs.into_iter().zip(shared) {
            self.start(job, shared);
        }
        next_look(claimed.next_due, now, self.places.available_permits())
    }

    /// Gives a job its place and its task.
    fn start(&self, job: ClaimedJob, shared: Option<OwnedSemaphorePermit>) {
        let own = Arc::clone(&self.places).try_acquire_owned().ok();
        let alive = self.bench.herd.enter();
        let bench = Arc::clone(&self.bench);
        spawn_local(async move {
            attempt::drive(&bench, job).await;
            drop((own, shared, alive));
            bench.waker.wake();
        });
    }

    fn ring_in(&self, span: Duration) {
        let waker = Arc::clone(&self.bench.waker);
        let timer = spawn_local(async move {
            tokio::time::sleep(span).await;
            waker.wake();
        });
        if let Some(earlier) = self.timer.replace(Some(timer.abort_handle())) {
            earlier.abort();
        }
    }
}

/// When to look again, given what is due next and how many places are free.
fn next_look(next_due: Option<Timestamp>, now: Timestamp, free: usize) -> Look {
    match next_due {
        _ if free == 0 => Look::Wait,
        None => Look::Wait,
        Some(due) if due <= now => Look::Again,
        Some(due) => Look::Sleep(due.since(now).min(LONGEST_SLEEP)),
    }
}

/// Ends a look even where it panics.
struct Looking<'a>(&'a Driver);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.0.looking.set(false);
    }
}
