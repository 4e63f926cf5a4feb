//! One trace from the request to the end of the run, for a collector that may be away.

use std::{net::TcpListener, time::Instant};

use opentelemetry_proto::tonic::{common::v1::any_value::Value, trace::v1::Span};
use rustix::process::Signal;

use crate::support::{Collector, Gate, Project, named, sign, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const BODY: &str = "{\"action\":\"opened\",\"issue\":{}}";

/// A project whose traces go to `endpoint`.
fn project(endpoint: &str) -> Project {
    Project::new(&format!("telemetry = {{ otlp_endpoint = \"{endpoint}\" }}\n"))
}

/// Delivers as GitHub does, with a trace of the sender's own.
fn deliver_within(trace: &str, gate: &Gate, id: &str) -> u16 {
    let body = named(id, BODY);
    let signature = format!("sha256={}", sign(body.as_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("x-github-delivery", id),
        ("x-hub-signature-256", signature.as_str()),
        ("traceparent", trace),
    ];
    gate.post("/webhooks/github", &headers, body.as_bytes()).status
}

/// The spans of this name, once there are as many.
fn await_spans(collector: &Collector, name: &str, count: usize) -> Vec<Span> {
    let find = || collector.spans().into_iter().filter(|span| span.name == name).collect::<Vec<_>>();
    until(name, || find().len() >= count);
    find()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key).unwrap();
    match found.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn a_delivery_is_one_trace_from_its_sender_to_the_end_of_its_run() {
    let collector = Collector::new();
    let once = format!("{ANY}[retry]\nattempts = 1\n");
    let project = project(&collector.url())
        .agent("dev", &once, "echo $TRACEPARENT > $REPORTS; exit 3")
        .agent("other", &once, "true");
    let gate = Gate::serve_with(&project, &[("OTEL_EXPORTER_OTLP_HEADERS", "x-token=of-the-collector")]);
    assert_eq!(deliver_within(CALLER, &gate, "one"), 200);
    let told = project.report();

    let run = await_spans(&collector, "run dev", 1).remove(0);
    let job = await_spans(&collector, "job dev", 1).remove(0);
    let receipt = await_spans(&collector, "receipt", 1).remove(0);
    let request = await_spans(&collector, "POST /webhooks/github", 1).remove(0);
    assert_eq!(hex(&request.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(receipt.parent_span_id, request.span_id);
    assert_eq!(job.parent_span_id, receipt.span_id);
    assert_eq!(run.parent_span_id, job.span_id);
    for span in [&request, &receipt, &job, &run] {
        assert_eq!(hex(&span.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736", "{}", span.name);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
    }
    assert_eq!(told, format!("00-{}-{}-01", hex(&run.trace_id), hex(&run.span_id)));
    assert_eq!(run.status.clone().unwrap().message, "exit code 3");
    assert_eq!(attribute(&receipt, "herdgate.delivery_id"), "one");
    assert_eq!(attribute(&run, "herdgate.outcome"), "failed");
    assert_eq!(await_spans(&collector, "job other", 1)[0].parent_span_id, receipt.span_id);
    assert!(collector.services().iter().all(|name| name == "herdgate"), "{:?}", collector.services());
    let headers = collector.headers();
    assert!(headers.contains(&"x-token: of-the-collector".to_owned()), "{headers:?}");
    assert!(headers.iter().any(|line| line.starts_with("POST /v1/traces")), "{headers:?}");
    // Logs lead to the trace and back.
    gate.logged(&["took a delivery", "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""]);
    gate.logged(&["run ended", "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""]);
    until("they are counted", || gate.metric("herdgate_spans_exported_total") >= 6.0);
}

#[test]
fn a_trace_goes_on_in_the_next_life() {
    let collector = Collector::new();
    let script = "echo $TRACEPARENT > $REPORTS; [ $HERDGATE_ATTEMPT = 2 ] || sleep 600";
    let project = project(&collector.url()).agent("dev", ANY, script);
    let gate = Gate::serve(&project);
    assert_eq!(deliver_within(CALLER, &gate, "one"), 200);
    let first = project.report();
    await_spans(&collector, "receipt", 1);
    gate.kill();

    let _gate = Gate::serve(&project);
    let second = project.report();
    let run = await_spans(&collector, "run dev", 1).remove(0);
    let job = await_spans(&collector, "job dev", 1).remove(0);
    let receipt = await_spans(&collector, "receipt", 1).remove(0);
    assert_eq!(hex(&run.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(run.parent_span_id, job.span_id);
    assert_eq!(job.parent_span_id, receipt.span_id, "made by the life before");
    assert_eq!(attribute(&run, "herdgate.attempt"), "IntValue(2)");
    let (first, second) = (first.split('-').collect::<Vec<_>>(), second.split('-').collect::<Vec<_>>());
    assert_eq!((first[1], second[1]), (hex(&run.trace_id).as_str(), hex(&run.trace_id).as_str()));
    assert_eq!(second[2], hex(&run.span_id));
    assert_ne!(first[2], second[2], "each attempt is a span of its own");
    assert!(
        job.end_time_unix_nano - job.start_time_unix_nano > run.end_time_unix_nano - run.start_time_unix_nano
    );
}

#[test]
fn what_nobody_sent_begins_a_trace_of_its_own_and_what_is_not_sampled_is_not_sent() {
    let collector = Collector::new();
    let project = project(&collector.url()).agent("dev", ANY, "echo $TRACEPARENT > $REPORTS");
    let gate = Gate::serve(&project);
    assert_eq!(deliver_within(&CALLER.replace("-01", "-00"), &gate, "unsampled"), 200);
    let told = project.report();
    assert!(told.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && told.ends_with("-00"), "{told}");
    assert_eq!(deliver_within("nonsense", &gate, "nonsense"), 200);
    let told = project.report();
    let receipt = await_spans(&collector, "receipt", 1).remove(0);
    assert_eq!(told.split('-').nth(1).unwrap(), hex(&receipt.trace_id));
    assert_eq!(gate.admin("POST", "/api/v1/agents/dev/runs").status, 200);
    let by_hand = project.report();
    let job = await_spans(&collector, "job dev", 2).remove(1);
    assert_eq!(by_hand.split('-').nth(1).unwrap(), hex(&job.trace_id));
    assert!(job.parent_span_id.is_empty(), "it begins its trace");
    assert!(
        collector.spans().iter().all(|span| hex(&span.trace_id) != "4bf92f3577b34da6a3ce929d0e0e4736"),
        "its sender did not want it recorded"
    );
}

#[test]
fn without_a_collector_a_trace_is_passed_on_and_none_begun() {
    let script = "echo trace:$TRACEPARENT > $REPORTS";
    let project = Project::new("").agent("dev", ANY, script);
    let gate = Gate::serve(&project);
    assert_eq!(deliver_within(CALLER, &gate, "one"), 200);
    assert!(project.report().starts_with("trace:00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert_eq!(gate.github("issues", "two", BODY).status, 200);
    assert_eq!(project.report(), "trace:");
}

#[test]
fn a_collector_that_is_wrong_or_silent_costs_spans_and_nothing_else() {
    let collector = Collector::new();
    collector.answer(503);
    let project = project(&collector.url()).agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    for id in 0..20 {
        assert_eq!(gate.github("issues", &id.to_string(), BODY).status, 200);
        assert_eq!(project.report(), "ran");
    }
    gate.logged(&["WARN", "spans are lost"]);
    until("what is lost is counted", || {
        gate.metric("herdgate_spans_dropped_total{reason=\"refused\"}") > 0.0
    });
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    collector.answer(200);
    assert_eq!(gate.github("issues", "later", BODY).status, 200);
    until("it is told again", || {
        collector
            .spans()
            .iter()
            .any(|span| span.name == "receipt" && attribute(span, "herdgate.delivery_id") == "later")
    });
    drop(gate);

    // One that takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let project = self::project(&endpoint).agent("dev", ANY, "echo ran > $REPORTS");
    let mut gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "silent", BODY).status, 200);
    assert_eq!(project.report(), "ran");
    let begun = Instant::now();
    gate.signal(Signal::TERM);
    let status = gate.wait();
    assert!(status.success(), "{status}");
    assert!(begun.elapsed().as_secs() < 20, "its end does not wait for the collector");
}
