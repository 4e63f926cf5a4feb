//! Starts, changes and ends agents, and swaps what is configured.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{Agents, Applied, Configuration, ControlError, request::Change};
use crate::{
    agent::{AgentActor, AgentCommand, AgentDeps, AgentHandle, AgentState, Mode, proxy},
    domain::{AgentName, AgentSpec, Parts, Revision, RevisionChanges, Timestamp, Topology},
    ingress::{Admission, RateLimits},
    parser::Parsers,
    runtime::{
        ActorId, Directory, Listener, MailboxMetrics, MailboxSender, Policy, Supervision, Threads, Waker,
    },
    schedule::{ScheduledAgent, SchedulesChanged},
    store::{AgentOverride, LastRevision, NewRevision},
    telemetry::{self, Event, emit},
    upkeep::AgentsChanged,
};

/// Commands that may wait in an agent's mailbox: an operator and a reload at once are two.
const COMMANDS: usize = 16;
/// How long one change waits for an agent to say that it stays or goes. One that panics at every
/// start takes longer; it hears of it when it is back.
const SETTLE: Duration = Duration::from_secs(5);

/// What the control actor works with.
pub struct ControlDeps {
    /// What agents work with.
    pub agents: AgentDeps,
    /// How actors are started.
    pub supervision: Supervision,
    /// Where agents live.
    pub threads: Threads,
    /// What is configured.
    pub topology: Arc<ArcSwap<Topology>>,
    /// The same, made ready for requests.
    pub admission: Arc<ArcSwap<Admission>>,
    /// How far the sources have used their limits up.
    pub limits: RateLimits,
    /// The parsers; those of providers that are new are started.
    pub parsers: Parsers,
    /// Who is there to be asked and woken.
    pub directory: Directory,
    /// The ways to every agent.
    pub handles: Agents,
    /// Who keeps the schedules, once there is somebody.
    pub schedules: Option<MailboxSender<SchedulesChanged>>,
    /// Who looks for jobs of agents that are not there.
    pub unconfigured: Option<MailboxSender<AgentsChanged>>,
    /// What operators asked for in earlier lives.
    pub overrides: Vec<AgentOverride>,
    /// How many deliveries may wait in an agent's mailbox.
    pub agent_mailbox: usize,
}

/// What the control actor holds. It is locked for as long as one change takes.
pub(super) struct Hand {
    deps: ControlDeps,
    /// Who is scheduled, for whoever looks.
    schedules: Arc<ArcSwap<Vec<ScheduledAgent>>>,
    /// What operators asked for beside the configuration.
    overrides: HashMap<AgentName, Override>,
    /// The configuration that was numbered last, where that is known.
    last: Option<LastRevision>,
    /// The gate ends: nobody may begin runs any more, new agents neither.
    is_draining: bool,
}

/// What an operator asked for. It stays until it is taken back, whatever the configuration says, and
/// over restarts.
#[derive(Debug, Clone, Copy, Default)]
struct Override {
    scale: Option<u32>,
    is_paused: bool,
}

/// A configuration that has its number.
struct Numbered {
    revision: Revision,
    since: Timestamp,
    differences: RevisionChanges,
    /// Whether it is the first of this life.
    is_first: bool,
}

impl Hand {
    /// A hand over a gate that has no agents yet.
    pub(super) fn new(deps: ControlDeps) -> Self {
        let wish = |wish: &AgentOverride| {
            (wish.agent.clone(), Override { scale: wish.scale, is_paused: wish.is_paused })
        };
        let overrides = deps.overrides.iter().map(wish).collect();
        Self { deps, schedules: Arc::default(), overrides, last: None, is_draining: false }
    }

    pub(super) const fn deps(&self) -> &ControlDeps {
        &self.deps
    }

    pub(super) fn schedules(&self) -> Arc<ArcSwap<Vec<ScheduledAgent>>> {
        Arc::clone(&self.schedules)
    }

