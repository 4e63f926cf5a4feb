//! Filters deliveries for one agent and keeps its runs going.

use std::rc::Rc;

use actix::prelude::*;

use super::{
    driver::Driver,
    matching::{MatchResult, match_triggers},
};
use crate::{
    domain::{FilterRequest, Match, Verdict, WakeUp},
    runtime::{Envelope, Wake, Waker},
};

/// One agent. All that matters is in the store and in the [`Driver`], so that a restart of the
/// actor interrupts no run.
pub struct AgentActor {
    driver: Rc<Driver>,
    waker: Waker,
}

impl AgentActor {
    /// An actor beside `driver`, which `bell` wakes.
    pub const fn new(driver: Rc<Driver>, waker: Waker) -> Self {
        Self { driver, waker }
    }
}

impl Actor for AgentActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        crate::failpoint::hit_for("agent.start", self.driver.spec().name.as_str());
        // Jobs of an earlier life may wait.
        self.waker.wake();
    }
}

impl Supervised for AgentActor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.waker.wake();
    }
}

impl Handler<Envelope<FilterRequest>> for AgentActor {
    type Result = ();

    fn handle(&mut self, post: Envelope<FilterRequest>, _: &mut Context<Self>) {
        let FilterRequest { context, receipt } = post.open();
        let spec = self.driver.spec();
        crate::failpoint::hit_for("agent.offer", spec.name.as_str());
        match match_triggers(&spec.triggers, &receipt.delivery().sources, &context) {
            MatchResult::Matched(trigger) => receipt.matched(
                Match { agent: spec.name.clone(), trigger, source: spec.triggers[trigger].source.clone() },
                self.driver.job_for(&receipt, trigger),
                std::sync::Arc::new(self.waker.clone()),
            ),
            MatchResult::NotMatched(mismatches) => {
                receipt.refused(|| Verdict::NotMatched { agent: spec.name.clone(), mismatches });
            }
        }
    }
}

impl Handler<Wake> for AgentActor {
    type Result = ();

    fn handle(&mut self, ring: Wake, _: &mut Context<Self>) {
        // First, so that what comes while we look rings again.
        drop(ring);
        Rc::clone(&self.driver).look();
    }
}
