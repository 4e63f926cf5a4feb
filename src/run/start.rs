//! Builds the gate from the store upwards: the only place where actors are built and connected.

use std::{net::TcpListener, path::Path, sync::Arc};

use actix::Arbiter;
use arc_swap::ArcSwap;
use herdgate_actors::{
    agent::{AgentDeps, LEASE, MAX_INTERRUPTIONS, RunLimiter},
    control::{Agents, BulkActor, ControlActor, ControlDeps},
    domain::{Clock, DeliveryPanicked, NodeId, NodeLife, ReceiptSink, Source, Topology},
    ingress::{Admission, RateLimits},
    parser::{ParserActor, Parsers},
    provider,
    runner::{ProcessOptions, ProcessRunner, ReaperCommand, RunFolders, Runner},
    runtime::{ActorId, Directory, MailboxSender, Offload, OnGiveUp, Policy, Supervision, Threads},
    store::{Rescue, RescueScope, SqliteEngine, SqliteOptions, Store, Upkeep},
    telemetry::{self, Event, StoreSeries, emit},
};
use tokio::sync::watch;
use tracing::warn;

use super::{
    DATABASE, Gate, RUNS, Reload, Sockets, StartError,
    addresses::{self, ListenAddresses},
    background::{Background, BackgroundDeps},
    disk_watch,
    health::Health,
    history,
    live::Live,
    rlimits, service_manager, store_watch,
    watch::WatchActor,
    workers::{self, WorkerActors, cores},
};
use crate::{
    config::{Project, ResolvedConfig, ResolvedGateway},
    http::{self, Admin, DoorSettings, Limits, Listeners, OnFailure, Place, Servers, Webhooks},
    keys::Keys,
    reads::Reads,
    telemetry::Exporter,
};

/// The kind of actor that is an agent.
const AGENT: &str = "agent";
/// The kind of actor that keeps the gate with its files.
const WATCH: &str = "watch";

/// How many sources the first line names; `herdgate check` lists them all.
const URLS: usize = 8;

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
    /// What the gate was given to listen on.
    pub sockets: Sockets,
}

