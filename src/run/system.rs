//! The only place where actors are built, connected, and taken down in order.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix::{Addr, Arbiter};
use herdgate_actors::{
    agent::{AgentActor, AgentDeps, Driver, Herd, LEASE, MAX_INTERRUPTIONS},
    domain::SubscriptionIndex,
    domain::{AgentName, Clock, DeliveryPanicked, FilterRequest, NodeId, NodeLife, ReceiptSink, WakeUp},
    ingress::Sources,
    parser::{ParserActor, Parsers},
    runner::{ProcessOptions, ProcessRunner, ReaperCommand, RunFolders, Runner, StopMode},
    runtime::{
        ActorId, MailboxMetrics, MailboxSender, Offload, OnGiveUp, Policy, Supervision, WakeAgent, Waker,
    },
    schedule::ScheduledAgent,
    store::{
        OpenError, Rescue, RescueScope, SqliteEngine, SqliteOptions, Store, StoreError, StoreState, Upkeep,
    },
    telemetry::{self, Event, StoreSeries, emit},
};
use tokio_cron_scheduler::JobSchedulerError;
use tracing::warn;

use crate::{
    api_key::ApiKey,
    config::{ResolvedAgent, ResolvedConfig},
    http::{self, Admin, Budget, Limits, Listeners, OnFailure, Servers, TrustedPeers, Webhooks},
    run::addresses::ListenAddresses,
    run::background::{Background, BackgroundDeps},
    run::control::{Control, Wakers},
    run::health::Health,
    run::rlimits::{self, TooFewFiles},
    run::workers::{self, WorkerActors, cores},
    telemetry::Exporter,
    views,
};

/// The kind of actor that is an agent.
const AGENT: &str = "agent";
/// The store, in the data folder.
pub const DATABASE: &str = "herdgate.db";
/// The files of runs, in the data folder.
pub const RUNS: &str = "runs";
/// A provider sends its head at once; whoever connects and says nothing gives way after this.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How long after KILL a run may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// What the gate runs with beside its plan.
pub struct Deps {
    /// The time.
    pub clock: Clock,
    /// How to start the reaper of runs: this program.
    pub reaper: ReaperCommand,
    /// Where the numbers are collected.
    pub metrics: Exporter,
}

