//! The scheduler as an actor, under paused time.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono_tz::UTC;
use tokio::sync::mpsc;

use super::*;
use crate::{
    domain::ManualClock,
    runtime::{ActorId, MailboxMetrics, MailboxSender, Policy, Supervision},
    schedule::{Calendar, CatchUp},
    store::MemoryEngine,
};

/// A full day, and a second after it.
const START: Timestamp = Timestamp::from_millis(20_000 * 24 * 3600 * 1000 + 1000);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

struct Bed {
    clock: ManualClock,
    fired: mpsc::UnboundedReceiver<AgentName>,
    looked: watch::Receiver<Instant>,
    schedules: MailboxSender<SchedulesChanged>,
    panics: Arc<AtomicBool>,
}

impl Bed {
    fn start(scheduled: &[(&str, &str)]) -> Self {
        tokio::time::pause();
        let clock = ManualClock::at(START);
        let (sender, fired) = mpsc::unbounded_channel();
        let (looked, last_look) = (watch::Sender::new(Instant::now()), Arc::new(AtomicBool::new(false)));
        let panics = Arc::clone(&last_look);
        let watched = looked.subscribe();
        let deps = SchedulerDeps {
            store: Arc::new(MemoryEngine::new(HOUR)),
            wake: Arc::new(move |agent| {
                assert!(!panics.swap(false, Ordering::Relaxed), "a firing that panics");
                sender.send(agent.clone()).unwrap();
            }),
            clock: clock.clone().into(),
            looked,
        };
        let scheduled = entries(scheduled);
        let id = ActorId::new("scheduler", "test");
        let actor = Supervision::new(Arc::new(|_| {})).start(
            &Arbiter::current(),
            id.clone(),
            Policy::default(),
            |_, scope| SchedulerActor::new(deps, scheduled, scope),
        );
        let sender = MailboxSender::new(actor, MailboxMetrics::new(&id, 4));
        Self { clock, fired, looked: watched, schedules: sender, panics: last_look }
    }

    /// Lets both clocks run.
    async fn pass(&self, span: Duration) {
        let step = Duration::from_secs(1);
        let mut passed = Duration::ZERO;
        while passed < span {
            settle().await;
            self.clock.advance(step);
            tokio::time::advance(step).await;
            passed += step;
        }
        settle().await;
    }

    fn fired(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.fired.try_recv().ok()).map(|agent| agent.to_string()).collect()
    }

    fn now(&self) -> Timestamp {
        Clock::from(self.clock.clone()).now()
    }
}

/// Everything that can go on without time passing has gone on after so many turns.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn entries(scheduled: &[(&str, &str)]) -> Vec<ScheduledAgent> {
    let entry = |&(agent, expression): &(&str, &str)| ScheduledAgent {
        agent: agent.into(),
        calendar: Calendar::parse(expression, UTC).unwrap(),
        catch_up: CatchUp::Skip,
    };
    scheduled.iter().map(entry).collect()
}

#[actix::test]
async fn a_schedule_fires_at_its_time_and_not_before() {
    let mut bed = Bed::start(&[("minutes", "* * * * *"), ("hours", "@hourly")]);
    bed.pass(Duration::from_secs(58)).await;
    assert!(bed.fired().is_empty());
    bed.pass(Duration::from_secs(2)).await;
    assert_eq!(bed.fired(), ["minutes"]);
    bed.pass(59 * MINUTE).await;
    let fired = bed.fired();
    // The store keeps one waiting job of a schedule, so what was not run is not there twice.
    assert!(fired.contains(&"hours".to_owned()), "{fired:?}");
}

#[actix::test]
async fn a_clock_set_back_an_hour_stops_nothing() {
    let mut bed = Bed::start(&[("a", "* * * * *"), ("b", "*/2 * * * *")]);
    bed.clock.set(bed.now().minus(HOUR));
    bed.pass(4 * MINUTE).await;
    let mut fired = bed.fired();
    fired.dedup();
    fired.sort();
    assert_eq!(fired, ["a", "b"]);
}

#[actix::test]
async fn a_clock_that_leaps_a_day_ahead_fires_each_schedule_once() {
    let mut bed = Bed::start(&[("a", "*/5 * * * *"), ("b", "@hourly")]);
    settle().await;
    bed.clock.advance(24 * HOUR);
    bed.pass(LONGEST_SLEEP + Duration::from_secs(1)).await;
    let mut fired = bed.fired();
    fired.sort();
    assert_eq!(fired, ["a", "b"]);
}

#[actix::test]
async fn a_firing_that_panics_does_not_keep_its_agent_from_firing_again() {
    let mut bed = Bed::start(&[("a", "* * * * *"), ("b", "* * * * *")]);
    bed.panics.store(true, Ordering::Relaxed);
    bed.pass(MINUTE).await;
    let first = bed.fired();
    assert_eq!(first.len(), 1, "the other one is not harmed: {first:?}");
    assert!(!bed.panics.load(Ordering::Relaxed));
}

#[actix::test]
async fn other_schedules_are_in_force_at_once() {
    let mut bed = Bed::start(&[("old", "* * * * *")]);
    settle().await;
    bed.schedules.try_send(SchedulesChanged(entries(&[("new", "* * * * *")]))).unwrap();
    bed.pass(MINUTE).await;
    assert_eq!(bed.fired(), ["new"]);
}

#[actix::test]
async fn its_last_look_is_never_old_while_it_lives() {
    let bed = Bed::start(&[]);
    for _ in 0..10 {
        bed.pass(MINUTE).await;
        assert!(bed.looked.borrow().elapsed() <= LONGEST_SLEEP + Duration::from_secs(1));
    }
}
