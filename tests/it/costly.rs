//! What the worst bodies cost the gate: processor time, and memory beyond their size.
//!
//! `HERDGATE_PROGRAM=target/release/herdgate cargo test --test it costly -- --ignored --nocapture`
//! measures an optimized program; without the variable it is that of the tests.

use std::{fs, path::PathBuf};

use crate::support::{Gate, Project, sign, until};

/// The largest body that is taken.
const LARGEST: usize = 25 << 20;
/// What a body may cost on an optimized program.
const MOST_SECONDS: f64 = 2.0;
const MOST_MEMORY: u64 = 150;

/// Who listens to everything, and who wants what no body has.
const LISTENERS: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"none\"]\n[[webhooks]]\nsource = \"linear\"\nlabels = [\"none\"]\n[[webhooks]]\nsource = \"sentry\"\nresources = [\"none\"]\n[[webhooks]]\nsource = \"mintlify\"\nprojects = [\"none\"]\n";
const EVERYTHING: &str = "[[webhooks]]\nsource = \"github\"\n[[webhooks]]\nsource = \"linear\"\n[[webhooks]]\nsource = \"sentry\"\n[[webhooks]]\nsource = \"mintlify\"\n";

/// A body, whose it is, and under which header.
struct Shape {
    name: &'static str,
    provider: &'static str,
    header: (&'static str, &'static str),
    body: Vec<u8>,
}

/// `before`, then as many of `item` as there is room for, with a comma between them, then `after`.
fn filled(before: &str, item: impl Fn(usize) -> Vec<u8>, after: &str) -> Vec<u8> {
    filled_by(before, item, b",", after)
}

fn filled_by(before: &str, item: impl Fn(usize) -> Vec<u8>, between: &[u8], after: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(LARGEST);
    body.extend_from_slice(before.as_bytes());
    for number in 0.. {
        let next = item(number);
        if body.len() + next.len() + between.len() + after.len() > LARGEST {
            break;
        }
        if number > 0 {
            body.extend_from_slice(between);
        }
        body.extend(next);
    }
    body.extend_from_slice(after.as_bytes());
    body
}

fn text(item: impl Fn(usize) -> String) -> impl Fn(usize) -> Vec<u8> {
    move |number| item(number).into_bytes()
}