/// Why the gate did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder or the API key.
    #[error("cannot prepare {}: {error}", path.display())]
    Files {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// The store.
    #[error("cannot open the store: {0}")]
    Open(#[from] OpenError),
    /// The store cannot write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runner.
    #[error("cannot drive runs: {0}")]
    Runner(io::Error),
    /// The doors.
    #[error(transparent)]
    Listen(io::Error),
    /// The limits of the system.
    #[error(transparent)]
    Limits(#[from] TooFewFiles),
    /// The timer of the pruning.
    #[error("cannot start the housekeeping: {0}")]
    Housekeeping(#[from] JobSchedulerError),
}

/// A gate that is up.
pub struct System {
    /// Whether it takes deliveries.
    pub health: Health,
    /// Where it listens.
    pub listening: Servers,
    /// The store.
    pub engine: Arc<dyn Store>,
    /// What runs left on disk.
    pub folders: RunFolders,
    data_dir: PathBuf,
    background: Background,
    herd: Arc<Herd>,
    arbiters: Vec<Arbiter>,
    shutdown_grace: Duration,
    kill_grace: Duration,
}

impl System {
    /// Builds the gate from the store upwards; it takes deliveries when this returns.
    ///
    /// # Errors
    /// Whatever it needs and cannot have.
    pub async fn start(plan: ResolvedConfig, around: Deps) -> Result<Self, StartError> {
        // First of all: with too few descriptors nothing else would fail in words.
        let max_connections = rlimits::connections(plan.gateway.max_connections)?;
        let health = Health::default();
        let supervision = Supervision::new(on_give_up(&health));
        private_folder(&plan.data_dir)?;
        let clock = around.clock;
        let engine = open_store(&plan).await?;
        let life = NodeLife { node: NodeId::default(), life: fastrand::u64(..) };
        recover(engine.as_ref(), &clock, life).await?;

        let runs = plan.data_dir.join(RUNS);
        let folders =
            RunFolders::new(&runs).map_err(|error| StartError::Files { path: runs.clone(), error })?;
        // The lock of the data folder is held: what runs on it is left by an earlier life.
        let options = ProcessOptions { reaper: around.reaper, open_files: rlimits::open_files_before() };
        let runner: Arc<dyn Runner> =
            Arc::new(ProcessRunner::new(folders.clone(), options).map_err(StartError::Runner)?);

        let herd = Herd::new(Some(plan.max_runs));
        let arbiters: Vec<_> = (0..cores()).map(|_| Arbiter::new()).collect();
        let agents = Agents::start(&plan, &arbiters, &supervision, || Work {
            engine: Arc::clone(&engine),
            life,
            runner: Arc::clone(&runner),
            herd: Arc::clone(&herd),
            clock: clock.clone(),
        });
        let background = BackgroundDeps {
            store: Arc::clone(&engine),
            clock: clock.clone(),
            life,
            lease: LEASE,
            max_interruptions: MAX_INTERRUPTIONS,
            retention: plan.history_retention,
            scheduled: entries(&plan.agents),
            agents: agents.names.iter().cloned().collect(),
            wake: wake(&agents.wakers),
            forget: forget(&folders),
        };
        let background = Background::start(background, &arbiters[0].handle(), &supervision).await?;
        health.watch_scheduler(background.looked.clone());
        let recorder: Arc<dyn ReceiptSink> = Arc::clone(&engine) as Arc<dyn ReceiptSink>;
        let offload = workers::offload();
        let parsers = start_parsers(&plan, &supervision, &agents, &offload, &background.panics);
        background.parsers.set(parsers.clone()).ok();
        watch_store(Arc::clone(&engine), health.clone());

        let operator = Control {
            engine: Arc::clone(&engine),
            recorder: Arc::clone(&recorder),
            parsers: parsers.clone(),
            wakers: agents.wakers.clone(),
            clock: clock.clone(),
        };
        let admin = Admin {
            operator,
            health: health.clone(),
            metrics: around.metrics,
            clock: clock.clone(),
            key: api_key(&plan)?,
            triggers: views::triggers(&plan),
        };
        let kill_grace = plan.agents.iter().map(|agent| agent.spec.run.kill_grace).max().unwrap_or_default();
        let shutdown_grace = plan.gateway.shutdown_grace;
        let actors = WorkerActors {
            supervision,
            sources: Sources::new(plan.sources.iter().cloned()),
            parsers,
            sink: recorder,
            ids: engine.ids(),
            clock: clock.clone(),
            offload,
            mailbox: plan.mailboxes.ingress,
        };
        let listening = open_doors(&plan, max_connections, actors, admin, &health, clock).await?;
        let whereabouts =
            ListenAddresses { public: listening.public(), admin: listening.admin(), pid: std::process::id() };
        whereabouts
            .write(&plan.data_dir)
            .map_err(|error| StartError::Files { path: plan.data_dir.clone(), error })?;
        health.ready();
        actix::spawn(telemetry::tell_left_out());
        let version = env!("CARGO_PKG_VERSION");
        emit(Event::Ready { public: listening.public(), admin: listening.admin(), version });
        Ok(Self {
            health,
            listening,
            engine,
            folders,
            data_dir: plan.data_dir,
            background,
            herd,
            arbiters,
            shutdown_grace,
            kill_grace,
        })
    }

    /// Takes the gate down in the order of the flow, so that nothing is in a mailbox when its
    /// actor goes. Runs get their grace; when `hurry` is ready they are killed at once.
    pub async fn stop(mut self, commit_now: impl Future<Output = ()>) {
        self.health.drain();
        if let Err(error) = self.background.stop().await {
            warn!(%error, "the housekeeping did not stop");
        }
        self.herd.drain();
        tokio::select! {
            () = self.end_runs() => {}
            () = commit_now => {
                emit(Event::RunsStopped { runs: self.herd.alive(), killed: true });
                self.herd.stop(StopMode::Now);
                self.herd.idle_within(KILL_PATIENCE).await;
            }
        }
        // Until here deliveries were taken: the next life runs them.
        self.listening.close_public().await;
        if let Err(error) = self.engine.close().await {
            warn!(%error, "the store did not close in order");
        }
        self.listening.close_admin().await;
        for arbiter in self.arbiters {
            arbiter.stop();
            if arbiter.join().is_err() {
                warn!("an arbiter ended in a panic");
            }
        }
        ListenAddresses::remove(&self.data_dir);
        telemetry::tell_rest();
        emit(Event::Stopped);
    }

    async fn end_runs(&self) {
        if self.herd.alive() > 0 {
            emit(Event::Draining { runs: self.herd.alive(), grace_ms: self.shutdown_grace.into() });
        }
        if self.herd.idle_within(self.shutdown_grace).await {
            return;
        }
        emit(Event::RunsStopped { runs: self.herd.alive(), killed: false });
        self.herd.stop(StopMode::Gently);
        if self.herd.idle_within(self.kill_grace + KILL_PATIENCE).await {
            return;
        }
        self.herd.stop(StopMode::Now);
        self.herd.idle_within(KILL_PATIENCE).await;
    }
}

/// An agent that is given up is lost alone: its jobs wait, and it is shown as failed. Without any
/// of the others nothing can be taken or run, and the gate ends.
fn on_give_up(health: &Health) -> OnGiveUp {
    let health = health.clone();
    Arc::new(move |id: &ActorId| {
        if id.actor != AGENT {
            health.fail(format!("{id} failed too often"));
        }
    })
}

fn private_folder(path: &Path) -> Result<(), StartError> {
    let access = crate::credentials::secure_folder(path)
        .map_err(|error| StartError::Files { path: path.to_owned(), error })?;
    if access == crate::credentials::FolderAccess::Entered {
        warn!(folder = %path.display(), "the data folder was open to other users");
    }
    Ok(())
}

async fn open_store(plan: &ResolvedConfig) -> Result<Arc<dyn Store>, StartError> {
    let series = StoreSeries::default();
    let options = SqliteOptions {
        dedupe_window: plan.dedupe_window,
        meter: Arc::new(move |changes, took| series.committed(changes, took)),
        ..SqliteOptions::default()
    };
    let path = plan.data_dir.join(DATABASE);
    // Recovery of a long write-ahead log takes its time; nothing else runs yet.
    let engine = SqliteEngine::open(&path, options)?;
    engine.probe().await?;
    Ok(Arc::new(engine))
}

/// Ends the attempts of an earlier life: none of its processes can be alive.
async fn recover(engine: &dyn Store, clock: &Clock, life: NodeLife) -> Result<(), StartError> {
    let scope = RescueScope::EarlierLives(life);
    let rescue = Rescue { now: clock.now(), scope, max_interruptions: MAX_INTERRUPTIONS };
    let rescued = engine.rescue(rescue).await?;
    for rescued in rescued {
        let then = rescued.state.as_str();
        emit(Event::Rescued { run: rescued.run, agent: rescued.agent, then, earlier_life: true });
    }
    Ok(())
}

/// What one agent's driver needs beside its plan.
struct Work {
    engine: Arc<dyn Store>,
    life: NodeLife,
    runner: Arc<dyn Runner>,
    herd: Arc<Herd>,
    clock: Clock,
}

/// The agents that are enabled.
struct Agents {
    names: Vec<AgentName>,
    offers: Vec<MailboxSender<FilterRequest>>,
    wakers: Wakers,
}

impl Agents {
    fn start(
        plan: &ResolvedConfig,
        arbiters: &[Arbiter],
        supervision: &Supervision,
        work: impl Fn() -> Work,
    ) -> Self {
        let mut agents = Self { names: Vec::new(), offers: Vec::new(), wakers: HashMap::new() };
        let enabled = plan.agents.iter().filter(|agent| agent.spec.scale > 0);
        for (agent, arbiter) in enabled.zip(arbiters.iter().cycle()) {
            telemetry::metrics().agent(agent.name(), agent.spec.scale);
            let identity = ActorId { actor: AGENT, name: agent.name().to_string() };
            let meter = MailboxMetrics::new(&identity, plan.mailboxes.agent);
            let addr = start_agent(agent, arbiter, identity, supervision, work());
            agents.names.push(agent.name().clone());
            agents.wakers.insert(agent.name().clone(), Waker::new(addr.clone()));
            agents.offers.push(MailboxSender::new(addr, meter));
        }
        agents
    }
}

fn start_agent(
    agent: &ResolvedAgent,
    arbiter: &Arbiter,
    identity: ActorId,
    supervision: &Supervision,
    work: Work,
) -> Addr<AgentActor> {
    use actix::AsyncContext;
    let spec = agent.spec.clone();
    supervision.start(&arbiter.handle(), identity, Policy::default(), move |context, _| {
        let waker = Waker::new(context.address());
        let bench = AgentDeps {
            spec,
            engine: work.engine,
            life: work.life,
            runner: work.runner,
            herd: work.herd,
            clock: work.clock,
            waker: Arc::new(waker.clone()) as Arc<dyn WakeUp>,
        };
        AgentActor::new(Driver::new(Arc::new(bench)), waker)
    })
}

fn start_parsers(
    plan: &ResolvedConfig,
    supervision: &Supervision,
    agents: &Agents,
    offload: &Offload,
    panics: &MailboxSender<DeliveryPanicked>,
) -> Parsers {
    let enabled = agents.names.iter().filter_map(|name| plan.agent(name.as_str()));
    let subscriptions =
        Arc::new(SubscriptionIndex::build(enabled.map(|agent| agent.spec.triggers.as_slice())));
    let (agents, offload): (Arc<[_]>, _) = (agents.offers.clone().into(), offload.clone());
    let panics = panics.clone();
    let parsers = workers::parsers(supervision, plan.mailboxes.parser, move |provider, scope| ParserActor {
        provider: herdgate_actors::provider::provider(provider),
        subscriptions: Arc::clone(&subscriptions),
        agents: Arc::clone(&agents),
        panics: panics.clone(),
        offload: offload.clone(),
        scope,
    });
    parsers.serve(plan.sources.iter().map(|source| source.provider));
    parsers
}

fn entries(agents: &[ResolvedAgent]) -> Vec<ScheduledAgent> {
    agents
        .iter()
        .filter(|agent| agent.spec.scale > 0)
        .filter_map(|agent| {
            let calendar = agent.schedule.as_ref()?.calendar.clone();
            Some(ScheduledAgent { agent: agent.name().clone(), calendar, catch_up: agent.catch_up })
        })
        .collect()
}

/// A store that will not work again fails the gate.
fn watch_store(engine: Arc<dyn Store>, health: Health) {
    actix::spawn(async move {
        let mut state = engine.state();
        let broken = state.wait_for(|state| matches!(state, StoreState::Broken { .. })).await;
        // A store that is gone without having broken was closed.
        if let Some(error) = broken.ok().and_then(|state| state.broken()) {
            health.fail(error.to_string());
        }
    });
}

fn wake(wakers: &Wakers) -> WakeAgent {
    let wakers = wakers.clone();
    Arc::new(move |agent| {
        if let Some(waker) = wakers.get(agent) {
            waker.wake();
        }
    })
}

fn forget(folders: &RunFolders) -> Arc<dyn Fn(herdgate_actors::domain::RunId) + Send + Sync> {
    let folders = folders.clone();
    Arc::new(move |run| {
        if let Err(error) = folders.remove(run) {
            emit(Event::FilesLeft { run, error: error.to_string() });
        }
    })
}

/// The key from the credentials, or one of our own making in the data folder.
fn api_key(plan: &ResolvedConfig) -> Result<ApiKey, StartError> {
    let path = plan.data_dir.join(crate::api_key::FILE);
    crate::api_key::find_or_make(&plan.credentials, &plan.data_dir)
        .map_err(|error| StartError::Files { path, error })
}

async fn open_doors(
    plan: &ResolvedConfig,
    max_connections: usize,
    actors: WorkerActors,
    admin: Admin,
    health: &Health,
    clock: Clock,
) -> Result<Servers, StartError> {
    let gateway = &plan.gateway;
    let trusted = Arc::new(TrustedPeers::new(gateway.trusted_proxies.clone()));
    let listeners = Listeners {
        public: gateway.public,
        admin: gateway.admin,
        admin_hosts: gateway.admin_hosts.clone(),
        limits: Limits {
            workers: cores(),
            max_connections,
            head_patience: HEAD_PATIENCE.min(gateway.request_timeout),
            trusted: Arc::clone(&trusted),
        },
    };
    let sources = actors.sources.clone();
    let wanted: Arc<[_]> = herdgate_actors::provider::all()
        .iter()
        .map(|provider| provider.spec().name)
        .map(|provider| (provider, sources.wanted_headers(provider)))
        .collect();
    let budget = Budget::for_bodies(gateway.body_limit);
    let body_limit = gateway.body_limit;
    let (body_patience, answer_within) = (gateway.request_timeout, gateway.answer_within);
    let of_webhooks = health.clone();
    let per_worker: http::PerWorker = Arc::new(move || Webhooks {
        sources: sources.clone(),
        ingress: actors.start(),
        health: of_webhooks.clone(),
        budget: budget.clone(),
        trusted: Arc::clone(&trusted),
        body_limit,
        body_patience,
        answer_within,
        clock: clock.clone(),
        wanted: Arc::clone(&wanted),
    });
    let of_doors = health.clone();
    let on_failure: OnFailure = Arc::new(move |why| of_doors.fail(why));
    http::serve(&listeners, per_worker, admin, on_failure).await.map_err(StartError::Listen)
}
