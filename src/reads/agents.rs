//! Agents: what they do, what waits for them, and how they are configured.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use herdgate_actors::{
    agent::machine::{Executing, Phase},
    control::ControlError,
    domain::{AgentName, AgentSpec, JobState, KeepWork, Spent, Topology, Trigger, TriggerId},
    schedule::{CatchUp, ScheduledAgent},
    store::{Backlog, OutcomeCount, RunRow},
};

use super::Reads;
use crate::api::{
    agents::{
        Agent, AgentDetail, Clause, Configured, LastRun, Mailbox, Retry, Run, Schedule, State,
        Trigger as ApiTrigger,
    },
    page::Page,
    problem::Problem,
    runs,
};

/// The time over which outcomes are counted.
const DAY: Duration = Duration::from_hours(24);
/// How many times a schedule tells ahead.
const TIMES_AHEAD: usize = 10;

/// What the store knows of all agents, each read once.
struct Known {
    jobs: HashMap<AgentName, BTreeMap<JobState, u64>>,
    oldest_due: HashMap<AgentName, herdgate_actors::domain::Timestamp>,
    outcomes: HashMap<AgentName, BTreeMap<runs::State, u64>>,
    spent: HashMap<AgentName, Spent>,
    last: HashMap<AgentName, RunRow>,
}

impl Reads {
    /// Every agent that is configured or running, and every other for which jobs wait.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn agents(&self) -> Result<Page<Agent>, Problem> {
        let known = self.known().await?;
        let topology = self.control.topology();
        let mut names: BTreeSet<AgentName> = topology.agents().iter().map(|spec| spec.name.clone()).collect();
        names.extend(self.control.agents().observed().into_iter().map(|(name, _)| name));
        names.extend(known.waiting().cloned());
        let calendars = self.control.schedules();
        let scheduled: HashMap<_, _> = calendars.iter().map(|one| (&one.agent, one)).collect();
        let agents =
            names.iter().map(|name| self.agent_of(name, &known, &topology, scheduled.get(name).copied()));
        Ok(Page::whole(agents.collect()))
    }

    /// One agent, and how it is configured.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn agent(&self, name: &AgentName) -> Result<AgentDetail, Problem> {
        let known = self.known().await?;
        let topology = self.control.topology();
        let spec = topology.agent(name);
        let is_there = spec.is_some()
            || self.control.agents().observe(name).is_some()
            || known.waiting().any(|waiting| waiting == name);
        if !is_there {
            let mut names: Vec<_> = topology.agents().iter().map(|spec| spec.name.clone()).collect();
            names.extend(known.waiting().cloned());
            names.sort();
            names.dedup();
            return Err(ControlError::UnknownAgent { agent: name.clone(), known: names }.into());
        }
        let calendars = self.control.schedules();
        let scheduled = calendars.iter().find(|one| one.agent == *name);
        let configured = spec.map(|spec| self.configured(spec, scheduled));
        Ok(AgentDetail { agent: self.agent_of(name, &known, &topology, scheduled), configured })
    }

    async fn known(&self) -> Result<Known, Problem> {
        let topology = self.control.topology();
        let names = topology.agents().iter().map(|spec| spec.name.clone()).collect();
        let since = self.clock.now().minus(DAY);
        let (backlog, due, outcomes, last) = tokio::try_join!(
            self.store.backlog(),
            self.store.oldest_due(),
            self.store.outcomes(since),
            self.store.last_runs(names)
        )?;
        Ok(Known::new(backlog, due, outcomes, last))
    }

    fn agent_of(
        &self,
        name: &AgentName,
        known: &Known,
        topology: &Topology,
        scheduled: Option<&ScheduledAgent>,
    ) -> Agent {
        let agents = self.control.agents();
        let spec = topology.agent(name);
        let observed = agents.observed_one(name);
        let (state, scale, executing) = match (observed, spec) {
            (Some(observed), _) => (observed.mode.into(), observed.scale, observed.executing),
            (None, Some(_)) => (State::Disabled, 0, Vec::new()),
            (None, None) => (State::Unconfigured, 0, Vec::new()),
        };
        let jobs = known.jobs.get(name).cloned().unwrap_or_default();
        let waiting = jobs.iter().filter(|(state, _)| state.is_waiting()).map(|(_, count)| count).sum();
        let last = known.last.get(name).and_then(|row| {
            let finished = row.attempt.finished_at?;
            Some(LastRun {
                run: row.run,
                state: runs::State::of(row.attempt.outcome.as_ref()),
                started_at: row.attempt.started_at.into(),
                finished_at: finished.into(),
            })
        });
        let next = scheduled.and_then(|one| one.calendar.next_after(self.clock.now()));
        Agent {
            name: name.clone(),
            state,
            scale,
            configured_scale: spec.map(|spec| spec.scale),
            executing: executing.into_iter().map(executing_of).collect(),
            jobs: jobs.into_iter().map(|(state, count)| (state.into(), count)).collect(),
            waiting,
            oldest_due: known.oldest_due.get(name).copied().map(Into::into),
            mailbox: agents
                .mailbox(name)
                .map(|depth| Mailbox { waiting: depth.waiting, capacity: depth.capacity }),
            outcomes_24h: known.outcomes.get(name).cloned().unwrap_or_default(),
            spent_24h: known
                .spent
                .get(name)
                .filter(|spent| **spent != Spent::default())
                .map(|&spent| spent.into()),
            last_run: last,
            next_tick: next.map(Into::into),
        }
    }

    fn configured(&self, spec: &AgentSpec, scheduled: Option<&ScheduledAgent>) -> Configured {
        let (run, retry) = (&spec.run, &spec.retry);
        Configured {
            triggers: spec.triggers.iter().map(trigger_of).collect(),
            schedule: scheduled.map(|one| Schedule {
                expression: one.calendar.expression().to_owned(),
                timezone: one.calendar.zone().name().to_owned(),
                catches_up: one.catch_up == CatchUp::Once,
                next: one.calendar.upcoming(self.clock.now()).take(TIMES_AHEAD).map(Into::into).collect(),
            }),
            work_queue_size: spec.queue_limit,
            run: Run {
                command: run.command.clone(),
                cwd: run.cwd.as_ref().map(|cwd| cwd.display().to_string()),
                env: run.env.iter().map(|variable| variable.name.clone()).collect(),
                timeout_ms: millis(run.timeout),
                kill_grace_ms: millis(run.kill_grace),
                output_limit: run.output_limit,
                keep_work: match run.keep_work {
                    KeepWork::Never => "never",
                    KeepWork::Failed => "failed",
                    KeepWork::Always => "always",
                }
                .to_owned(),
            },
            retry: Retry {
                attempts: retry.attempts,
                backoff_ms: millis(retry.backoff),
                backoff_max_ms: millis(retry.backoff_max),
                retry_timeouts: retry.retry_timeouts,
                snoozes: retry.snoozes,
            },
            params: serde_json::from_str(&spec.params).unwrap_or_default(),
            instructions: run.instructions.to_string(),
        }
    }
}