fn shapes() -> Vec<Shape> {
    let github =
        |name, event, body| Shape { name, provider: "github", header: ("x-github-event", event), body };
    let linear = |name, body| Shape { name, provider: "linear", header: ("linear-event", "Issue"), body };
    let sentry = |name, resource, body| Shape {
        name,
        provider: "sentry",
        header: ("sentry-hook-resource", resource),
        body,
    };
    let ids = |of: &str| {
        let half = filled("", text(|number| format!("\"{of}{number}\"")), "");
        let half = &half[..half.len() / 2 - 64];
        let end = half.iter().rposition(|byte| *byte == b',').unwrap();
        String::from_utf8_lossy(&half[..end]).into_owned()
    };
    let (before, after) = (ids("b"), ids("a"));
    let deep = format!("{{\"issue\":1,\"x\":{}", "[".repeat(LARGEST - 32));
    vec![
        linear(
            "label ids that all changed",
            format!(
                r#"{{"type":"Issue","action":"update","data":{{"labelIds":[{after}]}},"updatedFrom":{{"labelIds":[{before}]}}}}"#
            )
            .into_bytes(),
        ),
        github(
            "labels",
            "issues",
            filled(r#"{"issue":{"labels":["#, text(|number| format!("{{\"name\":\"l{number}\"}}")), "]}}"),
        ),
        github(
            "zeros for repositories",
            "installation_repositories",
            filled(r#"{"repositories_added":["#, |_| b"0".to_vec(), "]}"),
        ),
        sentry(
            "codes",
            "",
            filled(r#"{"data":["#, text(|number| format!("{{\"code\":\"c{number}\"}}")), "]}"),
        ),
        sentry(
            "one code in many texts",
            "installation",
            filled(
                r#"{"data":{"installation":{"code":"c0ffee"},"texts":["#,
                text(|number| format!("\"t{number}\"")),
                "]}}",
            ),
        ),
        github("one text", "issues", filled_by(r#"{"issue":{"body":""#, |_| vec![b'a'; 64], b"", r#""}}"#)),
        github(
            "a text of escapes",
            "issues",
            filled_by(r#"{"issue":{"title":""#, |_| br"\u202e\u0000".to_vec(), b"", r#""}}"#),
        ),
        github(
            "a text that is no UTF-8",
            "issues",
            filled_by(r#"{"issue":{"body":""#, |_| vec![0xff; 64], b"", r#""}}"#),
        ),
        github(
            "halves of surrogates",
            "issues",
            filled_by(r#"{"issue":{"body":""#, |_| br"\ud83d".to_vec(), b"", r#""}}"#),
        ),
        github(
            "numbers beyond floats",
            "issues",
            filled(r#"{"issue":{"number":["#, |_| b"1e400".to_vec(), "]}}"),
        ),
        github(
            "repeated keys",
            "issues",
            filled(r#"{"issue":1,"#, text(|_| "\"issue\":1".to_owned()), "}"),
        ),
        github(
            "different keys",
            "issues",
            filled(r#"{"issue":1,"#, text(|number| format!("\"k{number}\":1")), "}"),
        ),
        github("no end of brackets", "issues", deep.into_bytes()),
        sentry(
            "tags",
            "event_alert",
            filled(
                r#"{"data":{"event":{"tags":["#,
                text(|number| format!("[\"k{number}\",\"v\"]")),
                "]}}}",
            ),
        ),
        linear(
            "former values",
            filled(
                r#"{"type":"Issue","action":"update","data":{},"updatedFrom":{"#,
                text(|number| format!("\"k{number}\":\"v\"")),
                "}}",
            ),
        ),
    ]
}

/// A number of `/proc/<pid>/status`, in MiB.
fn memory(gate: &Gate, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gate.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// The processor time of a gate so far, in seconds.
fn seconds(gate: &Gate) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", gate.pid())).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

#[test]
#[ignore = "a measurement, of an optimized program"]
fn hostile_bodies() {
    let program =
        std::env::var_os("HERDGATE_PROGRAM").map(|path| fs::canonicalize(PathBuf::from(path)).unwrap());
    let project =
        Project::new("").agent("wants", LISTENERS, "exit 0").agent("takes", EVERYTHING, "cat > /dev/null");
    let serve = || match &program {
        None => Gate::serve(&project),
        Some(program) => Gate::serve_by(
            &project,
            &["sh", "-c", "shift; exec \"$0\" \"$@\"", program.to_str().unwrap()],
            &[],
        ),
    };
    let mut over = Vec::new();
    println!("{:<28} {:>6} {:>9} {:>12} {:>7}", "", "MiB", "CPU s", "over it, MiB", "answer");
    for shape in shapes() {
        // Each meets a gate that has seen nothing, whose memory is all its own.
        let gate = serve();
        let before = (seconds(&gate), memory(&gate, "VmRSS:"));
        let signature = sign(&shape.body);
        let signed = match shape.provider {
            "github" => ("x-hub-signature-256", format!("sha256={signature}")),
            "sentry" => ("sentry-hook-signature", signature),
            _ => ("linear-signature", signature),
        };
        let headers = [shape.header, (signed.0, signed.1.as_str()), ("content-type", "application/json")];
        let path = format!("/webhooks/{}", shape.provider);
        let answer = gate.post(&path, &headers, &shape.body);
        assert!([200, 400].contains(&answer.status), "{}: {} {}", shape.name, answer.status, answer.text());
        let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
        until("it is routed", || {
            let told = gate.admin("GET", &format!("/api/v1/deliveries/{receipt}")).json();
            told["delivery"]["outcome"] != "unrouted" && told["delivery"]["outcome"] != "gapped"
        });
        let idle = || gate.metric("herdgate_executing{agent=\"takes\"}") <= 0.0;
        until("its run is over", idle);
        let size = (shape.body.len() >> 20) as u64;
        let cost = seconds(&gate) - before.0;
        let memory = memory(&gate, "VmHWM:").saturating_sub(before.1).saturating_sub(size);
        println!("{:<28} {size:>6} {cost:>9.2} {memory:>12} {:>7}", shape.name, answer.status);
        if cost > MOST_SECONDS || memory > MOST_MEMORY {
            over.push(shape.name);
        }
    }
    assert!(program.is_none() || over.is_empty(), "too much: {over:?}");
}
