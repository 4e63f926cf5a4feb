//! Facts as spans of a distributed trace: request, receipt, job, run.
//!
//! A delivery goes on with the trace of its sender, or begins one; its receipt keeps the context among
//! its headers, its jobs in a column, and a run finds it as `TRACEPARENT`. Where no sink is installed
//! nothing is begun, and what comes with a delivery is passed on.

mod spans;

use std::{num::NonZeroU128, sync::OnceLock};

use super::Event;
use crate::domain::{Clock, DeliveryTrace, JobId, ReceiptId, TraceParent};

pub use spans::{Kind, Span, Value};

/// Takes spans. Never blocks: what it has no room for is lost and counted.
pub trait SpanSink: Send + Sync + 'static {
    /// Whether a trace that begins here is recorded.
    fn samples(&self, trace: u128) -> bool;

    /// Takes a span that has ended.
    fn take(&self, span: Span);
}

static SINK: OnceLock<Box<dyn SpanSink>> = OnceLock::new();

/// Sends the spans of this process to `sink` from now on. The first one stays.
pub fn install(sink: impl SpanSink) {
    let _ = SINK.set(Box::new(sink));
}

/// The trace of a delivery that is kept as `receipt`, whose sender told `caller`.
pub fn of_delivery(caller: Option<TraceParent>, receipt: ReceiptId) -> Option<DeliveryTrace> {
    match (SINK.get(), caller) {
        (None, caller) => caller.map(|context| DeliveryTrace { context, caller: None }),
        (Some(_), Some(caller)) => {
            Some(DeliveryTrace { context: caller.at(caller.receipt(receipt)), caller: Some(caller.span()) })
        }
        (Some(sink), None) => {
            let (trace, is_sampled) = begin(&**sink);
            Some(DeliveryTrace { context: TraceParent::of_receipt(trace, receipt, is_sampled), caller: None })
        }
    }
}

/// The trace of a job that nothing but the gate caused.
pub fn of_job(job: JobId) -> Option<TraceParent> {
    let (trace, is_sampled) = begin(&**SINK.get()?);
    Some(TraceParent::of_job(trace, job, is_sampled))
}

fn begin(sink: &dyn SpanSink) -> (NonZeroU128, bool) {
    let trace = NonZeroU128::new(fastrand::u128(1..)).unwrap_or(NonZeroU128::MIN);
    (trace, sink.samples(trace.get()))
}

/// Tells a fact to the sink, where it ends spans.
pub(super) fn record(event: &Event) {
    if let Some(sink) = SINK.get() {
        for span in spans::of(event, Clock::System.now()) {
            sink.take(span);
        }
    }
}
