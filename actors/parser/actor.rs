//! Reads deliveries and offers them to the agents that may want them.

use std::sync::Arc;

use actix::prelude::*;

use crate::{
    domain::{DeliveryPanicked, FilterRequest, ParseRequest, Parsed, PendingReceipt},
    provider::Provider,
    runtime::{ActorScope, Directory, Envelope, MailboxSender, MessagePanicked, Offload},
};

/// Bodies beyond this many bytes are read elsewhere: at about 500 MB/s a larger one would hold up
/// its neighbours for more than 0.5 ms.
const INLINE_LIMIT: usize = 256 * 1024;

/// Reads what one provider sends to one HTTP worker, on the worker's own thread.
#[derive(Clone)]
pub struct ParserActor {
    /// Whose deliveries it reads.
    pub provider: &'static dyn Provider,
    /// The agents.
    pub directory: Directory,
    /// Who sees to deliveries whose reading panicked.
    pub panics: MailboxSender<DeliveryPanicked>,
    /// Where large bodies are read.
    pub offload: Offload,
    /// Its supervision.
    pub scope: ActorScope,
}

impl Actor for ParserActor {
    type Context = Context<Self>;
}

impl Supervised for ParserActor {}

impl Handler<Envelope<ParseRequest>> for ParserActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<ParseRequest>, _: &mut Context<Self>) {
        let ParseRequest(receipt) = envelope.open();
        // A receipt whose reading panics, or finds no room, closes as unrouted.
        if receipt.delivery().body().len() <= INLINE_LIMIT {
            self.contained(receipt);
        } else {
            let this = self.clone();
            let _ = self.offload.run(move || this.contained(receipt));
        }
    }
}

impl ParserActor {
    fn contained(&self, receipt: PendingReceipt) {
        let id = receipt.id();
        let routed = self.scope.contain_call(|| self.route(&receipt));
        // Closed before it is told, so that it is found as unrouted.
        drop(receipt);
        if let Err(MessagePanicked(problem)) = routed {
            // Without room there it is met again, and counted then.
            let _ = self.panics.try_send(DeliveryPanicked { receipt: id, problem });
        }
    }

    fn route(&self, receipt: &PendingReceipt) {
        let delivery = receipt.delivery();
        crate::failpoint::hit_for("parser.parse", delivery.key());
        let event = match self.provider.read(delivery.headers(), delivery.body()) {
            Ok(event) => Arc::new(event),
            Err(problem) => {
                receipt.parsed(Parsed::Unparsable(problem), 0);
                return;
            }
        };
        let (topology, mut found) = (receipt.topology(), Vec::new());
        topology.candidates(delivery.sources(), &event, &mut found);
        receipt.parsed(Parsed::Event(Arc::clone(&event)), found.len());
        let listeners = self.directory.listeners();
        for agent in found {
            let agent = &topology.agents()[agent];
            // An agent that is not there yet, or whose mailbox is full, leaves a gap on the receipt, which is
            // asked about again.
            let Some(listener) = listeners.get(&agent.name) else { continue };
            let (agent, event, receipt) = (Arc::clone(agent), Arc::clone(&event), receipt.clone());
            let _ = listener.ask(FilterRequest { agent, event, receipt });
        }
    }
}
