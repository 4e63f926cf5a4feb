//! Which spans a fact ends. Pure.

use std::{borrow::Cow, time::Duration};

use crate::{
    domain::{DeliveryTrace, ReceiptId, SpanId, Timestamp, TraceParent},
    telemetry::{Answered, Event, RunEnded},
};

/// The part that a span plays, as OpenTelemetry has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers somebody else's request.
    Server,
    /// Works on what was put down earlier.
    Consumer,
    /// Something inside.
    Internal,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// Something that took its time, and is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace that it is part of.
    pub trace: u128,
    /// Its id.
    pub id: SpanId,
    /// What it is a part of, where it is not the first.
    pub parent: Option<SpanId>,
    /// Whether that belongs to another program.
    pub is_parent_remote: bool,
    /// What it does.
    pub name: Cow<'static, str>,
    /// The part that it plays.
    pub kind: Kind,
    /// When it began, since 1970.
    pub start: Duration,
    /// When it ended.
    pub end: Duration,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// What was wrong, where it failed.
    pub error: Option<String>,
}

/// The spans that a fact ends, outer ones first. Those of a trace that is not sampled are nobody's.
pub(super) fn of(event: &Event, now: Timestamp) -> Vec<Span> {
    let mut spans = match event {
        Event::DeliveryTaken { receipt, event, matched, duplicate, answered, .. } => {
            let Some(request) = Request::of(answered, now) else { return Vec::new() };
            let mut about = request.about(*receipt);
            about.push(("herdgate.matched", Value::Number(i64::from(*matched))));
            about.push(("herdgate.duplicate", Value::Flag(*duplicate)));
            about.extend(event.as_deref().map(|event| ("herdgate.event", text(event))));
            request.with_receipt(200, *receipt, about, None)
        }
        Event::DeliveryUnparsable { receipt, reason, answered } => {
            let Some(request) = Request::of(answered, now) else { return Vec::new() };
            request.with_receipt(400, *receipt, request.about(*receipt), Some(reason.to_string()))
        }
        Event::DeliveryUnavailable { answered } => {
            let Some(request) = Request::of(answered, now) else { return Vec::new() };
            // Nothing is kept, so there is no receipt inside it.
            vec![request.span(503, request.context.span(), Some("could not be made durable".to_owned()))]
        }
        Event::RunEnded(ended) => ended.trace.map(|trace| of_run(ended, trace)).unwrap_or_default(),
        _ => Vec::new(),
    };
    spans.retain(|span| span.end >= span.start);
    spans
}

fn text(text: &str) -> Value {
    Value::Text(Cow::Owned(text.to_owned()))
}

fn since_1970(at: Timestamp) -> Duration {
    Duration::from_millis(at.as_millis().try_into().unwrap_or(0))
}

/// A request that was answered, of a trace that is recorded.
struct Request<'a> {
    answered: &'a Answered,
    context: TraceParent,
    caller: Option<SpanId>,
    now: Timestamp,
}

impl<'a> Request<'a> {
    fn of(answered: &'a Answered, now: Timestamp) -> Option<Self> {
        let DeliveryTrace { context, caller } = answered.trace?;
        context.is_sampled().then_some(Self { answered, context, caller, now })
    }

    fn about(&self, receipt: ReceiptId) -> Vec<(&'static str, Value)> {
        let mut about = vec![("herdgate.receipt", text(&receipt.to_string()))];
        about.extend(self.answered.delivery_id.as_deref().map(|id| ("herdgate.delivery_id", text(id))));
        about
    }

