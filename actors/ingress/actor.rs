//! Turns arrivals into deliveries, or refuses them.
//!
//! There is one actor for each HTTP worker, on the worker's own thread, so that a request changes
//! threads only once it is worth it.

use std::{sync::Arc, time::Instant};

use actix::prelude::*;

use super::Sources;
use crate::{
    domain::{
        Answer, Clock, IdSource, Origin, ParseRequest, PendingReceipt, ProviderName, ReceiptSink, SourceName,
        SourceSelector, UnverifiedRequest, Verified,
    },
    provider,
    runtime::{Envelope, MailboxSender, SendError},
    telemetry::{Event, emit},
};

/// Bodies beyond this many bytes are hashed elsewhere: at about 1 GB/s a larger one would hold up
/// its neighbours for more than 0.25 ms.
const INLINE_LIMIT: usize = 256 * 1024;

/// Verifies requests and opens their receipts.
#[derive(Clone)]
pub struct IngressActor {
    /// Who may send.
    pub sources: Sources,
    /// Where receipts are kept.
    pub recorder: Arc<dyn ReceiptSink>,
    /// Where receipt ids come from.
    pub ids: Arc<IdSource>,
    /// The time.
    pub clock: Clock,
    /// The parsers, of which each delivery goes to the next one.
    pub parsers: Vec<MailboxSender<ParseRequest>>,
}

impl Actor for IngressActor {
    type Context = Context<Self>;
}

impl Supervised for IngressActor {}

impl Handler<Envelope<UnverifiedRequest>> for IngressActor {
    type Result = ();

    fn handle(&mut self, post: Envelope<UnverifiedRequest>, _: &mut Context<Self>) {
        let arrival = post.open();
        if arrival.body_len() <= INLINE_LIMIT {
            self.take(arrival);
        } else {
            let this = self.clone();
            tokio::task::spawn_blocking(move || this.take(arrival));
        }
    }
}

impl IngressActor {
    fn take(&self, arrival: UnverifiedRequest) {
        let begun = Instant::now();
        let (provider, door, at) = (arrival.provider, arrival.door.clone(), arrival.at);
        let verified = arrival
            .verify(|headers, body| self.sources.verify(provider, &door, headers, body, self.clock.now()));
        match verified {
            Verified::No(reason, reply) => {
                let source = match &door {
                    SourceSelector::Any => None,
                    SourceSelector::Source(name) => Some(name.clone()),
                };
                emit(Event::DeliveryRefused { provider, source, reason });
                reply.send(Answer::Rejected(reason));
            }
            Verified::Yes(mut delivery, reply) => {
                let protocol = provider::provider(provider);
                delivery.keys = vec![protocol.delivery_key(&delivery.headers, &delivery.body).into()];
                delivery.body = protocol.redact(&delivery.headers, delivery.body);
                delivery.headers.retain(protocol.spec().kept_headers);
                let answered = Answered {
                    provider,
                    source: delivery.sources[0].clone(),
                    delivery_id: protocol.delivery_id(&delivery.headers).map(Arc::from),
                    bytes: delivery.body.len(),
                    begun,
                };
                let reply = reply.tallied(move |answer, event| answered.tell(answer, event));
                self.pass_on(PendingReceipt::open(
                    self.ids.receipt(at),
                    Origin::Request,
                    delivery,
                    Arc::clone(&self.recorder),
                    Some(reply),
                ));
            }
        }
    }

    /// Gives the receipt to a parser. Dropped here, it is kept as unrouted for the sweep.
    fn pass_on(&self, receipt: PendingReceipt) {
        let turn = usize::try_from(receipt.id().get()).unwrap_or(0);
        let mut parse = ParseRequest(receipt);
        for step in 0..self.parsers.len() {
            let parser = &self.parsers[turn.wrapping_add(step) % self.parsers.len()];
            match parser.try_send(parse) {
                Ok(()) => return,
                Err(SendError::Full(back) | SendError::Closed(back)) => parse = back,
            }
        }
    }
}

/// What is told about a delivery when it is answered.
struct Answered {
    provider: ProviderName,
    source: SourceName,
    delivery_id: Option<Arc<str>>,
    bytes: usize,
    begun: Instant,
}

impl Answered {
    fn tell(self, answer: &Answer, event: Option<&str>) {
        let Self { provider, source, delivery_id, bytes, begun } = self;
        let took_ms = begun.elapsed().into();
        emit(match answer {
            Answer::DeliveryAck(ack) => Event::DeliveryTaken {
                receipt: ack.receipt,
                delivery_id,
                provider,
                source,
                event: event.map(Arc::from),
                matched: ack.matched,
                skipped: ack.skipped,
                duplicate: ack.duplicate,
                bytes,
                took_ms,
            },
            Answer::Unparsable { receipt, reason } => Event::DeliveryUnparsable {
                receipt: *receipt,
                provider,
                source,
                delivery_id,
                reason: reason.as_str().into(),
                bytes,
                took_ms,
            },
            Answer::Unavailable | Answer::Rejected(_) => {
                Event::DeliveryUnavailable { provider, source, delivery_id, bytes, took_ms }
            }
        });
    }
}