impl Gate {
    /// Builds the gate from the store upwards; it takes deliveries when this returns.
    ///
    /// # Errors
    /// Whatever it needs and cannot have.
    pub async fn start(plan: ResolvedConfig, deps: Deps) -> Result<Self, StartError> {
        // First of all: with too few descriptors nothing else would fail in words.
        let max_connections = rlimits::connections(plan.gateway.max_connections)?;
        let begun = deps.clock.now();
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
        let retention = watch::Sender::new(plan.history_retention);
        let background = BackgroundDeps {
            store: Arc::clone(&store),
            clock: clock.clone(),
            life: by,
            lease: LEASE,
            max_interruptions: MAX_INTERRUPTIONS,
            retention: retention.subscribe(),
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
        let limiter = Arc::new(RunLimiter::new(plan.max_runs));
        let agents = AgentDeps {
            store: Arc::clone(&store),
            runner,
            limiter: Arc::clone(&limiter),
            panics: background.panics.clone(),
            clock: clock.clone(),
            by,
        };
        let threads = Threads::new(Arbiter::current(), arbiters.iter().map(Arbiter::handle));
        let control = ControlActor::start(ControlDeps {
            agents,
            supervision: supervision.clone(),
            threads: threads.clone(),
            topology: Arc::clone(&topology),
            directory,
            handles: Agents::default(),
            admission: Arc::clone(&admission),
            limits: RateLimits::default(),
            parsers: parsers.clone(),
            schedules: Some(background.schedules.clone()),
            unconfigured: Some(background.unconfigured.clone()),
            overrides: store.overrides().await?,
            agent_mailbox: plan.mailboxes.agent,
        });
        let applied = control.apply(configuration).await.map_err(StartError::Control)?;

        health.watch_store(store.state());
        watch_disk(&plan, &health, &clock);
        actix::spawn(store_watch::watch(Arc::clone(&store), health.clone()));

        let (keys, gateway) = (keys(&plan)?, plan.gateway.clone());
        let (data_dir, mailbox) = (plan.data_dir.clone(), plan.mailboxes.ingress);
        let doors = Arc::new(DoorSettings::new(&gateway));
        let live = Live { limiter, store: Arc::clone(&store), retention, doors: Arc::clone(&doors) };
        let reload = Reload::new(deps.project, control.clone(), clock.clone(), live, (plan, &applied, begun));
        let reads = Reads {
            store: Arc::clone(&store),
            control: control.clone(),
            bulks: BulkActor::start(control.clone(), &supervision, &threads)
                .await
                .map_err(StartError::Control)?,
            folders: folders.clone(),
            health: health.clone(),
            supervision: supervision.clone(),
            progress: background.progress.clone().into(),
            started_at: begun,
            reload: reload.clone(),
            clock: clock.clone(),
        };
        let history = history::start(&reads, &arbiters[0].handle());
        let admin = Admin::new(reads, reload.clone(), deps.metrics, history, keys);
        let actors = WorkerActors {
            supervision: supervision.clone(),
            admission,
            parsers,
            sink: Arc::clone(&store) as Arc<dyn ReceiptSink>,
            ids: store.ids(),
            clock: clock.clone(),
            offload,
            mailbox,
        };
        let way = DoorDeps { gateway, sockets: deps.sockets, settings: doors, max_connections };
        let servers = open_doors(way, actors, admin, &health, clock).await?;
        watch_files(&reload, &supervision, &arbiters[0]);
        actix::spawn(service_manager::keep(Arc::clone(&store), health.clone(), reload.clone()));
        announce(&data_dir, &servers, &health, &reload.in_force())?;
        Ok(Self { health, servers, store, folders, control, reload, data_dir, background, arbiters })
    }
}

fn watch_disk(plan: &ResolvedConfig, health: &Health, clock: &Clock) {
    let full = watch::Sender::new(None);
    health.watch_disk(full.subscribe());
    actix::spawn(disk_watch::watch(plan.data_dir.clone(), full, clock.clone()));
}

/// What operators look for first in a log.
fn ready(plan: &ResolvedConfig, servers: &Servers) -> Event {
    let base = plan
        .gateway
        .url
        .clone()
        .unwrap_or_else(|| format!("http://{}", addresses::reachable(servers.public())));
    let url = |source: &Source| format!("{base}/webhooks/{}/{}", source.provider, source.name);
    Event::Ready {
        public: servers.public(),
        admin: servers.admin(),
        version: env!("CARGO_PKG_VERSION"),
        project: std::path::absolute(&plan.file).unwrap_or_else(|_| plan.file.clone()).display().to_string(),
        data: plan.data_dir.display().to_string(),
        agents: plan.agents.iter().filter(|agent| agent.spec.is_enabled()).count(),
        urls: plan.sources.iter().take(URLS).map(url).collect(),
    }
}

/// An agent that is given up is lost alone: its jobs wait, and it is shown as failed. Without the
/// watch on the files they are put in force when somebody says so. Without any
/// of the others nothing can be taken or run, and the gate ends.
fn on_give_up(health: &Health) -> OnGiveUp {
    let health = health.clone();
    Arc::new(move |id: &ActorId| {
        if ![AGENT, WATCH].contains(&id.actor) {
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

/// Says where the gate is, and that it is there.
fn announce(
    data_dir: &Path,
    servers: &Servers,
    health: &Health,
    plan: &ResolvedConfig,
) -> Result<(), StartError> {
    ListenAddresses { public: servers.public(), admin: servers.admin(), pid: std::process::id() }
        .write(data_dir)
        .map_err(|error| StartError::Files { path: data_dir.to_owned(), error })?;
    health.ready();
    actix::spawn(telemetry::tell_left_out());
    emit(ready(plan, servers));
    service_manager::ready();
    Ok(())
}

/// The keys from the credentials, or of our own making in the data folder.
fn keys(plan: &ResolvedConfig) -> Result<Keys, StartError> {
    let path = plan.data_dir.join(crate::api_key::FILE);
    Keys::find_or_make(&plan.credentials, &plan.data_dir).map_err(|error| StartError::Files { path, error })
}

/// What the doors are opened with.
struct DoorDeps {
    gateway: ResolvedGateway,
    sockets: Sockets,
    settings: Arc<DoorSettings>,
    max_connections: usize,
}

async fn open_doors(
    doors: DoorDeps,
    actors: WorkerActors,
    admin: Admin,
    health: &Health,
    clock: Clock,
) -> Result<Servers, StartError> {
    let DoorDeps { gateway, sockets, settings, max_connections } = doors;
    let place = |socket: Option<TcpListener>, address| socket.map_or(Place::Address(address), Place::Socket);
    let trusted = settings.trusted();
    let listeners = Listeners {
        public: place(sockets.public, gateway.public),
        admin: place(sockets.admin, gateway.admin),
        hosts: settings.hosts(),
        limits: Limits {
            workers: cores(),
            max_connections,
            head_patience: gateway.head_patience(),
            trusted: Arc::clone(&trusted),
        },
    };
    let admission = Arc::clone(&actors.admission);
    let (budget, limits) = (settings.budget(), settings.webhooks());
    let of_webhooks = health.clone();
    let per_worker: http::PerWorker = Arc::new(move || Webhooks {
        admission: Arc::clone(&admission),
        ingress: actors.start(),
        health: of_webhooks.clone(),
        budget: budget.clone(),
        trusted: Arc::clone(&trusted),
        limits: Arc::clone(&limits),
        clock: clock.clone(),
    });
    let of_doors = health.clone();
    let on_failure: OnFailure = Arc::new(move |why| of_doors.fail(why));
    http::serve(listeners, per_worker, admin, on_failure).await.map_err(StartError::Listen)
}

/// Puts the files in force by itself when they change.
fn watch_files(reload: &Reload, supervision: &Supervision, arbiter: &Arbiter) {
    let reload = reload.clone();
    let start = move |_: &mut _, _| WatchActor::new(reload);
    supervision.start(&arbiter.handle(), ActorId::new(WATCH, "0"), Policy::default(), start);
}
