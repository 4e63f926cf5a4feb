//! Bounded memory, whatever comes.
//!
//! `cargo test --release --test it overload -- --ignored --nocapture --test-threads 1` prints the
//! figures of the large versions.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Gate, PATIENCE, Project, http::connect, within};

const EVERYTHING: &str = "[[webhooks]]\nsource = \"github\"\n";

/// The resident memory of a gate, in MiB.
fn resident(gate: &Gate) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gate.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Sends a body of `megabytes` with a signature that is not ours, and reads the answer.
fn forge(gate: &Gate, megabytes: usize) -> Option<String> {
    let mut connection = connect(gate.public).ok()?;
    let head = format!(
        "POST /webhooks/github HTTP/1.1\r\nhost: x\r\nx-github-event: push\r\nx-hub-signature-256: sha256={}\r\ncontent-length: {}\r\n\r\n",
        "00".repeat(32),
        megabytes << 20,
    );
    connection.write_all(head.as_bytes()).ok()?;
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..megabytes {
        if connection.write_all(&piece).is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[9..]).into_owned())
}

/// Floods a gate with forged bodies for a while; the most memory it had, and how many came.
fn flood(gate: &Gate, senders: usize, megabytes: usize, span: Duration) -> (u64, usize) {
    let (over, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    if let Some(status) = forge(gate, megabytes) {
                        // 408 on a busy machine: whoever is slowest gives way to newcomers.
                        assert!(["401", "408", "503"].contains(&status.as_str()), "{status}");
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let mut most = 0;
        within(span, || {
            most = most.max(resident(gate));
            false
        });
        over.store(true, Ordering::Relaxed);
        (most, count.load(Ordering::Relaxed))
    })
}

#[test]
fn a_flood_of_forged_bodies_takes_bounded_memory_and_shuts_nobody_out() {
    let project = Project::new("").agent("dev", EVERYTHING, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let before = resident(&gate);
    thread::scope(|scope| {
        let flooding = scope.spawn(|| flood(&gate, 16, 20, Duration::from_secs(2)));
        while !flooding.is_finished() {
            let id = fastrand::u64(..).to_string();
            assert_eq!(gate.github("issues", &id, "{}").status, 200, "a real delivery was shut out");
        }
        let (most, count) = flooding.join().unwrap();
        // 64 MiB of unverified bodies, as much again for buffers in all stages, and some air.
        assert!(most - before < 256, "{before} MiB before, {most} MiB at most, {count} bodies");
    });
}

#[test]
#[ignore = "a measurement of ten seconds"]
fn measure_a_flood_of_forged_bodies() {
    let project = Project::new("").agent("dev", EVERYTHING, "true");
    let gate = Gate::serve(&project);
    let before = resident(&gate);
    let (most, count) = flood(&gate, 64, 25, Duration::from_secs(10));
    println!(
        "{before} MiB before, {most} MiB at most during {count} forged bodies of 25 MiB from 64 senders"
    );
}

#[test]
#[ignore = "a measurement that needs 21,000 descriptors"]
fn measure_nine_thousand_idle_connections() {
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(40_000), maximum: Some(40_000) },
    );
    let project = Project::new("").agent("dev", EVERYTHING, "true");
    let gate = Gate::serve(&project);
    let before = resident(&gate);
    let idle: Vec<TcpStream> = (0..9_000).map_while(|_| TcpStream::connect(gate.public).ok()).collect();
    let begun = Instant::now();
    let answered = gate.try_github("issues", "while idle", "{}");
    println!(
        "{before} MiB before, {} MiB with {} idle connections; a delivery is answered {answered:?} after {:?}",
        resident(&gate),
        idle.len(),
        begun.elapsed()
    );
}

#[test]
fn what_was_answered_during_a_long_overload_still_runs() {
    // A parser that holds one message, and more senders than it can serve, for longer than a
    // delivery is routed again by itself.
    let wanted = "scale = 4\n[[webhooks]]\nsource = \"github\"\nlabels = [\"wanted\"]\n";
    let project =
        Project::new("[mailboxes]\nparser = 1\n").agent("dev", wanted, "echo $HERDGATE_RUN_ID > $REPORTS");
    let gate = Gate::serve(&project);
    let over = AtomicBool::new(false);
    let padding = "x".repeat(60_000);
    let noise = format!(r#"{{"action":"labeled","issue":{{"number":1,"body":"{padding}"}}}}"#);
    let body = r#"{"action":"labeled","issue":{"number":1,"labels":[{"name":"wanted"}]}}"#;
    let answered = thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    gate.try_github("issues", &fastrand::u64(..).to_string(), &noise);
                }
            });
        }
        let mut answered = 0;
        within(Duration::from_secs(16), || {
            let id = format!("wanted {}", fastrand::u64(..));
            answered += usize::from(gate.try_github("issues", &id, body) == Some(200));
            false
        });
        over.store(true, Ordering::Relaxed);
        answered
    });
    assert!(answered > 0);
    let ran = || gate.list("jobs?agent=dev&limit=1000&state=completed").len();
    // As long as it goes on: a busy machine may take its time for hundreds of runs.
    let mut seen = ran();
    while seen < answered.min(1000) && within(PATIENCE, || ran() > seen) {
        seen = ran();
    }
    let mut states = std::collections::BTreeMap::<String, usize>::new();
    for job in gate.list("jobs?agent=dev&limit=1000") {
        *states.entry(format!("{} {}", job["state"], job["reason"])).or_default() += 1;
    }
    let lost = gate.list("deliveries?outcome=quarantined&limit=3");
    assert_eq!(ran(), answered.min(1000), "of {answered} that were answered 200: {states:?}, {lost:?}");
}

#[test]
fn three_hundred_agents_that_match_one_delivery_fail_none_of_their_runs() {
    let config = format!("{EVERYTHING}[retry]\nattempts = 1\n");
    let project = (0..300).fold(Project::new(""), |project, number| {
        project.agent(&format!("agent-{number}"), &config, "exit 0")
    });
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "one", "{}").json()["matched"], 300);
    let count = |state: &str| gate.list(&format!("jobs?limit=1000&state={state}")).len();
    crate::support::until("every job ends", || count("completed") + count("discarded") == 300);
    assert_eq!(count("discarded"), 0, "{}", project.herdgate(&["dead", "list"]));
}