impl Known {
    fn new(
        backlog: Vec<Backlog>,
        due: Vec<(AgentName, herdgate_actors::domain::Timestamp)>,
        counts: Vec<OutcomeCount>,
        last: Vec<RunRow>,
    ) -> Self {
        let mut jobs = HashMap::<_, BTreeMap<_, u64>>::new();
        for entry in backlog.into_iter().filter(|entry| entry.state != JobState::Completed) {
            *jobs.entry(entry.agent).or_default().entry(entry.state).or_default() += entry.jobs;
        }
        let mut outcomes = HashMap::<_, BTreeMap<_, u64>>::new();
        let mut spent = HashMap::<_, Spent>::new();
        for count in counts {
            let sum = spent.entry(count.agent.clone()).or_default();
            *sum = sum.plus(count.spent);
            let state = runs::State::ALL.into_iter().find(|state| state.as_str() == count.outcome);
            if let Some(state) = state {
                outcomes.entry(count.agent).or_default().insert(state, count.runs);
            }
        }
        let last = last.into_iter().map(|row| (row.agent.clone(), row)).collect();
        Self { jobs, oldest_due: due.into_iter().collect(), outcomes, spent, last }
    }

    /// Agents for which jobs wait.
    fn waiting(&self) -> impl Iterator<Item = &AgentName> {
        let waits =
            |jobs: &BTreeMap<JobState, u64>| jobs.iter().any(|(state, n)| state.is_waiting() && *n > 0);
        self.jobs.iter().filter(move |(_, jobs)| waits(jobs)).map(|(name, _)| name)
    }
}

fn executing_of(executing: Executing) -> crate::api::agents::Executing {
    crate::api::agents::Executing {
        run: executing.run,
        since: executing.since.into(),
        phase: phase_of(executing.phase),
    }
}

/// How far a run has come.
pub(super) const fn phase_of(phase: Phase) -> runs::Phase {
    match phase {
        Phase::Running => runs::Phase::Running,
        Phase::Stopping(_) => runs::Phase::Stopping,
        Phase::Recording => runs::Phase::Recording,
    }
}

fn trigger_of(trigger: &Trigger) -> ApiTrigger {
    let clauses = trigger.filter.clauses.iter();
    ApiTrigger {
        id: TriggerId::of(trigger).as_str().to_owned(),
        source: trigger.source.to_string(),
        clauses: clauses
            .map(|clause| Clause { field: clause.field.to_string(), wanted: clause.wanted.clone() })
            .collect(),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
