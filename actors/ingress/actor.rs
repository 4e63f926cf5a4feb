//! Turns arrivals into deliveries, or refuses them.
//!
//! There is one actor for each HTTP worker, on the worker's own thread, so that a request changes
//! threads only once it is worth it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix::prelude::*;
use arc_swap::ArcSwap;

use super::Admission;
use crate::{
    domain::{
        Answer, Clock, Delivery, DeliveryTrace, IdSource, Origin, PendingReceipt, ProviderName, ReceiptSink,
        RejectReason, Reply, SourceName, TRACE_HEADER, UnverifiedRequest, VerifiedRequest,
    },
    provider::{self, Provider},
    runtime::{ActorScope, Envelope, Offload},
    telemetry::{Answered, Event, emit, trace},
};

/// Bodies beyond this many bytes are hashed elsewhere: at about 1 GB/s a larger one would hold up
/// its neighbours for more than 0.25 ms.
const INLINE_LIMIT: usize = 256 * 1024;

/// Posts a receipt to the parser of its provider. One that no parser can take is dropped, and so kept
/// as unrouted for the upkeep.
pub type ToParser = Arc<dyn Fn(PendingReceipt) + Send + Sync>;

/// Decides what gets in: verifies requests, counts them against the limits of their sources, and opens
/// the receipts of those that it takes.
#[derive(Clone)]
pub struct IngressActor {
    /// Who may send.
    pub admission: Arc<ArcSwap<Admission>>,
    /// Where receipts are kept.
    pub sink: Arc<dyn ReceiptSink>,
    /// Where receipt ids come from.
    pub ids: Arc<IdSource>,
    /// The time.
    pub clock: Clock,
    /// The way to the parsers on this very thread.
    pub to_parser: ToParser,
    /// Where large bodies are hashed.
    pub offload: Offload,
    /// Its supervision.
    pub scope: ActorScope,
}

impl Actor for IngressActor {
    type Context = Context<Self>;
}

impl Supervised for IngressActor {}

impl Handler<Envelope<UnverifiedRequest>> for IngressActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<UnverifiedRequest>, _: &mut Context<Self>) {
        let request = envelope.open();
        // A request whose handling panics, or finds no room, is told that it cannot be taken now.
        if request.body_len() <= INLINE_LIMIT {
            let _ = self.scope.contain_call(|| self.take(request));
        } else {
            let this = self.clone();
            let _ = self.offload.run(move || {
                let _ = this.scope.contain_call(|| this.take(request));
            });
        }
    }
}

impl IngressActor {
    fn take(&self, request: UnverifiedRequest) {
        let (begun, admission) = (Instant::now(), self.admission.load_full());
        let sources = admission.sources();
        let (provider, selector, at, head) =
            (request.provider, request.selector.clone(), request.at, request.begun);
        let verified = request
            .verify(|headers, body| sources.verify(provider, &selector, headers, body, self.clock.now()));
        let (verified, reply) = match verified {
            Ok(verified) => verified,
            Err((reason, reply)) => {
                return reject(provider, sources.meant(provider, &selector), reason, reply);
            }
        };
        if let Some(said) = provider::provider(provider).handshake(verified.headers(), verified.body()) {
            return reply.send(Answer::Handshake(said));
        }
        // After the signature, so that only real deliveries use a limit up.
        if let Err(source) = sources.admit(provider, verified.sources()) {
            return reject(provider, Some(source), RejectReason::RateLimited, reply);
        }
        let windows = sources.windows(provider, verified.sources());
        let caller = verified.headers().get(TRACE_HEADER).and_then(|caller| caller.parse().ok());
        let mut delivery = complete(provider::provider(provider), verified, windows);
        let id = self.ids.receipt(at);
        let trace = trace::of_delivery(caller, id);
        if let Some(trace) = trace {
            delivery = delivery.within(trace.context);
        }
        let request = Request::of(&delivery, head, begun, trace);
        let reply = reply.tallied(move |answer, event| request.tell(answer, event));
        let sink = Arc::clone(&self.sink);
        let receipt = PendingReceipt::open(
            id,
            Origin::Request,
            delivery,
            Arc::clone(admission.topology()),
            sink,
            Some(reply),
        );
        (self.to_parser)(receipt);
    }
}

fn reject(provider: ProviderName, source: Option<SourceName>, reason: RejectReason, reply: Reply) {
    emit(Event::DeliveryRefused { provider, source, reason });
    reply.send(Answer::Rejected(reason));
}

/// Makes the delivery of a verified request, in one step: with its keys, without the provider's secrets,
/// and without the headers that nobody needs any more.
fn complete(
    provider: &dyn Provider,
    verified: VerifiedRequest,
    own_windows: Vec<(SourceName, Duration)>,
) -> Delivery {
    let keys = provider.identify(verified.headers(), verified.body());
    verified
        .redacted(|headers, body| provider.redact(headers, body))
        .with_headers(provider.spec().kept_headers)
        .into_delivery(keys, own_windows)
}

/// What is told about a delivery when it is answered.
struct Request {
    provider: ProviderName,
    source: SourceName,
    delivery_id: Option<Arc<str>>,
    bytes: usize,
    head: Instant,
    begun: Instant,
    trace: Option<DeliveryTrace>,
}

impl Request {
    fn of(delivery: &Delivery, head: Instant, begun: Instant, trace: Option<DeliveryTrace>) -> Self {
        let id = provider::provider(delivery.provider()).delivery_id(delivery.headers());
        Self {
            provider: delivery.provider(),
            source: delivery.sources()[0].clone(),
            delivery_id: id.map(Arc::from),
            bytes: delivery.body().len(),
            head,
            begun,
            trace,
        }
    }

    fn tell(self, answer: &Answer, event: Option<&str>) {
        let Self { provider, source, delivery_id, bytes, head, begun, trace } = self;
        let (took_ms, since_head_ms) = (begun.elapsed().into(), head.elapsed().into());
        let answered = Answered { provider, source, delivery_id, bytes, took_ms, since_head_ms, trace };
        emit(match answer {
            Answer::DeliveryAck(ack) => Event::DeliveryTaken {
                receipt: ack.receipt,
                event: event.map(Arc::from),
                matched: ack.matched,
                skipped: ack.skipped,
                duplicate: ack.duplicate,
                answered,
            },
            Answer::Unparsable { receipt, reason } => {
                Event::DeliveryUnparsable { receipt: *receipt, reason: reason.as_str().into(), answered }
            }
            // A handshake is answered before there is anything to tell.
            Answer::Unavailable | Answer::Rejected(_) | Answer::Handshake(_) => {
                Event::DeliveryUnavailable { answered }
            }
        });
    }
}
