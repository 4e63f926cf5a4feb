//! One agent: judges what it is asked, and keeps its runs going.
//!
//! What runs, on which place, and what holds it back is known by its [`Machine`] alone. This actor
//! feeds it and does what it says. Runs, claims and whatever else waits for something are tasks of
//! their own that report back, so that a restart of the actor loses none of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::{sync::watch, task::spawn_local, time::Instant};

use super::{
    AgentCommand, AgentDeps, AgentState, LEASE,
    machine::{Command, Event, Machine, Now},
    matching::{MatchResult, match_triggers},
    recorder, run_task,
};
use crate::{
    domain::{
        AgentSpec, DeliveryPanicked, FilterRequest, JobTrigger, Match, NewJob, RunId, Trigger, TriggerId,
        Verdict, WakeUp, WhenBusy,
    },
    runner::{StopHandle, StopMode},
    runtime::{ActorScope, Envelope, MessagePanicked, Proxy, Wake, Waker},
    store::{Claim, ClaimedJob},
    telemetry::{self, emit},
};

/// No timer sleeps longer: the wall clock, by which jobs are due, may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// One agent.
pub struct AgentActor {
    spec: Arc<AgentSpec>,
    deps: AgentDeps,
    machine: Machine,
    runs: HashMap<RunId, Run>,
    waker: Waker,
    scope: ActorScope,
    born: Instant,
    timer: Option<(Instant, SpawnHandle)>,
    observed: watch::Sender<AgentState>,
}

/// A run that was started and is not recorded yet.
struct Run {
    stop: StopHandle,
    /// How it ended, once it has.
    report: Option<recorder::RunRecord>,
}

/// What a task of this actor reports. There are never more on their way than runs and claims, so
/// their way in needs no bound.
struct Report(Event, Option<recorder::RunRecord>);

impl Message for Report {
    type Result = ();
}

impl AgentActor {
    /// An actor that has not looked for jobs yet, and does not before it may where it `is_paused`.
    /// `observed` is kept up to date.
    pub fn new(
        spec: Arc<AgentSpec>,
        deps: AgentDeps,
        waker: Waker,
        scope: ActorScope,
        observed: watch::Sender<AgentState>,
        is_paused: bool,
    ) -> Self {
        let machine = Machine::new(spec.scale, spec.retry).paused(is_paused);
        let born = Instant::now();
        Self { spec, deps, machine, runs: HashMap::new(), waker, scope, born, timer: None, observed }
    }

    /// Feeds the machine and does what it says.
    fn step(&mut self, event: Event, context: &mut Context<Self>) {
        let now = Now { wall: self.deps.clock.now(), elapsed: self.born.elapsed() };
        for command in self.machine.step(event, now) {
            self.obey(command, context);
        }
        let state = self.machine.observed();
        self.observed.send_if_modified(|known| {
            let is_news = *known != state;
            *known = state;
            is_news
        });
    }

    fn obey(&mut self, command: Command, context: &mut Context<Self>) {
        match command {
            Command::Acquire(places) => {
                let limiter = Arc::clone(&self.deps.limiter);
                report(context, async move { Event::Granted(limiter.acquire(places).await) });
            }
            Command::Release(places) => self.deps.limiter.release(places),
            Command::Claim(places) => self.claim(places, context),
            Command::Start(job) => self.start(*job, context),
            Command::Stop(run, mode) => {
                if let Some(run) = self.runs.get(&run) {
                    run.stop.stop(mode);
                }
            }
            Command::Finish { run, outcome, disposition, then } => {
                let ended = self.runs.remove(&run).and_then(|run| run.report);
                let finish = recorder::Recording {
                    deps: self.deps.clone(),
                    run,
                    agent: self.spec.name.clone(),
                    outcome,
                    disposition,
                    again_in: self.machine.held_off_for(self.born.elapsed()),
                    then: (then > 0).then(|| self.wish(then)),
                    ended,
                };
                report(context, async move { Event::Recorded { run, claimed: finish.record().await } });
            }
            Command::Renew(runs) => {
                let (store, by) = (Arc::clone(&self.deps.store), self.deps.by);
                let until = self.deps.clock.now().plus(LEASE);
                report(context, async move {
                    // A store that cannot answer takes nobody's lease.
                    Event::Renewed { lost: store.renew(runs, by, until).await.unwrap_or_default() }
                });
            }
            Command::WakeIn(span) => self.wake_in(span, context),
            Command::Done => {
                self.scope.finish();
                context.stop();
            }
        }
    }

