//! What works behind the flow: the scheduler and the upkeep.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix::{Actor, Addr, ArbiterHandle, Context, Supervised};
use arc_swap::ArcSwap;
use herdgate_actors::{
    domain::{Clock, DeliveryPanicked, NodeLife, RunId, Topology},
    parser::Parsers,
    runtime::{
        ActorId, ActorScope, Directory, MailboxMetrics, MailboxSender, Policy, Supervision, WakeAgent,
    },
    schedule::{ScheduledAgent, SchedulerActor, SchedulerDeps, SchedulesChanged},
    store::Store,
    upkeep::{
        AgentsChanged, Progress, PruneActor, PruneDeps, PruneNow, RerouteActor, RerouteDeps, RescueActor,
        RescueDeps, ToParser, UnconfiguredActor, UnconfiguredDeps,
    },
};
use tokio::{sync::watch, time::Instant};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Configurations follow each other by hand; more than these at once means that the scheduler hangs.
const SCHEDULER_MAILBOX: usize = 4;
/// One is under way, one waits; more would change nothing.
const PRUNE_MAILBOX: usize = 2;
/// One look under way does not see what changes meanwhile, one more does.
const LOOK_MAILBOX: usize = 2;
/// Panics of as many deliveries may wait to be counted.
const PANICS_MAILBOX: usize = 256;
/// When history is pruned, beside at the start: once an hour, at a time at which nobody else begins.
const PRUNE_AT: &str = "17 7 * * * *";

/// What all of them work with.
pub(super) struct BackgroundDeps {
    /// Where everything is.
    pub(super) store: Arc<dyn Store>,
    /// The time.
    pub(super) clock: Clock,
    /// Who this process is.
    pub(super) life: NodeLife,
    /// How long a run may go without renewing its lease.
    pub(super) lease: Duration,
    /// From this many interruptions on a job is a dead letter.
    pub(super) max_interruptions: u32,
    /// How long ended work is kept.
    pub(super) retention: watch::Receiver<Duration>,
    /// Agents with schedules.
    pub(super) scheduled: Vec<ScheduledAgent>,
    /// What is configured.
    pub(super) topology: Arc<ArcSwap<Topology>>,
    /// The agents that run here.
    pub(super) directory: Directory,
    /// Deletes the files of a run; may block.
    pub(super) forget: Arc<dyn Fn(RunId) + Send + Sync>,
}

