//! The hand over a gate, its agents and their runs as actors: under paused time, with the store in
//! memory and runs that the test holds in its hands.

use std::{sync::Arc, time::Duration};

use actix::Arbiter;
use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::*;
use crate::{
    agent::{AgentDeps, AgentState, RunLimiter, machine::Mode},
    domain::{
        AgentName, AgentSpec, Clock, JobId, JobState, ManualClock, NodeId, NodeLife, Revision, RunId,
        Timestamp, Topology,
    },
    ingress::RateLimits,
    parser::Parsers,
    runner::{OutcomeKind, ScriptedRun, ScriptedRunner, StopMode},
    runtime::{ActorId, Directory, MailboxMetrics, MailboxSender, Supervision, Threads},
    store::{MemoryEngine, Store, Views},
};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

struct Bed {
    control: Control,
    store: Arc<MemoryEngine>,
    started: mpsc::UnboundedReceiver<ScriptedRun>,
    runner: ScriptedRunner,
}

/// Takes panics of deliveries, of which there are none here.
struct Nobody;

impl actix::Actor for Nobody {
    type Context = actix::Context<Self>;
}

impl actix::Handler<crate::runtime::Envelope<crate::domain::DeliveryPanicked>> for Nobody {
    type Result = ();

    fn handle(
        &mut self,
        _: crate::runtime::Envelope<crate::domain::DeliveryPanicked>,
        _: &mut actix::Context<Self>,
    ) {
    }
}

impl Bed {
    fn start(places: u32) -> Self {
        tokio::time::pause();
        let clock = Clock::from(ManualClock::at(START));
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(3600)));
        let (runner, started) = ScriptedRunner::by_hand();
        let supervision = Supervision::new(Arc::new(|_| {}));
        let id = ActorId::new("nobody", "0");
        let panics = MailboxSender::new(actix::Actor::start(Nobody), MailboxMetrics::new(&id, 1));
        let agents = AgentDeps {
            store: Arc::clone(&store) as Arc<dyn Store>,
            runner: Arc::new(runner.clone()),
            limiter: Arc::new(RunLimiter::new(places)),
            panics,
            clock,
            by: NodeLife { node: NodeId::default(), life: 1 },
        };
        let control = ControlActor::start(ControlDeps {
            agents,
            supervision,
            threads: Threads::new(Arbiter::current(), []),
            topology: Arc::<ArcSwap<Topology>>::default(),
            admission: Arc::default(),
            limits: RateLimits::default(),
            parsers: Parsers::new(Box::new(|_, _| unreachable!("there are no workers"))),
            directory: Directory::default(),
            handles: Agents::default(),
            schedules: None,
            unconfigured: None,
            overrides: Vec::new(),
            agent_mailbox: 16,
        });
        Self { control, store, started, runner }
    }

    async fn apply(&self, agents: &[(&str, u32)]) -> Applied {
        let agents = agents.iter().map(|(name, scale)| AgentSpec::named(name, *scale)).collect();
        self.control.apply(Configuration { agents, ..Configuration::default() }).await.unwrap()
    }

    async fn trigger(&self, agent: &str) -> JobId {
        self.control.trigger(agent.into(), None, None).await.unwrap().job
    }

    async fn run(&mut self) -> ScriptedRun {
        tokio::time::timeout(Duration::from_secs(30), self.started.recv()).await.unwrap().unwrap()
    }

    /// Lets everything that can happen now happen, and a minute pass.
    async fn settle(&self) {
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn is_quiet(&mut self) -> bool {
        self.settle().await;
        self.started.try_recv().is_err()
    }

    async fn state(&self, job: JobId) -> JobState {
        self.store.job(job).await.unwrap().unwrap().job.state
    }

    async fn ends_as(&self, job: JobId, state: JobState) {
        for _ in 0..600 {
            if self.state(job).await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("job {job} is {}", self.state(job).await);
    }

    fn observed(&self, agent: &str) -> AgentState {
        self.control.agents().observe(&agent.into()).unwrap().borrow().clone()
    }
}

#[actix::test]
async fn an_agent_that_is_new_runs_what_it_is_asked_to() {
    let mut bed = Bed::start(10);
    let applied = bed.apply(&[("dev", 1)]).await;
    assert_eq!((applied.revision, applied.changes.added), (Revision(1), vec!["dev".into()]));
    let job = bed.trigger("dev").await;
    bed.run().await.end(OutcomeKind::Completed);
    bed.ends_as(job, JobState::Completed).await;
    assert_eq!(bed.observed("dev").executing, []);
}

#[actix::test]
async fn a_paused_agent_holds_its_work_and_a_resumed_one_does_all_of_it() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 2)]).await;
    bed.control.pause("dev".into()).await.unwrap();
    let jobs = [bed.trigger("dev").await, bed.trigger("dev").await];
    assert!(bed.is_quiet().await);
    assert_eq!((bed.observed("dev").mode, bed.state(jobs[0]).await), (Mode::Paused, JobState::Available));
    bed.control.resume("dev".into()).await.unwrap();
    for _ in 0..2 {
        bed.run().await.end(OutcomeKind::Completed);
    }
    for job in jobs {
        bed.ends_as(job, JobState::Completed).await;
    }
}

