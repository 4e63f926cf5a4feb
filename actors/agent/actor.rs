//! Filters deliveries for one agent and keeps its runs going.

use std::rc::Rc;

use actix::prelude::*;

use super::{
    driver::Driver,
    triage::{Triage, triage},
};
use crate::{
    flow::{Match, Offer, Verdict, Wake},
    mailbox::{Bell, Post, Ring},
};

/// One agent. All that matters is in the store and in the [`Driver`], so that a restart of the
/// actor interrupts no run.
pub struct AgentActor {
    driver: Rc<Driver>,
    bell: Bell,
}

impl AgentActor {
    /// An actor beside `driver`, which `bell` wakes.
    pub const fn new(driver: Rc<Driver>, bell: Bell) -> Self {
        Self { driver, bell }
    }
}

impl Actor for AgentActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        // Jobs of an earlier life may wait.
        self.bell.wake();
    }
}

impl Supervised for AgentActor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.bell.wake();
    }
}

impl Handler<Post<Offer>> for AgentActor {
    type Result = ();

    fn handle(&mut self, post: Post<Offer>, _: &mut Context<Self>) {
        let Offer { context, receipt } = post.open();
        crate::failpoint::hit("agent.offer");
        let spec = self.driver.spec();
        match triage(&spec.triggers, &receipt.delivery().sources, &context) {
            Triage::Wanted(trigger) => receipt.matched(
                Match {
                    agent: spec.name.clone(),
                    trigger,
                    source: spec.triggers[trigger].source.clone(),
                    queue_limit: spec.queue_limit,
                },
                std::sync::Arc::new(self.bell.clone()),
            ),
            Triage::Unwanted(refusals) => {
                receipt.refused(|| Verdict::Refused { agent: spec.name.clone(), refusals });
            }
        }
    }
}

impl Handler<Ring> for AgentActor {
    type Result = ();

    fn handle(&mut self, ring: Ring, _: &mut Context<Self>) {
        // First, so that what comes while we look rings again.
        drop(ring);
        Rc::clone(&self.driver).look();
    }
}
