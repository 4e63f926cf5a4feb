//! Builds the gate from the store upwards: the only place where actors are built and connected.

use std::{path::Path, sync::Arc, time::Duration};

use actix::Arbiter;
use arc_swap::ArcSwap;
use herdgate_actors::{
    agent::{AgentDeps, LEASE, MAX_INTERRUPTIONS, RunLimiter},
    control::{Agents, ControlActor, ControlDeps},
    domain::{Clock, DeliveryPanicked, NodeId, NodeLife, ReceiptSink, Topology},
    ingress::{Admission, RateLimits},
    parser::{ParserActor, Parsers},
    provider,
    runner::{ProcessOptions, ProcessRunner, ReaperCommand, RunFolders, Runner},
    runtime::{ActorId, Directory, MailboxSender, Offload, OnGiveUp, Supervision, Threads},
    store::{Rescue, RescueScope, SqliteEngine, SqliteOptions, Store, Upkeep},
    telemetry::{self, Event, StoreSeries, emit},
};
use tracing::warn;

use super::{
    DATABASE, Gate, RUNS, Reload, StartError,
    addresses::ListenAddresses,
    background::{Background, BackgroundDeps},
    health::Health,
    rlimits, store_watch,
    workers::{self, WorkerActors, cores},
};
use crate::{
    api_key::ApiKey,
    config::{Project, ResolvedConfig},
    http::{self, Admin, Budget, Limits, Listeners, OnFailure, Servers, TrustedPeers, Webhooks},
    reads::{GateFacts, Reads},
    telemetry::Exporter,
};

/// The kind of actor that is an agent.
const AGENT: &str = "agent";
/// A provider sends its head at once; whoever connects and says nothing gives way after this.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// What the gate runs with beside its plan.
pub struct Deps {
    /// The time.
    pub clock: Clock,
    /// The project, to be loaded again.
    pub project: Project,
    /// How to start the reaper of runs: this program.
    pub reaper: ReaperCommand,
    /// Where the numbers are collected.
    pub metrics: Exporter,
}

