//! Traces for a collector, by OTLP over HTTP.
//!
//! Spans go through a bounded queue to a thread of their own. A collector that is slow, away or wrong
//! costs spans, which are counted, and nothing else.
//!
//! - `settings`: whether there are any, and where they go.
//! - `client`: the HTTP of that thread.

mod client;
mod settings;

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

use futures_executor::block_on;
use herdgate_actors::telemetry::{
    Event, SpanSeries, emit,
    trace::{self, Kind, Span, SpanSink, Value},
};
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks},
};

use self::{client::Client, settings::Settings};
use super::TracesError;
use crate::config::Telemetry;

/// Spans that wait: of about one second at full load, some 4 MB.
const QUEUE: usize = 8192;
/// Spans in one request, as OpenTelemetry has it by default.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// The pauses before a batch is tried again. Meanwhile the queue fills.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// How long the last spans may take when the gate ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// The traces of this process. Dropped, it sends what is left, within two seconds.
pub struct Traces {
    end: Option<SyncSender<Message>>,
    ended: Receiver<()>,
}

enum Message {
    Span(Box<Span>),
    End,
}

/// Sends traces from now on, where anybody wants them.
///
/// # Errors
/// What the settings say cannot be.
pub fn start(telemetry: &Telemetry) -> Result<Option<Traces>, TracesError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let Some(settings) = Settings::of(telemetry, variable)? else { return Ok(None) };
    let exporter = exporter(&settings)?;
    let (spans, queue) = sync_channel(QUEUE);
    let (end, ended) = sync_channel(1);
    let series = SpanSeries::default();
    let sender = Sender { exporter, series: series.clone(), scope: scope() };
    thread::Builder::new()
        .name("traces".to_owned())
        .spawn(move || {
            sender.run(&queue);
            // Nobody waits any more after a while.
            let _ = end.try_send(());
        })
        .map_err(|error| TracesError(format!("cannot start the thread of the traces: {error}")))?;
    trace::install(Queue { spans: spans.clone(), series, sample: settings.sample });
    Ok(Some(Traces { end: Some(spans), ended }))
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(end) = self.end.take()
            // A queue that is full belongs to a collector that does not answer.
            && end.try_send(Message::End).is_ok()
        {
            let _ = self.ended.recv_timeout(FAREWELL);
        }
    }
}

fn exporter(settings: &Settings) -> Result<SpanExporter, TracesError> {
    let mut builder = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(settings.timeout))
        .with_protocol(Protocol::HttpBinary);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let mut exporter = builder.build().map_err(|error| TracesError(error.to_string()))?;
    let mut resource =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if let Some(name) = &settings.service_name {
        resource = resource.with_service_name(name.clone());
    }
    exporter.set_resource(&resource.build());
    Ok(exporter)
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("herdgate").with_version(env!("CARGO_PKG_VERSION")).build()
}

/// The way in.
struct Queue {
    spans: SyncSender<Message>,
    series: SpanSeries,
    sample: settings::Sample,
}

impl SpanSink for Queue {
    fn samples(&self, trace: u128) -> bool {
        self.sample.takes(trace)
    }

    fn take(&self, span: Span) {
        if self.spans.try_send(Message::Span(Box::new(span))).is_err() {
            self.series.overflow.increment(1);
        }
    }
}

/// The thread that sends.
struct Sender {
    exporter: SpanExporter,
    series: SpanSeries,
    scope: InstrumentationScope,
}

impl Sender {
    fn run(self, queue: &Receiver<Message>) {
        let mut is_last = false;
        while !is_last {
            let Ok(Message::Span(first)) = queue.recv() else { return };
            let mut batch = vec![self.data(*first)];
            let end = Instant::now() + GATHER;
            while batch.len() < BATCH {
                match queue.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(Message::Span(span)) => batch.push(self.data(*span)),
                    Err(RecvTimeoutError::Timeout) => break,
                    Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                        is_last = true;
                        break;
                    }
                }
            }
            self.send(&batch, is_last);
        }
    }

    /// Sends a batch, several times if need be.
    fn send(&self, batch: &[SpanData], is_last: bool) {
        let count = batch.len() as u64;
        let mut pauses = PAUSES.into_iter().filter(|_| !is_last);
        let error = loop {
            let Err(error) = block_on(self.exporter.export(batch.to_vec())) else {
                return self.series.exported.increment(count);
            };
            let Some(pause) = pauses.next() else { break error };
            thread::sleep(pause);
        };
        self.series.refused.increment(count);
        emit(Event::Warned { about: "traces", detail: format!("{count} spans are lost: {error}") });
    }

    fn data(&self, span: Span) -> SpanData {
        let context = SpanContext::new(
            TraceId::from(span.trace),
            SpanId::from(span.id.get()),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        SpanData {
            span_context: context,
            parent_span_id: span.parent.map_or(SpanId::INVALID, |parent| SpanId::from(parent.get())),
            parent_span_is_remote: span.is_parent_remote,
            span_kind: match span.kind {
                Kind::Server => SpanKind::Server,
                Kind::Consumer => SpanKind::Consumer,
                Kind::Internal => SpanKind::Internal,
            },
            name: span.name,
            start_time: UNIX_EPOCH + span.start,
            end_time: UNIX_EPOCH + span.end,
            attributes: span.attributes.into_iter().map(attribute).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: span.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn attribute((key, value): (&'static str, Value)) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(key, text.into_owned()),
        Value::Number(number) => KeyValue::new(key, number),
        Value::Flag(flag) => KeyValue::new(key, flag),
    }
}
