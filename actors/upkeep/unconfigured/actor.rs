//! Tells of jobs that wait for an agent that is not there: removed, renamed or disabled.
//!
//! Nobody claims such jobs and nobody discards them by himself, because the agent may come back. So
//! they must be seen: one warning for each agent when they are first found, and their numbers in the
//! metrics, for as long as they are there.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix::prelude::*;
use tokio::sync::watch;

use crate::{
    domain::{AgentName, JobState, Timestamp},
    runtime::Envelope,
    store::{Backlog, Store, StoreError},
    telemetry::{self, Event, emit},
    upkeep::Progress,
};

/// What operators change shows while they still look. It costs a row for each agent that has jobs.
const EVERY: Duration = Duration::from_secs(10);

/// What the look works with.
pub struct UnconfiguredDeps {
    /// Where jobs are.
    pub store: Arc<dyn Store>,
    /// Whether an agent runs here.
    pub is_configured: Arc<dyn Fn(&AgentName) -> bool + Send + Sync>,
    /// What it shows of itself.
    pub progress: watch::Sender<Progress>,
}

/// Looks for jobs of agents that are not there.
pub struct UnconfiguredActor {
    deps: Rc<UnconfiguredDeps>,
    /// Of whom a warning was written.
    told: HashSet<AgentName>,
    /// Whose gauges are not zero.
    shown: HashSet<(AgentName, JobState)>,
    /// The next look.
    timer: Option<SpawnHandle>,
}

/// Message to the look: other agents are there now.
#[derive(Debug, Clone, Copy)]
pub struct AgentsChanged;

/// Waiting jobs of an agent that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    agent: AgentName,
    jobs: u64,
    by_state: Vec<(JobState, u64)>,
    oldest: Option<Timestamp>,
}

impl UnconfiguredActor {
    /// A look that has not been taken yet.
    pub fn new(deps: UnconfiguredDeps) -> Self {
        Self { deps: Rc::new(deps), told: HashSet::new(), shown: HashSet::new(), timer: None }
    }

    fn look(&mut self, context: &mut Context<Self>) {
        let deps = Rc::clone(&self.deps);
        let left = async move { deps.left().await }.into_actor(self);
        context.spawn(left.map(|left, this, context| {
            match left {
                Ok(left) => this.show(left),
                Err(error) => emit(Event::StoreRefused { wanted: "backlog", error: error.to_string() }),
            }
            this.look_in(EVERY, context);
        }));
    }

    /// There is one next look, however many were asked for.
    fn look_in(&mut self, span: Duration, context: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            context.cancel_future(timer);
        }
        self.timer = Some(context.run_later(span, Self::look));
    }

    fn show(&mut self, left: Vec<Left>) {
        let mut shown = HashSet::new();
        for Left { agent, jobs, by_state, oldest } in &left {
            for (state, jobs) in by_state {
                telemetry::unconfigured_jobs(agent, state.as_str(), *jobs);
                shown.insert((agent.clone(), *state));
            }
            if !self.told.contains(agent) {
                emit(Event::UnconfiguredJobs { agent: agent.clone(), jobs: *jobs, oldest: *oldest });
            }
        }
        for (agent, state) in self.shown.difference(&shown) {
            telemetry::unconfigured_jobs(agent, state.as_str(), 0);
        }
        self.shown = shown;
        // Whoever comes back and goes again is told again.
        self.told = left.into_iter().map(|left| left.agent).collect();
    }
}

impl Actor for UnconfiguredActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.look(context);
    }
}

impl Supervised for UnconfiguredActor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // Its futures are gone, and with them the timer.
        self.timer = None;
    }
}

impl Handler<Envelope<AgentsChanged>> for UnconfiguredActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<AgentsChanged>, context: &mut Context<Self>) {
        let AgentsChanged = envelope.open();
        self.look_in(Duration::ZERO, context);
    }
}

impl UnconfiguredDeps {
    async fn left(&self) -> Result<Vec<Left>, StoreError> {
        Progress::begin(&self.progress);
        let backlog = self.store.backlog().await?;
        let oldest = self.store.oldest_due().await?;
        let left = left(backlog, oldest, |agent| (self.is_configured)(agent));
        Progress::end(&self.progress, left.len() as u64);
        Ok(left)
    }
}

/// What waits for whom, but for those who are there.
fn left(
    backlog: Vec<Backlog>,
    oldest: Vec<(AgentName, Timestamp)>,
    is_configured: impl Fn(&AgentName) -> bool,
) -> Vec<Left> {
    let oldest: HashMap<_, _> = oldest.into_iter().collect();
    let mut left: HashMap<AgentName, Left> = HashMap::new();
    for Backlog { agent, state, jobs } in backlog {
        if jobs == 0 || !(state.is_waiting() || state == JobState::Held) || is_configured(&agent) {
            continue;
        }
        let entry = left.entry(agent.clone()).or_insert_with(|| Left {
            oldest: oldest.get(&agent).copied(),
            agent,
            jobs: 0,
            by_state: Vec::new(),
        });
        entry.jobs += jobs;
        entry.by_state.push((state, jobs));
    }
    let mut left: Vec<_> = left.into_values().collect();
    left.sort_by(|one, other| one.agent.cmp(&other.agent));
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(agent: &str, state: JobState, jobs: u64) -> Backlog {
        Backlog { agent: agent.into(), state, jobs }
    }

    #[test]
    fn only_what_waits_for_somebody_who_is_not_there_is_left() {
        let since = Timestamp::from_millis(1_800_000_000_000);
        let found = left(
            vec![
                jobs("here", JobState::Available, 7),
                jobs("gone", JobState::Available, 3),
                jobs("gone", JobState::Retryable, 2),
                jobs("gone", JobState::Completed, 99),
                jobs("done", JobState::Completed, 5),
            ],
            vec![("gone".into(), since)],
            |agent| agent.as_str() == "here",
        );
        let by_state = vec![(JobState::Available, 3), (JobState::Retryable, 2)];
        assert_eq!(found, [Left { agent: "gone".into(), jobs: 5, by_state, oldest: Some(since) }]);
    }
}
