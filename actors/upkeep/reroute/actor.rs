//! Routes again, round by round, and counts panics.

use std::{collections::HashMap, rc::Rc, time::Duration};

use actix::prelude::*;
use tokio::time::Instant;

use super::{
    RerouteDeps,
    deps::quarantine,
    round::{self, Round, pause_after},
};
use crate::{
    domain::{DeliveryPanicked, ReceiptId},
    runtime::{ActorScope, Envelope},
    store::QuarantineReason,
};

/// Panics of this many deliveries are remembered; beyond, the oldest are forgotten and get one
/// chance more.
const MOST_PANICS: usize = 10_000;
/// Whoever brings down two of those who read it would bring down all.
const PANICS: u32 = 2;

/// The rerouting.
pub struct RerouteActor {
    deps: Rc<RerouteDeps>,
    scope: ActorScope,
    /// When a parser took what may still be on its way.
    taken: HashMap<ReceiptId, Instant>,
    panics: HashMap<ReceiptId, u32>,
    /// The pause before the next round.
    pause: Duration,
}

impl RerouteActor {
    /// A rerouting that has not looked yet.
    pub fn new(deps: RerouteDeps, scope: ActorScope) -> Self {
        let (taken, panics) = (HashMap::new(), HashMap::new());
        Self { deps: Rc::new(deps), scope, taken, panics, pause: Duration::ZERO }
    }

    fn round(&mut self, context: &mut Context<Self>) {
        let now = Instant::now();
        self.taken.retain(|_, taken| now.duration_since(*taken) < round::ON_ITS_WAY);
        let deps = Rc::clone(&self.deps);
        let taken = self.taken.keys().copied().collect();
        let round = async move { round::run(&deps, taken).await }.into_actor(self);
        context.spawn(round.map(|round, this, context| this.ended(round, context)));
    }

    fn ended(&mut self, round: Round, context: &mut Context<Self>) {
        let now = Instant::now();
        self.pause = pause_after(&round, self.pause);
        self.taken.extend(round.taken.into_iter().map(|id| (id, now)));
        context.run_later(self.pause, Self::round);
    }

    /// Remembers a panic; quarantines what panicked twice.
    fn panicked(
        &mut self,
        DeliveryPanicked { receipt, problem }: DeliveryPanicked,
        context: &mut Context<Self>,
    ) {
        if self.panics.len() >= MOST_PANICS {
            self.panics.clear();
        }
        let panics = self.panics.entry(receipt).or_default();
        *panics += 1;
        if *panics >= PANICS {
            self.panics.remove(&receipt);
            let deps = Rc::clone(&self.deps);
            let reason = QuarantineReason::Panicked { problem };
            let end = async move { quarantine(&deps, receipt, reason).await };
            context.spawn(end.into_actor(self).map(|_, _, _| ()));
        }
    }
}

impl Actor for RerouteActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.round(context);
    }
}

impl Supervised for RerouteActor {}

impl Handler<Envelope<DeliveryPanicked>> for RerouteActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<DeliveryPanicked>, context: &mut Context<Self>) {
        let scope = self.scope.clone();
        // Contained: told where it is caught.
        let _ = scope.contain(envelope, |panicked| self.panicked(panicked, context));
    }
}

#[cfg(test)]
mod tests;
