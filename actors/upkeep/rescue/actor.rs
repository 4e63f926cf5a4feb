//! Finds what was forgotten: runs whose process is lost, wake-ups that were, and jobs whose time moved
//! away with a clock that was set back.
//!
//! The runs of this very life are never touched: whoever drives them knows them, whatever the clock
//! says. What can be lost here are runs of other nodes, whose leases nobody renews any more.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::{sync::watch, time::Instant};

use crate::{
    domain::{Clock, NodeLife},
    runtime::WakeAgent,
    store::{ClockBack, Rescue, RescueScope, Store},
    telemetry::{Event, emit},
    upkeep::{Progress, trust::ClockTrust},
};

/// A wake-up that was lost costs only this long.
const EVERY: Duration = Duration::from_secs(2);
/// Later than this, the round itself was held up.
const LATE: Duration = Duration::from_secs(20);

/// What the rescue works with.
pub struct RescueDeps {
    /// Where runs and jobs are.
    pub store: Arc<dyn Store>,
    /// Rouses agents.
    pub wake: WakeAgent,
    /// The time.
    pub clock: Clock,
    /// Whose runs are never lost.
    pub life: NodeLife,
    /// How long a run may go without renewing its lease.
    pub lease: Duration,
    /// From this many interruptions on a job is a dead letter.
    pub max_interruptions: u32,
    /// What it shows of itself.
    pub progress: watch::Sender<Progress>,
}

/// The rescue.
pub struct RescueActor {
    deps: Rc<RescueDeps>,
    trust: ClockTrust,
    born: Instant,
    is_first: bool,
}

impl RescueActor {
    /// A rescue that has not looked yet.
    pub fn new(deps: RescueDeps) -> Self {
        let trust = ClockTrust::new(deps.clock.now(), Duration::ZERO, LATE, deps.lease);
        Self { deps: Rc::new(deps), trust, born: Instant::now(), is_first: true }
    }

    fn round(&mut self, context: &mut Context<Self>) {
        let now = self.deps.clock.now();
        let look = self.trust.look(now, self.born.elapsed());
        // What happened to the clock before this life can be seen on the jobs alone.
        let back = match look.set_back {
            None if self.is_first => Some(ClockBack { now, by: None }),
            None => None,
            by => Some(ClockBack { now, by }),
        };
        self.is_first = false;
        let deps = Rc::clone(&self.deps);
        let round = async move { deps.round(look.is_trusted, back).await }.into_actor(self);
        context.spawn(round.map(|(), _, context| {
            context.run_later(EVERY, Self::round);
        }));
    }
}

impl Actor for RescueActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.round(context);
    }
}

impl Supervised for RescueActor {}

impl RescueDeps {
    async fn round(&self, is_trusted: bool, back: Option<ClockBack>) {
        crate::failpoint::hit("upkeep.rescue");
        Progress::begin(&self.progress);
        if let Some(back) = back {
            self.follow_clock(back).await;
        }
        let rescued = if is_trusted { self.rescue().await } else { 0 };
        self.wake_overdue().await;
        Progress::end(&self.progress, rescued);
    }

    async fn rescue(&self) -> u64 {
        let scope = RescueScope::ExpiredLeases { except: self.life };
        let rescue = Rescue { now: self.clock.now(), scope, max_interruptions: self.max_interruptions };
        match self.store.rescue(rescue).await {
            Ok(rescued) => {
                let count = rescued.len() as u64;
                for rescued in rescued {
                    (self.wake)(&rescued.agent);
                    let then = rescued.state.as_str();
                    emit(Event::Rescued {
                        run: rescued.run,
                        agent: rescued.agent,
                        then,
                        earlier_life: false,
                    });
                }
                count
            }
            Err(error) => {
                emit(Event::StoreRefused { wanted: "rescue", error: error.to_string() });
                0
            }
        }
    }

    async fn follow_clock(&self, back: ClockBack) {
        match self.store.follow_clock(back).await {
            Ok(0) => {}
            Ok(jobs) => {
                let detail = format!("it was set back: {jobs} jobs wait no longer than they were to");
                emit(Event::Warned { about: "clock", detail });
            }
            Err(error) => emit(Event::StoreRefused { wanted: "follow the clock", error: error.to_string() }),
        }
    }

    async fn wake_overdue(&self) {
        match self.store.oldest_due().await {
            Ok(oldest) => {
                let now = self.clock.now();
                oldest.iter().filter(|(_, due)| *due <= now).for_each(|(agent, _)| (self.wake)(agent));
            }
            Err(error) => emit(Event::StoreRefused { wanted: "oldest due", error: error.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests;