    /// Puts a configuration in force, in an order that loses nothing: who is new is there before
    /// anybody is told to ask, and who is gone is not asked any more before it is told to end.
    ///
    /// # Errors
    /// The gate ends, or the store does not take the number of what is new; then nothing has changed.
    pub(super) async fn apply(&mut self, configuration: Configuration) -> Result<Applied, ControlError> {
        if self.is_draining {
            return Err(ControlError::Busy);
        }
        let before = self.deps.topology.load_full();
        let numbered = self.number(&configuration).await?;
        let Configuration { sources, agents, schedules, settings: _ } = configuration;
        let topology = Topology::new(numbered.revision, sources, agents);
        let changes = before.diff(&topology);

        let mut handles = HashMap::clone(&self.deps.handles.load());
        // Those who have ended drop their end of the channel.
        handles.retain(|_, handle| handle.observed.has_changed().is_ok());
        let mut told = Vec::new();
        for spec in topology.agents().iter().filter(|spec| spec.is_enabled()) {
            let spec = self.wanted(spec);
            telemetry::metrics().agent(&spec.name, spec.scale);
            match handles.get(&spec.name).cloned() {
                None => drop(handles.insert(spec.name.clone(), self.start(&spec))),
                // On its way out. It stays as it is, runs and all, if it hears of it in time; one
                // that had ended already is followed by another.
                Some(handle) if handle.observed.borrow().mode == Mode::Removed => {
                    if !call_back(&handle, &spec).await {
                        handles.insert(spec.name.clone(), self.start(&spec));
                    }
                }
                Some(handle) => told.push((handle, AgentCommand::Configure(spec))),
            }
        }
        let stays = |name: &AgentName| topology.agent(name).is_some_and(|spec| spec.is_enabled());
        let leaving: Vec<_> = handles
            .iter()
            .filter(|(name, _)| !stays(name))
            .map(|(name, handle)| (name.clone(), handle.clone()))
            .collect();
        let listeners = handles
            .iter()
            .filter(|(name, _)| stays(name))
            .map(|(name, handle)| (name.clone(), handle.listener.clone()))
            .collect();
        let topology = Arc::new(topology);
        self.deps.handles.replace(handles);
        self.deps.directory.replace(listeners);
        self.deps.parsers.serve(topology.sources().iter().map(|source| source.provider));
        self.deps.topology.store(Arc::clone(&topology));
        self.deps.admission.store(Arc::new(Admission::new(Arc::clone(&topology), &self.deps.limits)));
        for (handle, command) in told {
            // One that is gone was given up; the next start has it again.
            let _ = handle.commands.send(command).await;
        }
        dismiss(&leaving).await;
        self.schedules.store(Arc::new(schedules.clone()));
        if let Some(scheduler) = &self.deps.schedules {
            let _ = scheduler.send(SchedulesChanged(schedules)).await;
        }
        if let Some(look) = &self.deps.unconfigured {
            // Where one waits already, that one sees the same.
            let _ = look.try_send(AgentsChanged);
        }
        let Numbered { revision, since, differences, is_first } = numbered;
        if is_first || !differences.is_empty() {
            emit(Event::TopologyApplied {
                revision: revision.0,
                added: changes.added.clone(),
                removed: changes.removed.clone(),
                changed: changes.changed.clone(),
                differences: differences.to_string(),
            });
        }
        Ok(Applied { revision, since, changes, differences })
    }

    /// The number of a configuration: the next one, on disk before anything is judged by it, or that
    /// of the last one where it is the same, also if that was in another life.
    async fn number(&mut self, configuration: &Configuration) -> Result<Numbered, ControlError> {
        let store = &self.deps.agents.store;
        let is_first = self.last.is_none();
        if is_first {
            self.last = store.last_revision().await?;
        }
        let parts = configuration.parts();
        if let Some(last) = self.last.as_ref().filter(|last| last.parts == parts) {
            let differences = RevisionChanges::default();
            return Ok(Numbered { revision: last.number, since: last.at, differences, is_first });
        }
        let nothing = Parts::default();
        let before = self.last.as_ref().map_or(&nothing, |last| &last.parts);
        let (differences, since) = (before.changes(&parts), self.deps.agents.clock.now());
        let new = NewRevision { at: since, parts: parts.clone(), changes: differences.clone() };
        let revision = store.add_revision(new).await?;
        self.last = Some(LastRevision { number: revision, at: since, parts });
        Ok(Numbered { revision, since, differences, is_first })
    }