    /// The request and, inside it, its receipt.
    fn with_receipt(
        &self,
        status: u16,
        receipt: ReceiptId,
        attributes: Vec<(&'static str, Value)>,
        error: Option<String>,
    ) -> Vec<Span> {
        let request = self.span(status, self.context.request(receipt), error.clone());
        let inner = Span {
            id: self.context.receipt(receipt),
            parent: Some(request.id),
            is_parent_remote: false,
            name: Cow::Borrowed("receipt"),
            kind: Kind::Internal,
            start: request.end.saturating_sub(self.answered.took_ms.0),
            attributes,
            error,
            ..request.clone()
        };
        vec![request, inner]
    }

    fn span(&self, status: u16, id: SpanId, error: Option<String>) -> Span {
        let (answered, end) = (self.answered, since_1970(self.now));
        let route = format!("/webhooks/{}", answered.provider);
        let bytes = i64::try_from(answered.bytes).unwrap_or(i64::MAX);
        Span {
            trace: self.context.trace(),
            id,
            parent: self.caller,
            is_parent_remote: self.caller.is_some(),
            name: format!("POST {route}").into(),
            kind: Kind::Server,
            start: end.saturating_sub(answered.since_head_ms.0),
            end,
            attributes: vec![
                ("http.request.method", Value::Text(Cow::Borrowed("POST"))),
                ("http.route", Value::Text(route.into())),
                ("http.response.status_code", Value::Number(i64::from(status))),
                ("http.request.body.size", Value::Number(bytes)),
                ("herdgate.source", text(answered.source.as_str())),
            ],
            // The sender's fault is none of the server: <https://opentelemetry.io/docs/specs/semconv/http/>
            error: error.filter(|_| status >= 500),
        }
    }
}

/// A run, and the job that ended with it.
fn of_run(ended: &RunEnded, trace: TraceParent) -> Vec<Span> {
    if !trace.is_sampled() {
        return Vec::new();
    }
    let (end, run) = (since_1970(ended.at), ended.run);
    let error = (ended.outcome != "completed")
        .then(|| ended.detail.clone().unwrap_or_else(|| ended.outcome.to_owned()));
    let span = Span {
        trace: trace.trace(),
        id: trace.run(run),
        parent: Some(trace.job(run.job)),
        is_parent_remote: false,
        name: format!("run {}", ended.agent).into(),
        kind: Kind::Internal,
        start: end.saturating_sub(ended.took_ms.0),
        end,
        attributes: vec![
            ("herdgate.agent", text(ended.agent.as_str())),
            ("herdgate.job", text(&run.job.to_string())),
            ("herdgate.run", text(&run.to_string())),
            ("herdgate.attempt", Value::Number(i64::from(run.attempt.0))),
            ("herdgate.trigger", Value::Text(Cow::Borrowed(ended.trigger))),
            ("herdgate.outcome", Value::Text(Cow::Borrowed(ended.outcome))),
        ],
        error,
    };
    let job = ended.ends_job.then(|| Span {
        id: trace.job(run.job),
        // The job that begins a trace is named as its own parent.
        parent: Some(trace.span()).filter(|parent| *parent != trace.job(run.job)),
        name: format!("job {}", ended.agent).into(),
        kind: Kind::Consumer,
        start: since_1970(ended.made_at),
        ..span.clone()
    });
    job.into_iter().chain([span]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Attempt, JobId, ProviderName, RunId},
        telemetry::Millis,
    };

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn length(span: &Span) -> Duration {
        span.end.checked_sub(span.start).unwrap()
    }

    fn millis(millis: u64) -> Millis {
        Millis(Duration::from_millis(millis))
    }

    fn taken(caller: TraceParent, receipt: ReceiptId) -> Event {
        let context = caller.at(caller.receipt(receipt));
        Event::DeliveryTaken {
            receipt,
            event: Some("issues".into()),
            matched: 1,
            skipped: 0,
            duplicate: false,
            answered: Answered {
                provider: ProviderName::new("github"),
                source: "hub".into(),
                delivery_id: Some("guid".into()),
                bytes: 12,
                took_ms: millis(4),
                since_head_ms: millis(6),
                trace: Some(DeliveryTrace { context, caller: Some(caller.span()) }),
            },
        }
    }

    fn ended(trace: TraceParent, run: RunId, ends_job: bool) -> Event {
        Event::RunEnded(RunEnded {
            run,
            agent: "dev".into(),
            trigger: "webhook",
            outcome: "failed",
            detail: Some("exit code 3".to_owned()),
            then: String::new(),
            retried: !ends_job,
            ends_job,
            at: NOW,
            made_at: NOW.minus(Duration::from_secs(9)),
            took_ms: millis(2000),
            tokens: None,
            cost: None,
            trace: Some(trace),
        })
    }

    #[test]
    fn request_receipt_job_and_run_hang_together() {
        let caller: TraceParent = CALLER.parse().unwrap();
        let (receipt, job) = (ReceiptId::from_raw(70), JobId::from_raw(71));
        let spans = of(&taken(caller, receipt), NOW);
        let [request, inner] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((request.parent, request.is_parent_remote), (Some(caller.span()), true));
        assert_eq!(inner.parent, Some(request.id));
        assert_eq!(length(request), Duration::from_millis(6));
        assert_eq!(length(inner), Duration::from_millis(4));

        let stored: TraceParent = caller.at(inner.id).to_string().parse().unwrap();
        let second = RunId { job, attempt: Attempt(2) };
        let spans = of(&ended(stored, second, true), NOW);
        let [whole, run] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((whole.parent, run.parent), (Some(inner.id), Some(whole.id)));
        assert_eq!(length(whole), Duration::from_secs(9));
        assert_eq!(run.error.as_deref(), Some("exit code 3"));
        assert!(spans.iter().all(|span| span.trace == request.trace));
    }

    #[test]
    fn a_job_that_is_tried_again_has_not_ended() {
        let run = RunId { job: JobId::from_raw(71), attempt: Attempt(1) };
        let spans = of(&ended(CALLER.parse().unwrap(), run, false), NOW);
        assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["run dev"]);
    }

    #[test]
    fn a_job_that_begins_its_trace_has_no_parent() {
        let job = JobId::from_raw(71);
        let trace = TraceParent::of_job(std::num::NonZeroU128::MAX, job, true);
        let spans = of(&ended(trace, RunId { job, attempt: Attempt(1) }, true), NOW);
        assert_eq!((spans[0].parent, spans[1].parent), (None, Some(spans[0].id)));
    }

    #[test]
    fn what_is_not_sampled_is_nobodys() {
        let caller: TraceParent = CALLER.replace("-01", "-00").parse().unwrap();
        assert_eq!(of(&taken(caller, ReceiptId::from_raw(70)), NOW), []);
    }
}