/// The scheduler and the upkeep, at work.
pub(super) struct Background {
    /// Takes other schedules.
    pub(super) schedules: MailboxSender<SchedulesChanged>,
    /// Hears that other agents are there.
    pub(super) unconfigured: MailboxSender<AgentsChanged>,
    /// The parsers, which start later; nothing is routed again before.
    pub(super) parsers: Arc<OnceLock<Parsers>>,
    /// Takes panics of those who read deliveries.
    pub(super) panics: MailboxSender<DeliveryPanicked>,
    /// When the scheduler last looked.
    pub(super) looked: watch::Receiver<Instant>,
    /// What each actor of the upkeep does.
    pub(super) progress: Vec<(&'static str, watch::Receiver<Progress>)>,
    prune_timer: JobScheduler,
}

impl Background {
    /// Starts all of them on `arbiter`.
    ///
    /// # Errors
    /// The timer of the pruning.
    pub(super) async fn start(
        deps: BackgroundDeps,
        arbiter: &ArbiterHandle,
        supervision: &Supervision,
    ) -> Result<Self, JobSchedulerError> {
        let mut start = Start { arbiter, supervision, progress: Vec::new() };
        let BackgroundDeps { store, clock, scheduled, directory, forget, .. } = deps;
        let wake = wake(directory.clone());

        let looked = watch::Sender::new(Instant::now());
        let last_look = looked.subscribe();
        let scheduler = SchedulerDeps {
            store: Arc::clone(&store),
            wake: Arc::clone(&wake),
            clock: clock.clone(),
            looked,
        };
        let scheduler = start.actor("scheduler", |scope| SchedulerActor::new(scheduler, scheduled, scope));

        let rescue = RescueDeps {
            store: Arc::clone(&store),
            wake: Arc::clone(&wake),
            clock: clock.clone(),
            life: deps.life,
            lease: deps.lease,
            max_interruptions: deps.max_interruptions,
            progress: start.progress("rescue"),
        };
        start.actor("rescue", |_| RescueActor::new(rescue));

        let parsers = Arc::<OnceLock<_>>::default();
        let reroute = RerouteDeps {
            store: Arc::clone(&store),
            topology: deps.topology,
            to_parser: to_parsers(Arc::clone(&parsers)),
            clock: clock.clone(),
            progress: start.progress("reroute"),
        };
        let reroute = start.actor("reroute", |scope| RerouteActor::new(reroute, scope));

        let unconfigured = UnconfiguredDeps {
            store: Arc::clone(&store),
            is_configured: Arc::new(move |agent| directory.listeners().contains_key(agent)),
            progress: start.progress("unconfigured"),
        };
        let unconfigured = start.actor("unconfigured", |_| UnconfiguredActor::new(unconfigured));

        let prune = PruneDeps {
            store: Arc::clone(&store),
            forget,
            clock: clock.clone(),
            retention: deps.retention,
            progress: start.progress("prune"),
        };
        let prune = start.actor("prune", |scope| PruneActor::new(prune, scope));
        let prune_timer = prune_timer(MailboxSender::new(prune, metrics("prune", PRUNE_MAILBOX))).await?;

        Ok(Self {
            schedules: MailboxSender::new(scheduler, metrics("scheduler", SCHEDULER_MAILBOX)),
            unconfigured: MailboxSender::new(unconfigured, metrics("unconfigured", LOOK_MAILBOX)),
            panics: MailboxSender::new(reroute, metrics("reroute", PANICS_MAILBOX)),
            parsers,
            looked: last_look,
            progress: start.progress,
            prune_timer,
        })
    }

    /// Ends the timer; the actors end with their arbiter.
    ///
    /// # Errors
    /// The timer does not end.
    pub(super) async fn stop(&mut self) -> Result<(), JobSchedulerError> {
        self.prune_timer.shutdown().await
    }
}

/// What it takes to start one of them.
struct Start<'a> {
    arbiter: &'a ArbiterHandle,
    supervision: &'a Supervision,
    progress: Vec<(&'static str, watch::Receiver<Progress>)>,
}

impl Start<'_> {
    fn progress(&mut self, actor: &'static str) -> watch::Sender<Progress> {
        let progress = Progress::channel();
        self.progress.push((actor, progress.subscribe()));
        progress
    }

    fn actor<A>(&self, kind: &'static str, build: impl FnOnce(ActorScope) -> A + Send + 'static) -> Addr<A>
    where
        A: Supervised + Actor<Context = Context<A>>,
    {
        let start = |_: &mut Context<A>, scope| build(scope);
        self.supervision.start(self.arbiter, ActorId::new(kind, "0"), Policy::default(), start)
    }
}

fn metrics(kind: &'static str, capacity: usize) -> Arc<MailboxMetrics> {
    MailboxMetrics::new(&ActorId::new(kind, "0"), capacity)
}

/// Prunes at the start and each hour.
async fn prune_timer(prune: MailboxSender<PruneNow>) -> Result<JobScheduler, JobSchedulerError> {
    let timer = JobScheduler::new().await?;
    // A mailbox that is full has enough to do already.
    drop(prune.try_send(PruneNow));
    timer.add(Job::new(PRUNE_AT, move |_, _| drop(prune.try_send(PruneNow)))?).await?;
    timer.start().await?;
    Ok(timer)
}

fn to_parsers(parsers: Arc<OnceLock<Parsers>>) -> ToParser {
    Arc::new(move |receipt| match parsers.get() {
        Some(parsers) => parsers.try_send(receipt),
        None => Err(receipt),
    })
}

fn wake(directory: Directory) -> WakeAgent {
    Arc::new(move |agent| {
        let _ = directory.wake(agent);
    })
}