    /// Lets no agent begin another run, for the gate ends.
    pub(super) async fn drain(&mut self) {
        self.is_draining = true;
        self.deps.handles.tell_all(AgentCommand::Drain).await;
    }

    /// An agent as its operator wants it, who may have asked for another scale than its file.
    fn wanted(&self, spec: &Arc<AgentSpec>) -> Arc<AgentSpec> {
        match self.overrides.get(&spec.name).and_then(|wish| wish.scale) {
            Some(scale) if scale != spec.scale => Arc::new(AgentSpec { scale, ..AgentSpec::clone(spec) }),
            _ => Arc::clone(spec),
        }
    }

    pub(super) async fn tell(&mut self, agent: &AgentName, change: Change) -> Result<(), ControlError> {
        let handle = self.deps.handles.get(agent)?;
        let configured = self.deps.topology.load().agent(agent).map_or(0, |spec| spec.scale);
        let mut wish = self.overrides.get(agent).copied().unwrap_or_default();
        match change {
            Change::Scale(scale) => wish.scale = scale,
            Change::Pause => wish.is_paused = true,
            Change::Resume => wish.is_paused = false,
        }
        // First, so that what is answered outlives the next moment.
        let Override { scale, is_paused } = wish;
        let remembered = AgentOverride { agent: agent.clone(), is_paused, scale };
        self.deps.agents.store.set_override(remembered).await?;
        self.overrides.insert(agent.clone(), wish);
        if let Change::Scale(scale) = change {
            telemetry::metrics().agent(agent, scale.unwrap_or(configured));
        }
        handle.commands.send(change.command(configured)).await.map_err(|_| ControlError::Busy)?;
        emit(Event::AgentChanged { agent: agent.clone(), change: change.words() });
        Ok(())
    }

    fn start(&self, spec: &Arc<AgentSpec>) -> AgentHandle {
        let id = ActorId::new("agent", spec.name.as_str());
        let metrics = MailboxMetrics::new(&id, self.deps.agent_mailbox);
        let commands = MailboxMetrics::unmeasured(COMMANDS);
        let (sender, observed) = watch::channel(AgentState::of(spec));
        let seat = self.deps.supervision.seat::<AgentActor>(id);
        let (addr, waker) = (seat.address(), Waker::new(seat.address()));
        let (wanted, deps, own) = (Arc::clone(spec), self.deps.agents.clone(), waker.clone());
        let is_paused = self.overrides.get(&spec.name).is_some_and(|wish| wish.is_paused);
        seat.start(self.deps.threads.next(), Policy::default(), move |_, scope| {
            AgentActor::new(wanted, deps, own, scope, sender, is_paused)
        });
        let filter = MailboxSender::new(addr.clone(), metrics);
        AgentHandle {
            listener: Listener { filter, proxy: proxy(&self.deps.agents, waker.clone()), waker },
            commands: MailboxSender::new(addr, commands),
            observed,
        }
    }
}

/// Tells an agent that was on its way out that it stays. Says whether it heard of it, or had ended.
async fn call_back(handle: &AgentHandle, spec: &Arc<AgentSpec>) -> bool {
    let mut observed = handle.observed.clone();
    let _ = handle.commands.send(AgentCommand::Configure(Arc::clone(spec))).await;
    let stays = observed.wait_for(|state| state.mode != Mode::Removed);
    tokio::time::timeout(SETTLE, stays).await.is_ok_and(|stays| stays.is_ok())
}

/// Tells agents to end with their last run, and waits until each knows: what it is told later comes
/// to one that is known to be on its way out.
async fn dismiss(leaving: &[(AgentName, AgentHandle)]) {
    for (name, handle) in leaving {
        telemetry::metrics().agent(name, 0);
        let _ = handle.commands.send(AgentCommand::Remove).await;
    }
    for (_, handle) in leaving {
        let mut observed = handle.observed.clone();
        let knows = observed.wait_for(|state| state.mode == Mode::Removed);
        // Where it is gone already, or does not answer, there is nothing more to wait for.
        let _ = tokio::time::timeout(SETTLE, knows).await;
    }
}