    fn wish(&self, places: u32) -> Claim {
        let agent = self.spec.name.clone();
        let now = self.deps.clock.now();
        Claim { agent, places, now, lease: LEASE, by: self.deps.by, except: Vec::new() }
    }

    fn claim(&self, places: u32, context: &mut Context<Self>) {
        let (store, claim) = (Arc::clone(&self.deps.store), self.wish(places));
        report(context, async move {
            match store.claim(claim).await {
                Ok(claimed) => Event::Claimed(claimed),
                Err(error) => {
                    emit(telemetry::Event::StoreRefused { wanted: "claim", error: error.to_string() });
                    Event::ClaimFailed
                }
            }
        });
    }

    /// Asks which runs are to be stopped for later jobs of their keys, where there can be any.
    fn look_for_superseded(&self, context: &mut Context<Self>) {
        let cancels = |trigger: &Trigger| trigger.jobs.when_busy == WhenBusy::Cancel;
        if self.runs.is_empty() || !self.spec.triggers.iter().any(cancels) {
            return;
        }
        let (store, agent) = (Arc::clone(&self.deps.store), self.spec.name.clone());
        // A store that cannot answer is asked again when leases are renewed.
        report(context, async move { Event::Superseded(store.superseded(agent).await.unwrap_or_default()) });
    }

    fn start(&mut self, job: ClaimedJob, context: &mut Context<Self>) {
        emit(telemetry::Event::RunStarted {
            run: job.run,
            agent: job.agent.clone(),
            trigger: job.trigger.as_str(),
            receipt: job.receipt,
            waited_ms: self.deps.clock.now().since(job.created_at).into(),
            trace: job.trace,
        });
        let (job, (stop, signal)) = (Arc::new(job), StopHandle::new());
        self.runs.insert(job.run, Run { stop, report: None });
        let (deps, spec, actor) = (self.deps.clone(), Arc::clone(&self.spec), context.address());
        spawn_local(async move {
            let limiter = Arc::clone(&deps.limiter);
            let report = run_task::drive(deps.clone(), spec, Arc::clone(&job), signal).await;
            let ended = recorder::RunRecord::new(&job, &report);
            let event = Event::Ended(job.run, report.end(!limiter.has_waiters()));
            if !actor.connected() {
                // The agent was given up meanwhile: its job waits for the next life, uncounted.
                recorder::put_back(deps, ended).await;
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "one for each run: bounded by the scale")]
            actor.do_send(Report(event, Some(ended)));
        });
    }

    /// Wakes the agent after `span`, or earlier where that was asked for before.
    fn wake_in(&mut self, span: Duration, context: &mut Context<Self>) {
        let at = Instant::now() + span.min(LONGEST_SLEEP);
        match self.timer {
            Some((known, _)) if known <= at => {}
            earlier => {
                if let Some((_, timer)) = earlier {
                    context.cancel_future(timer);
                }
                let timer = context.run_later(span.min(LONGEST_SLEEP), |this, context| {
                    this.timer = None;
                    this.step(Event::Woken, context);
                });
                self.timer = Some((at, timer));
            }
        }
    }
}

/// Does `work` as a task of its own and feeds what comes of it back.
fn report(context: &mut Context<AgentActor>, work: impl Future<Output = Event> + 'static) {
    let actor = context.address();
    spawn_local(async move {
        let event = work.await;
        #[expect(clippy::disallowed_methods, reason = "bounded by runs and claims")]
        actor.do_send(Report(event, None));
    });
}

impl Actor for AgentActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        crate::failpoint::hit_for("agent.start", self.spec.name.as_str());
        context.run_interval(LEASE / 3, |this, context| {
            this.look_for_superseded(context);
            this.step(Event::LeasesDue, context);
        });
        // Jobs of an earlier life may wait.
        self.step(Event::Woken, context);
    }
}

