//! Starts, changes and ends agents, and swaps what is configured.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{Agents, Applied, Configuration, ControlError, request::Change};
use crate::{
    agent::{AgentActor, AgentCommand, AgentDeps, AgentHandle, AgentState},
    domain::{AgentName, AgentSpec, Topology},
    ingress::{Admission, RateLimits},
    parser::Parsers,
    runtime::{
        ActorId, Directory, Listener, MailboxMetrics, MailboxSender, Policy, Supervision, Threads, Waker,
    },
    schedule::SchedulesChanged,
    telemetry::{self, Event, emit},
};

/// Commands that may wait in an agent's mailbox: an operator and a reload at once are two.
const COMMANDS: usize = 16;

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
    /// How many deliveries may wait in an agent's mailbox.
    pub agent_mailbox: usize,
}

/// What the control actor holds. It is locked for as long as one change takes.
pub(super) struct Hand {
    deps: ControlDeps,
    /// What operators asked for beside the configuration.
    overrides: HashMap<AgentName, Override>,
}

/// What an operator asked for. It stays until it is taken back, whatever the configuration says.
#[derive(Debug, Clone, Copy, Default)]
struct Override {
    scale: Option<u32>,
    is_paused: bool,
}

impl Hand {
    /// A hand over a gate that has no agents yet.
    pub(super) fn new(deps: ControlDeps) -> Self {
        Self { deps, overrides: HashMap::new() }
    }

    /// Puts a configuration in force, in an order that loses nothing: who is new is there before
    /// anybody is told to ask, and who is gone is not asked any more before it is told to end.
    pub(super) async fn apply(&mut self, configuration: Configuration) -> Applied {
        let before = self.deps.topology.load_full();
        let Configuration { sources, agents, schedules } = configuration;
        let topology = Topology::new(before.revision().next(), sources, agents);
        let changes = before.diff(&topology);

        let mut handles = HashMap::clone(&self.deps.handles.load());
        // Those who have ended drop their end of the channel.
        handles.retain(|_, handle| handle.observed.has_changed().is_ok());
        let mut told = Vec::new();
        for spec in topology.agents().iter().filter(|spec| spec.is_enabled()) {
            match handles.get(&spec.name) {
                None => drop(handles.insert(spec.name.clone(), self.start(spec))),
                // Also one that was on its way out: it stays. Being told again changes nothing.
                Some(handle) => told.push((handle.clone(), AgentCommand::Configure(Arc::clone(spec)))),
            }
        }
        let stays = |name: &AgentName| topology.agent(name).is_some_and(|spec| spec.is_enabled());
        let leaving: Vec<_> =
            handles.iter().filter(|(name, _)| !stays(name)).map(|(_, handle)| handle.clone()).collect();
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
        for handle in leaving {
            let _ = handle.commands.send(AgentCommand::Remove).await;
        }
        if let Some(scheduler) = &self.deps.schedules {
            let _ = scheduler.send(SchedulesChanged(schedules)).await;
        }
        for (name, wish) in &self.overrides {
            self.repeat(name, *wish).await;
        }
        emit(Event::TopologyApplied {
            revision: topology.revision().0,
            added: changes.added.clone(),
            removed: changes.removed.clone(),
            changed: changes.changed.clone(),
        });
        Applied { revision: topology.revision(), changes }
    }

    /// Tells an agent once more what its operator wanted.
    async fn repeat(&self, agent: &AgentName, wish: Override) {
        let Ok(handle) = self.deps.handles.get(agent) else { return };
        let scale = wish.scale.map(AgentCommand::Scale);
        let pause = wish.is_paused.then_some(AgentCommand::Pause);
        for command in scale.into_iter().chain(pause) {
            let _ = handle.commands.send(command).await;
        }
    }

    pub(super) async fn tell(&mut self, agent: &AgentName, change: Change) -> Result<(), ControlError> {
        let handle = self.deps.handles.get(agent)?;
        let wish = self.overrides.entry(agent.clone()).or_default();
        match change {
            Change::Scale(scale) => {
                wish.scale = Some(scale);
                telemetry::metrics().agent(agent, scale);
            }
            Change::Pause => wish.is_paused = true,
            Change::Resume => wish.is_paused = false,
        }
        handle.commands.send(change.command()).await.map_err(|_| ControlError::Busy)?;
        emit(Event::AgentChanged { agent: agent.clone(), change: change.words() });
        Ok(())
    }

    fn start(&self, spec: &Arc<AgentSpec>) -> AgentHandle {
        telemetry::metrics().agent(&spec.name, spec.scale);
        let id = ActorId::new("agent", spec.name.as_str());
        let metrics = MailboxMetrics::new(&id, self.deps.agent_mailbox);
        let commands = MailboxMetrics::unmeasured(COMMANDS);
        let (sender, observed) = watch::channel(AgentState::of(spec));
        let seat = self.deps.supervision.seat::<AgentActor>(id);
        let (addr, waker) = (seat.address(), Waker::new(seat.address()));
        let (spec, deps, own) = (Arc::clone(spec), self.deps.agents.clone(), waker.clone());
        seat.start(self.deps.threads.next(), Policy::default(), move |_, scope| {
            AgentActor::new(spec, deps, own, scope, sender)
        });
        let filter = MailboxSender::new(addr.clone(), metrics);
        AgentHandle {
            listener: Listener { filter, waker },
            commands: MailboxSender::new(addr, commands),
            observed,
        }
    }
}
