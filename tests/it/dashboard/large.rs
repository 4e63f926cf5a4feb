//! A gate with a thousand agents and ten thousand deliveries: how long its pages take.
//!
//! ```sh
//! cargo test --release --test it pages_of_a_large_gate -- --ignored --nocapture
//! ```

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{labeled, sign_in::session};
use crate::support::{Gate, Project, http, until};

/// How many there are; `HERDGATE_LARGE=100,500` makes it fewer.
const SIZE: (usize, usize) = (1_000, 10_000);
/// A page may take so long, as the gate's machine would have it: in a release build.
const ALLOWED: Duration = Duration::from_millis(200);
/// Each page is asked for so often, and its middle time counts.
const TIMES: usize = 5;
const SENDERS: usize = 16;

fn size() -> (usize, usize) {
    let wanted = std::env::var("HERDGATE_LARGE").unwrap_or_default();
    let numbers = wanted
        .split_once(',')
        .and_then(|(agents, deliveries)| Some((agents.parse().ok()?, deliveries.parse().ok()?)));
    numbers.unwrap_or(SIZE)
}

/// Agents that each want a label of their own; every tenth is tried, and a hundredth of all deliveries
/// fail. One wants everything, and is so slow that all of it waits.
fn project(agents: usize) -> Project {
    let slow = "work_queue_size = 100000\n[[webhooks]]\nsource = \"github\"\n";
    let mut project = Project::new("max_runs = 4\n").agent("slow", slow, "sleep 100000");
    for number in 0..agents {
        let config = format!(
            "schedule = \"{} 3 * * *\"\n[retry]\nattempts = 1\n[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nlabels = [\"l-{number}\"]\n",
            number % 60
        );
        let script = if number.is_multiple_of(100) { "echo no; exit 3" } else { "true" };
        project = project.agent(&format!("agent-{number:04}"), &config, script);
    }
    project
}

fn deliver_all(gate: &Gate, agents: usize, deliveries: usize) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= deliveries {
                        return;
                    }
                    let label = if number.is_multiple_of(10) {
                        format!("l-{}", number % agents)
                    } else {
                        "none".to_owned()
                    };
                    let body = labeled(&format!("Issue {number}"), &label);
                    assert_eq!(gate.github("issues", &format!("id-{number}"), &body).status, 200);
                }
            });
        }
    });
}

#[test]
#[ignore = "measures"]
fn pages_of_a_large_gate_take_no_longer_than_they_may() {
    let (agents, deliveries) = size();
    let project = project(agents);
    let gate = Gate::serve(&project);
    let begun = Instant::now();
    deliver_all(&gate, agents, deliveries);
    println!("{agents} agents, {deliveries} deliveries in {:.1} s", begun.elapsed().as_secs_f64());
    let ended = deliveries / 10;
    until("the quick ones ran", || {
        let page = gate.admin("GET", "/metrics").text();
        let runs = page.lines().filter(|line| line.starts_with("herdgate_runs_total{"));
        runs.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum::<usize>() >= ended
    });
    let session = session(&gate);
    let delivery = gate.admin("GET", "/api/v1/deliveries?limit=1").json()["items"][0]["id"].clone();
    let delivery = delivery.as_str().unwrap();
    let more = [
        "/dashboard/deliveries?text=nothing+says+this",
        "/dashboard/deliveries?outcome=matched&since=24h",
        "/dashboard/deliveries/{delivery}?judged=today&all=1",
        "/dashboard/jobs?state=waiting",
        "/dashboard/agents/slow",
        "/dashboard/agents?page=9",
        "/dashboard/bulk/new?of=deliveries&since=24h",
    ];
    let mut slow = Vec::new();
    for path in super::screenshots::PATHS.iter().chain(&more) {
        let path = path
            .replace("{delivery}", delivery)
            .replace("/triage", "/agent-0001")
            .replace("+triage", "+agent-0001");
        let mut times: Vec<_> = (0..TIMES)
            .map(|_| {
                let begun = Instant::now();
                let answer = http::request(gate.admin, "GET", &path, &[("cookie", &session)], b"").unwrap();
                let took = begun.elapsed();
                assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                (took, answer.body.len())
            })
            .collect();
        times.sort();
        let (took, bytes) = times[TIMES / 2];
        println!("{:>8.1} ms  {:>7} bytes  {path}", took.as_secs_f64() * 1e3, bytes);
        if took > ALLOWED {
            slow.push(path);
        }
    }
    if cfg!(debug_assertions) {
        println!("a debug build, so nothing is held against it: {slow:#?}");
    } else {
        assert!(slow.is_empty(), "slower than {ALLOWED:?}: {slow:#?}");
    }
}