#[actix::test]
async fn a_scale_holds_for_the_next_run_and_over_a_reload() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 1)]).await;
    for _ in 0..5 {
        bed.trigger("dev").await;
    }
    let first = bed.run().await;
    assert!(bed.is_quiet().await, "one at a time");
    bed.control.scale("dev".into(), Some(3)).await.unwrap();
    let (second, third) = (bed.run().await, bed.run().await);
    assert!(bed.is_quiet().await, "three at a time");
    bed.apply(&[("dev", 1)]).await;
    first.end(OutcomeKind::Completed);
    let fourth = bed.run().await;
    assert_eq!(bed.observed("dev").scale, 3, "what the operator said stands");
    bed.control.scale("dev".into(), Some(1)).await.unwrap();
    second.end(OutcomeKind::Completed);
    third.end(OutcomeKind::Completed);
    assert!(bed.is_quiet().await, "the fourth has the only place");
    fourth.end(OutcomeKind::Completed);
    bed.run().await.end(OutcomeKind::Completed);
}

#[actix::test]
async fn all_agents_share_the_places_of_the_gate() {
    let mut bed = Bed::start(2);
    bed.apply(&[("one", 5), ("two", 5)]).await;
    for _ in 0..3 {
        bed.trigger("one").await;
        bed.trigger("two").await;
    }
    for _ in 0..3 {
        let (one, other) = (bed.run().await, bed.run().await);
        assert!(bed.is_quiet().await);
        assert_eq!(bed.runner.alive(), 2);
        one.end(OutcomeKind::Completed);
        other.end(OutcomeKind::Completed);
    }
    assert!(bed.is_quiet().await);
}

#[actix::test]
async fn a_removed_agent_ends_after_its_run_and_its_jobs_wait_for_it_to_come_back() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 1), ("ops", 1)]).await;
    let (running, waiting) = (bed.trigger("dev").await, bed.trigger("dev").await);
    let run = bed.run().await;
    let applied = bed.apply(&[("ops", 1)]).await;
    assert_eq!(applied.changes.removed, vec!["dev".into()]);
    assert!(
        bed.control.trigger("dev".into(), None, None).await.is_ok(),
        "it is on its way out, and still there"
    );
    run.end(OutcomeKind::Completed);
    bed.ends_as(running, JobState::Completed).await;
    assert!(bed.is_quiet().await);
    assert_eq!(bed.state(waiting).await, JobState::Available);
    bed.apply(&[("ops", 1)]).await;
    assert!(matches!(
        bed.control.trigger("dev".into(), None, None).await,
        Err(ControlError::UnknownAgent { known, .. }) if known == ["ops".into()]
    ));
    bed.apply(&[("dev", 1), ("ops", 1)]).await;
    bed.run().await.end(OutcomeKind::Completed);
    bed.ends_as(waiting, JobState::Completed).await;
}

#[actix::test]
async fn an_agent_that_comes_back_while_its_last_run_goes_on_has_no_place_beside_it() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 1)]).await;
    bed.trigger("dev").await;
    bed.trigger("dev").await;
    let run = bed.run().await;
    bed.apply(&[]).await;
    bed.apply(&[("dev", 1)]).await;
    assert!(bed.is_quiet().await);
    run.end(OutcomeKind::Completed);
    bed.run().await.end(OutcomeKind::Completed);
}

#[actix::test]
async fn a_killed_run_ends_its_job_and_a_cancelled_job_never_runs() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 1)]).await;
    let (running, waiting) = (bed.trigger("dev").await, bed.trigger("dev").await);
    let mut run = bed.run().await;
    bed.control.cancel(waiting).await.unwrap();
    assert_eq!(bed.state(waiting).await, JobState::Cancelled);
    let id: RunId = run.request.run;
    bed.control.kill(id, StopMode::Gently).await.unwrap();
    assert_eq!(run.stopped().await, StopMode::Gently);
    run.end(OutcomeKind::Interrupted);
    bed.ends_as(running, JobState::Cancelled).await;
    assert!(bed.is_quiet().await);
    assert_eq!(bed.control.kill(id, StopMode::Now).await, Err(ControlError::NotRunning(id)));
    assert!(matches!(bed.control.cancel(running).await, Err(ControlError::Ended { .. })));
}

#[actix::test]
async fn jobs_of_an_agent_that_is_gone_can_be_handed_over_or_discarded() {
    let mut bed = Bed::start(10);
    bed.apply(&[("old", 1), ("new", 1)]).await;
    bed.control.pause("old".into()).await.unwrap();
    let job = bed.trigger("old").await;
    bed.apply(&[("new", 1)]).await;
    assert_eq!(bed.control.hand_over("old".into(), "new".into()).await, Ok(1));
    let run = bed.run().await;
    assert_eq!(run.request.agent, AgentName::from("new"));
    run.end(OutcomeKind::Completed);
    bed.ends_as(job, JobState::Completed).await;

    bed.apply(&[("old", 1), ("new", 1)]).await;
    let job = bed.trigger("old").await;
    assert!(bed.is_quiet().await, "a pause outlives its agent");
    bed.apply(&[("new", 1)]).await;
    assert_eq!(bed.control.discard_of("old".into()).await, Ok(1));
    bed.ends_as(job, JobState::Discarded).await;
}

#[actix::test]
async fn a_machine_without_room_charges_no_job() {
    let mut bed = Bed::start(10);
    bed.apply(&[("dev", 1)]).await;
    let job = bed.trigger("dev").await;
    for _ in 0..5 {
        let error = "too many open files".to_owned();
        let cause = crate::runner::NotStartedCause::Host;
        let run = tokio::time::timeout(Duration::from_secs(120), bed.started.recv()).await.unwrap().unwrap();
        run.end(OutcomeKind::NotStarted { cause, error });
    }
    let run = tokio::time::timeout(Duration::from_secs(120), bed.started.recv()).await.unwrap().unwrap();
    run.end(OutcomeKind::Completed);
    bed.ends_as(job, JobState::Completed).await;
}