impl Supervised for AgentActor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // Its futures are gone, and with them the timer.
        self.timer = None;
    }
}

/// Without its actor nobody would write down how a run ended.
impl Drop for AgentActor {
    fn drop(&mut self) {
        self.runs.values().for_each(|run| run.stop.stop(StopMode::Gently));
    }
}

impl Handler<Envelope<FilterRequest>> for AgentActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<FilterRequest>, _: &mut Context<Self>) {
        let request = envelope.open();
        let receipt = request.receipt.id();
        let filtered = self.scope.contain_call(|| filter(&request, &self.deps, &self.waker));
        // It leaves a gap on the receipt, which is asked about again, and is counted against it.
        if let Err(MessagePanicked(problem)) = filtered {
            let _ = self.deps.panics.try_send(DeliveryPanicked { receipt, problem });
        }
    }
}

/// Judges for an agent whose actor was given up: what it wants waits in the store for its return.
pub fn proxy(deps: &AgentDeps, waker: Waker) -> Proxy {
    let deps = deps.clone();
    Proxy::new(move |request| filter(request, &deps, &waker))
}

/// Whether the agent wants a delivery, by the configuration that the delivery came under.
fn filter(request: &FilterRequest, deps: &AgentDeps, waker: &Waker) {
    let FilterRequest { agent: spec, event, receipt } = request;
    crate::failpoint::hit_for("agent.offer", spec.name.as_str());
    let delivery = receipt.delivery();
    match match_triggers(&spec.triggers, delivery.sources(), event) {
        MatchResult::Matched(trigger) => {
            let Trigger { source, jobs, .. } = &spec.triggers[trigger];
            let source = source.clone();
            let trigger_id = Some(TriggerId::of(&spec.triggers[trigger]));
            let why = JobTrigger::Webhook { source: source.clone(), trigger, trigger_id: trigger_id.clone() };
            let id = deps.store.ids().job(delivery.at());
            let job = NewJob {
                limit: Some(spec.queue_limit),
                group_key: jobs.key.as_ref().and_then(|key| key.key_of(event)),
                when_busy: jobs.when_busy,
                debounce: jobs.debounce,
                priority: jobs.priority,
                trace: delivery.trace(),
                ..NewJob::of_delivery(id, spec.name.clone(), why, source.clone(), receipt.id(), delivery.at())
            };
            let wake: Arc<dyn WakeUp> = Arc::new(waker.clone());
            receipt.matched(Match { agent: spec.name.clone(), trigger, trigger_id, source }, job, wake);
        }
        MatchResult::NotMatched(mismatches) => {
            receipt.not_matched(|| Verdict::NotMatched { agent: spec.name.clone(), mismatches });
        }
    }
}

impl Handler<Wake> for AgentActor {
    type Result = ();

    fn handle(&mut self, wake: Wake, context: &mut Context<Self>) {
        // First, so that what comes while we look wakes us again.
        drop(wake);
        self.look_for_superseded(context);
        self.step(Event::Woken, context);
    }
}

impl Handler<Report> for AgentActor {
    type Result = ();

    fn handle(&mut self, Report(event, ended): Report, context: &mut Context<Self>) {
        if let (Event::Ended(run, _), Some(ended)) = (&event, ended)
            && let Some(run) = self.runs.get_mut(run)
        {
            run.report = Some(ended);
        }
        self.step(event, context);
    }
}

impl Handler<Envelope<AgentCommand>> for AgentActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<AgentCommand>, context: &mut Context<Self>) {
        let event = match envelope.open() {
            AgentCommand::Configure(spec) => {
                let event = Event::Configured { scale: spec.scale, retry: spec.retry };
                self.spec = spec;
                event
            }
            AgentCommand::Scale(scale) => Event::Scaled(scale),
            AgentCommand::Pause => Event::Paused(true),
            AgentCommand::Resume => Event::Paused(false),
            AgentCommand::Cancel(run, mode) => Event::Cancel(run, mode),
            AgentCommand::Drain => Event::Draining,
            AgentCommand::StopAll(mode) => Event::StopAll(mode),
            AgentCommand::Remove => Event::Removed,
        };
        self.step(event, context);
    }
}
