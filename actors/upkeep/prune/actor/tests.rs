//! The pruning as an actor, under paused time.

use std::sync::Mutex;

use super::*;
use crate::{
    domain::{AttemptOutcome, Disposition, JobTrigger, ManualClock, NewJob, NodeId, NodeLife, Timestamp},
    runtime::{ActorId, MailboxMetrics, MailboxSender, Policy, Supervision},
    store::{Claim, Finish, MemoryEngine, Queue},
};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Bed {
    clock: ManualClock,
    store: Arc<MemoryEngine>,
    forgotten: Arc<Mutex<Vec<RunId>>>,
    prune: MailboxSender<PruneNow>,
}

impl Bed {
    fn start() -> Self {
        tokio::time::pause();
        let clock = ManualClock::at(START);
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(60)));
        let forgotten = Arc::new(Mutex::new(Vec::new()));
        let forgets = Arc::clone(&forgotten);
        let deps = PruneDeps {
            store: Arc::clone(&store) as Arc<dyn Store>,
            forget: Arc::new(move |run| forgets.lock().unwrap().push(run)),
            clock: clock.clone().into(),
            retention: watch::Sender::new(DAY).subscribe(),
            progress: Progress::channel(),
        };
        let id = ActorId::new("prune", "test");
        let actor = Supervision::new(Arc::new(|_| {})).start(
            &Arbiter::current(),
            id.clone(),
            Policy::default(),
            |_, scope| PruneActor::new(deps, scope),
        );
        let prune = MailboxSender::new(actor, MailboxMetrics::new(&id, 2));
        Self { clock, store, forgotten, prune }
    }

    /// Runs so many jobs to their end.
    async fn history(&self, jobs: u32) {
        let now = Clock::from(self.clock.clone()).now();
        let by = NodeLife { node: NodeId::default(), life: 1 };
        let job = || NewJob::new(self.store.ids().job(now), "a".into(), JobTrigger::Manual, now);
        self.store.insert((0..jobs).map(|_| job()).collect()).await.unwrap();
        let claim = Claim { agent: "a".into(), places: jobs, now, lease: DAY, by, except: Vec::new() };
        for claimed in self.store.claim(claim).await.unwrap().jobs {
            let finish = Finish::new(claimed.run, AttemptOutcome::Completed, Disposition::Complete, now);
            self.store.finish(finish, None).await.unwrap();
        }
    }

    async fn pass(&self, span: Duration) {
        settle().await;
        self.clock.advance(span);
        tokio::time::advance(span).await;
        settle().await;
    }

    fn forgotten(&self) -> usize {
        self.forgotten.lock().unwrap().len()
    }

    /// Lets time pass in small steps until so many are forgotten, and no more.
    async fn forgets(&self, runs: usize) {
        for _ in 0..10_000 {
            if self.forgotten() >= runs {
                break;
            }
            // The thread that deletes has its turn, too.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            self.pass(STEP_PAUSE / 10).await;
        }
        assert_eq!(self.forgotten(), runs);
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[actix::test]
async fn history_goes_in_small_steps_with_pauses_between_them() {
    let bed = Bed::start();
    bed.history(250).await;
    bed.pass(2 * DAY).await;
    // Something of today, so that the store believes the clock.
    bed.history(1).await;
    bed.prune.try_send(PruneNow).unwrap();
    for runs in [100, 200, 250] {
        bed.forgets(runs).await;
    }
}

#[actix::test]
async fn what_nothing_is_sent_to_prunes_by_the_time_that_passed() {
    let bed = Bed::start();
    bed.history(10).await;
    for _ in 0..25 {
        assert_eq!(bed.forgotten(), 0);
        bed.prune.try_send(PruneNow).unwrap();
        bed.pass(Duration::from_secs(3600)).await;
    }
    bed.prune.try_send(PruneNow).unwrap();
    bed.forgets(10).await;
}

#[actix::test]
async fn a_clock_that_leapt_a_month_ahead_of_an_idle_gate_deletes_nothing_at_any_look() {
    let bed = Bed::start();
    bed.history(10).await;
    bed.prune.try_send(PruneNow).unwrap();
    bed.pass(Duration::from_secs(3600)).await;
    bed.clock.advance(30 * DAY);
    for _ in 0..3 {
        bed.prune.try_send(PruneNow).unwrap();
        bed.pass(Duration::from_secs(3600)).await;
    }
    assert_eq!(bed.forgotten(), 0);
}

#[actix::test]
async fn a_clock_that_leapt_a_month_ahead_deletes_nothing() {
    let bed = Bed::start();
    bed.history(10).await;
    bed.pass(Duration::from_secs(60)).await;
    bed.clock.advance(30 * DAY);
    bed.history(1).await;
    bed.prune.try_send(PruneNow).unwrap();
    bed.pass(Duration::from_secs(60)).await;
    assert_eq!(bed.forgotten(), 0);
}
