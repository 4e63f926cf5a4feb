//! Takes one wish after the other.

use std::{rc::Rc, sync::Arc};

use actix::prelude::*;
use tokio::sync::Mutex;

use super::{Control, ControlDeps, hand::Hand, request::Request};
use crate::runtime::{ActorId, Envelope, MailboxMetrics, MailboxSender, Policy};

/// The actor that alone changes a running gate.
pub struct ControlActor(Rc<Mutex<Hand>>);

/// Requests that may wait: each is one operator, or one reload.
const CAPACITY: usize = 64;

impl ControlActor {
    /// Starts the actor over a gate that has no agents yet, and gives the way to it.
    pub fn start(deps: ControlDeps) -> Control {
        let (id, supervision, threads) =
            (ActorId::new("control", "0"), deps.supervision.clone(), deps.threads.clone());
        let metrics = MailboxMetrics::new(&id, CAPACITY);
        let hand = Hand::new(deps);
        let deps = hand.deps();
        let seat = supervision.seat::<Self>(id);
        let control = Control {
            actor: MailboxSender::new(seat.address(), metrics),
            agents: deps.handles.clone(),
            directory: deps.directory.clone(),
            topology: Arc::clone(&deps.topology),
            schedules: hand.schedules(),
            store: Arc::clone(&deps.agents.store),
            clock: deps.agents.clock.clone(),
            parsers: deps.parsers.clone(),
        };
        seat.start(threads.next(), Policy::default(), |_, _| Self(Rc::new(Mutex::new(hand))));
        control
    }
}

impl Actor for ControlActor {
    type Context = Context<Self>;
}

impl Supervised for ControlActor {}

impl Handler<Envelope<Request>> for ControlActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Request>, context: &mut Context<Self>) {
        let (request, hand) = (envelope.open(), Rc::clone(&self.0));
        let work = async move {
            let mut hand = hand.lock().await;
            // Whoever does not wait for the answer any more does no harm.
            match request {
                Request::Apply(configuration, answer) => {
                    let _ = answer.send(hand.apply(configuration).await);
                }
                Request::Drain(answer) => {
                    hand.drain().await;
                    let _ = answer.send(());
                }
                Request::Tell(agent, change, answer) => {
                    let _ = answer.send(hand.tell(&agent, change).await);
                }
            }
        };
        // No other message is looked at meanwhile.
        context.wait(work.into_actor(self));
    }
}