impl Gate {
    /// Builds the gate from the store upwards; it takes deliveries when this returns.
    ///
    /// # Errors
    /// Whatever it needs and cannot have.
    pub async fn start(plan: ResolvedConfig, deps: Deps) -> Result<Self, StartError> {
        // First of all: with too few descriptors nothing else would fail in words.
        let max_connections = rlimits::connections(plan.gateway.max_connections)?;
        let health = Health::default();
        let supervision = Supervision::new(on_give_up(&health));
        private_folder(&plan.data_dir)?;
        let clock = deps.clock;
        let store = open_store(&plan).await?;
        let by = NodeLife { node: NodeId::default(), life: fastrand::u64(..) };
        recover(store.as_ref(), &clock, by).await?;

        let (folders, runner) = runner(&plan, deps.reaper)?;

        let arbiters: Vec<_> = (0..cores()).map(|_| Arbiter::new()).collect();
        let (directory, topology) = (Directory::default(), Arc::<ArcSwap<Topology>>::default());
        let configuration = plan.configuration();
        let background = BackgroundDeps {
            store: Arc::clone(&store),
            clock: clock.clone(),
            life: by,
            lease: LEASE,
            max_interruptions: MAX_INTERRUPTIONS,
            retention: plan.history_retention,
            scheduled: configuration.schedules.clone(),
            topology: Arc::clone(&topology),
            directory: directory.clone(),
            forget: forget(&folders),
        };
        let background = Background::start(background, &arbiters[0].handle(), &supervision).await?;
        health.watch_scheduler(background.looked.clone());
        let offload = workers::offload();
        let parsers = parsers(&plan, &supervision, &directory, &offload, &background.panics);
        // Set once, here.
        let _ = background.parsers.set(parsers.clone());
        let admission = Arc::<ArcSwap<Admission>>::default();
        let agents = AgentDeps {
            store: Arc::clone(&store),
            runner,
            limiter: Arc::new(RunLimiter::new(plan.max_runs)),
            panics: background.panics.clone(),
            clock: clock.clone(),
            by,
        };
        let control = ControlActor::start(ControlDeps {
            agents,
            supervision: supervision.clone(),
            threads: Threads::new(Arbiter::current(), arbiters.iter().map(Arbiter::handle)),
            topology: Arc::clone(&topology),
            directory,
            handles: Agents::default(),
            admission: Arc::clone(&admission),
            limits: RateLimits::default(),
            parsers: parsers.clone(),
            schedules: Some(background.schedules.clone()),
            unconfigured: Some(background.unconfigured.clone()),
            agent_mailbox: plan.mailboxes.agent,
        });
        control.apply(configuration).await.map_err(StartError::Control)?;

        health.watch_store(store.state());
        actix::spawn(store_watch::watch(Arc::clone(&store), health.clone()));

        let reload = Reload::new(deps.project, control.clone(), &plan);
        let reads = Reads {
            store: Arc::clone(&store),
            control: control.clone(),
            folders: folders.clone(),
            health: health.clone(),
            supervision: supervision.clone(),
            progress: background.progress.clone().into(),
            gate: facts(&plan, &clock),
            clock: clock.clone(),
        };
        let admin = Admin { reads, reload: reload.clone(), metrics: deps.metrics, key: api_key(&plan)? };
        let actors = WorkerActors {
            supervision,
            admission,
            parsers,
            sink: Arc::clone(&store) as Arc<dyn ReceiptSink>,
            ids: store.ids(),
            clock: clock.clone(),
            offload,
            mailbox: plan.mailboxes.ingress,
        };
        let servers = open_doors(&plan, max_connections, actors, admin, &health, clock).await?;
        ListenAddresses { public: servers.public(), admin: servers.admin(), pid: std::process::id() }
            .write(&plan.data_dir)
            .map_err(|error| StartError::Files { path: plan.data_dir.clone(), error })?;
        health.ready();
        actix::spawn(telemetry::tell_left_out());
        let version = env!("CARGO_PKG_VERSION");
        emit(Event::Ready { public: servers.public(), admin: servers.admin(), version });
        let shutdown_grace = plan.gateway.shutdown_grace;
        Ok(Self {
            health,
            servers,
            store,
            folders,
            control,
            reload,
            data_dir: plan.data_dir,
            background,
            arbiters,
            shutdown_grace,
        })
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

fn parsers(
    plan: &ResolvedConfig,
    supervision: &Supervision,
    directory: &Directory,
    offload: &Offload,
    panics: &MailboxSender<DeliveryPanicked>,
) -> Parsers {
    let (directory, offload, panics) = (directory.clone(), offload.clone(), panics.clone());
    workers::parsers(supervision, plan.mailboxes.parser, move |provider, scope| ParserActor {
        provider: provider::provider(provider),
        directory: directory.clone(),
        panics: panics.clone(),
        offload: offload.clone(),
        scope,
    })
}

/// What drives runs. What runs on the data folder already is left by an earlier life, since its lock is
/// held, and ends here.
fn runner(plan: &ResolvedConfig, reaper: ReaperCommand) -> Result<(RunFolders, Arc<dyn Runner>), StartError> {
    let runs = plan.data_dir.join(RUNS);
    let folders = RunFolders::new(&runs).map_err(|error| StartError::Files { path: runs, error })?;
    let options = ProcessOptions { reaper, open_files: rlimits::open_files_before() };
    let runner = ProcessRunner::new(folders.clone(), options).map_err(StartError::Runner)?;
    Ok((folders, Arc::new(runner)))
}

fn forget(folders: &RunFolders) -> Arc<dyn Fn(herdgate_actors::domain::RunId) + Send + Sync> {
    let folders = folders.clone();
    Arc::new(move |run| {
        if let Err(error) = folders.remove(run) {
            emit(Event::FilesLeft { run, error: error.to_string() });
        }
    })
}

fn facts(plan: &ResolvedConfig, clock: &Clock) -> Arc<GateFacts> {
    let (max_runs, url) = (plan.max_runs, plan.gateway.url.clone());
    Arc::new(GateFacts { started_at: clock.now(), max_runs, url })
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
    let admission = Arc::clone(&actors.admission);
    let budget = Budget::for_bodies(gateway.body_limit);
    let body_limit = gateway.body_limit;
    let (body_patience, answer_within) = (gateway.request_timeout, gateway.answer_within);
    let of_webhooks = health.clone();
    let per_worker: http::PerWorker = Arc::new(move || Webhooks {
        admission: Arc::clone(&admission),
        ingress: actors.start(),
        health: of_webhooks.clone(),
        budget: budget.clone(),
        trusted: Arc::clone(&trusted),
        body_limit,
        body_patience,
        answer_within,
        clock: clock.clone(),
    });
    let of_doors = health.clone();
    let on_failure: OnFailure = Arc::new(move |why| of_doors.fail(why));
    http::serve(&listeners, per_worker, admin, on_failure).await.map_err(StartError::Listen)
}
