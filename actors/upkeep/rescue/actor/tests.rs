//! The rescue as an actor, under paused time.

use std::sync::Mutex;

use super::*;
use crate::{
    domain::{AgentName, JobState, JobTrigger, ManualClock, NewJob, NodeId, RunId, Timestamp},
    runtime::{ActorId, Policy, Supervision},
    store::{Claim, MemoryEngine, Queue, Views},
};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LEASE: Duration = Duration::from_secs(60);

fn ours() -> NodeLife {
    NodeLife { node: NodeId::default(), life: 1 }
}

fn theirs() -> NodeLife {
    NodeLife { node: NodeId::default(), life: 2 }
}

struct Bed {
    clock: ManualClock,
    store: Arc<MemoryEngine>,
    woken: Arc<Mutex<Vec<AgentName>>>,
}

impl Bed {
    fn start() -> Self {
        tokio::time::pause();
        let clock = ManualClock::at(START);
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(60)));
        let woken = Arc::new(Mutex::new(Vec::new()));
        let wakes = Arc::clone(&woken);
        let deps = RescueDeps {
            store: Arc::clone(&store) as Arc<dyn Store>,
            wake: Arc::new(move |agent| wakes.lock().unwrap().push(agent.clone())),
            clock: clock.clone().into(),
            life: ours(),
            lease: LEASE,
            max_interruptions: 3,
            progress: Progress::channel(),
        };
        let id = ActorId::new("rescue", "test");
        Supervision::new(Arc::new(|_| {}))
            .start(&Arbiter::current(), id, Policy::default(), |_, _| RescueActor::new(deps));
        Self { clock, store, woken }
    }

    async fn insert(&self, agent: &str) {
        let now = Clock::from(self.clock.clone()).now();
        let job = NewJob::new(self.store.ids().job(now), agent.into(), JobTrigger::Manual, now);
        self.store.insert(vec![job]).await.unwrap();
    }

    /// A run of somebody, with a lease from now on.
    async fn run(&self, agent: &str, by: NodeLife) -> RunId {
        self.insert(agent).await;
        let now = Clock::from(self.clock.clone()).now();
        let claim = Claim { agent: agent.into(), places: 1, now, lease: LEASE, by, except: Vec::new() };
        self.store.claim(claim).await.unwrap().jobs[0].run
    }

    async fn pass(&self, secs: u64) {
        for _ in 0..secs {
            settle().await;
            self.clock.advance(Duration::from_secs(1));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        settle().await;
    }

    async fn state(&self, run: RunId) -> JobState {
        self.store.job(run.job).await.unwrap().unwrap().job.state
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[actix::test]
async fn a_run_whose_lease_ran_out_is_rescued_and_its_agent_woken() {
    let bed = Bed::start();
    let run = bed.run("a", theirs()).await;
    bed.pass(50).await;
    assert_eq!(bed.state(run).await, JobState::Executing);
    bed.pass(14).await;
    assert_eq!(bed.state(run).await, JobState::Available);
    assert!(bed.woken.lock().unwrap().contains(&"a".into()));
}

#[actix::test]
async fn no_run_of_this_life_is_ever_lost_whatever_the_clock_says() {
    let bed = Bed::start();
    let run = bed.run("a", ours()).await;
    bed.clock.advance(Duration::from_secs(24 * 3600));
    bed.pass(600).await;
    assert_eq!(bed.state(run).await, JobState::Executing);
}

#[actix::test]
async fn after_a_leap_of_four_minutes_others_get_one_more_lease_to_renew() {
    let bed = Bed::start();
    bed.pass(10).await;
    let run = bed.run("a", theirs()).await;
    bed.clock.advance(Duration::from_secs(240));
    bed.pass(30).await;
    assert_eq!(bed.state(run).await, JobState::Executing, "its lease only seems to have run out");
    let until = Clock::from(bed.clock.clone()).now().plus(LEASE);
    assert!(bed.store.renew(vec![run], theirs(), until).await.unwrap().is_empty());
    bed.pass(40).await;
    assert_eq!(bed.state(run).await, JobState::Executing);
    bed.pass(60).await;
    assert_eq!(bed.state(run).await, JobState::Available, "and then it is lost indeed");
}

#[actix::test]
async fn a_job_that_waits_for_its_time_waits_no_longer_when_the_clock_is_set_back() {
    let bed = Bed::start();
    bed.pass(10).await;
    let now = Clock::from(bed.clock.clone()).now();
    let due = Some(now.plus(Duration::from_secs(30)));
    let id = bed.store.ids().job(now);
    let job = NewJob { not_before: due, ..NewJob::new(id, "a".into(), JobTrigger::Manual, now) };
    bed.store.insert(vec![job]).await.unwrap();
    bed.clock.set(now.minus(Duration::from_secs(3600)));
    bed.pass(20).await;
    assert!(bed.woken.lock().unwrap().is_empty(), "its time has not come");
    bed.pass(14).await;
    assert!(bed.woken.lock().unwrap().contains(&"a".into()));
}

#[actix::test]
async fn an_agent_with_a_due_job_is_woken_again_and_again() {
    let bed = Bed::start();
    bed.insert("forgotten").await;
    bed.pass(7).await;
    assert!(bed.woken.lock().unwrap().len() >= 3);
}
