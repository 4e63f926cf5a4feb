//! What one client, or somebody who types a wrong name, must not be able to do at the doors.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::support::{
    Gate, Project,
    http::{connect, read, request},
    named, sign,
};

const EVERYTHING: &str = "[[webhooks]]\nsource = \"github\"\n";
/// An honest delivery gets through within this, whoever else is at the door: sooner than those who
/// stall are given up, on a machine that has other things to do too.
const HONEST: Duration = Duration::from_secs(4);

fn gate(config: &str) -> (Project, Gate) {
    let project = Project::new(config);
    let gate = Gate::serve(&project);
    (project, gate)
}

fn gateway(keys: &str) -> String {
    format!("[gateway]\nhost = \"127.0.0.1\"\nport = 0\nadmin_port = 0\n{keys}\n")
}

/// This many descriptors for the test itself.
fn need_descriptors(count: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum: limit.maximum }).unwrap();
    }
}

/// Begins a forged delivery of `announced` bytes, sends the first `sent` of them, and stalls.
fn stall(gate: &Gate, announced: usize, sent: usize, header: &str) -> TcpStream {
    let mut connection = connect(gate.public).unwrap();
    let head = format!(
        "POST /webhooks/github HTTP/1.1\r\nhost: x\r\nx-github-event: push\r\nx-hub-signature-256: sha256=00\r\n{header}content-length: {announced}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    // Some of them give way while they still send.
    let _ = connection.write_all(&vec![b'a'; sent]);
    connection
}

/// A JSON body of about this many bytes.
fn body_of(bytes: usize) -> String {
    json!({ "action": "opened", "padding": "a".repeat(bytes) }).to_string()
}

fn honest_deliveries_get_through(gate: &Gate) {
    for bytes in [200, 70 * 1024, 2 << 20] {
        let begun = Instant::now();
        let status = gate.try_github("issues", &format!("{bytes} {begun:?}"), &body_of(bytes));
        assert_eq!(status, Some(200), "a delivery of {bytes} bytes after {:?}", begun.elapsed());
        assert!(begun.elapsed() < HONEST, "a delivery of {bytes} bytes took {:?}", begun.elapsed());
    }
}

#[test]
fn large_bodies_that_stall_shut_nobody_out() {
    let (_project, gate) = gate("");
    let piece = (16 << 20) + 64 * 1024;
    let stalled: Vec<_> = (0..10).map(|_| stall(&gate, 25 << 20, piece, "")).collect();
    honest_deliveries_get_through(&gate);
    drop(stalled);
}

#[test]
fn a_thousand_small_bodies_that_stall_shut_nobody_out() {
    need_descriptors(2_000);
    let (_project, gate) = gate("");
    let stalled: Vec<_> = (0..1_500).map(|_| stall(&gate, 1 << 20, 64 * 1024, "")).collect();
    honest_deliveries_get_through(&gate);
    drop(stalled);
}

#[test]
fn idle_connections_that_take_all_slots_shut_nobody_out() {
    let (_project, gate) = gate(&gateway("max_connections = 20"));
    let idle: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = connect(gate.public).unwrap();
            connection.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut answer = [0; 15];
            connection.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200 OK");
            connection
        })
        .collect();
    honest_deliveries_get_through(&gate);
    drop(idle);
}

#[test]
fn connections_that_say_nothing_give_way_when_there_are_no_more_slots() {
    let (_project, gate) = gate(&gateway("max_connections = 20"));
    let silent: Vec<_> = (0..20).map(|_| connect(gate.public).unwrap()).collect();
    honest_deliveries_get_through(&gate);
    drop(silent);
}

#[test]
fn an_idle_connection_is_closed_within_seconds_and_sooner_if_it_never_delivered() {
    let (_project, gate) = gate("");
    let mut visitor = connect(gate.public).unwrap();
    visitor.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let begun = Instant::now();
    // To its end: the answer, and then that the gate hangs up.
    read(&mut visitor).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let mut deliverer = connect(gate.public).unwrap();
    deliverer.write_all(&signed_request("kept", "{\"issue\":1}")).unwrap();
    let begun = Instant::now();
    assert_eq!(read(&mut deliverer).unwrap().status, 200);
    let kept = begun.elapsed();
    assert!(kept > Duration::from_secs(3) && kept < Duration::from_secs(8), "{kept:?}");
}

#[test]
fn a_body_that_stops_coming_is_given_up_after_five_seconds() {
    let (_project, gate) = gate("");
    let begun = Instant::now();
    let mut connection = stall(&gate, 1000, 10, "");
    assert_eq!(read(&mut connection).unwrap().status, 408);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn one_client_behind_a_proxy_has_a_quarter_of_the_memory_for_bodies() {
    let (_project, gate) = gate(&gateway("trusted_proxies = [\"127.0.0.1\"]\nbody_limit = \"4MiB\""));
    // The pool has 64 MiB, so four of these are a quarter of it.
    let greedy = "x-forwarded-for: 192.0.2.1, 203.0.113.7\r\n";
    let mut stalled: Vec<_> = (0..4).map(|_| stall(&gate, 4 << 20, (4 << 20) - 1024, greedy)).collect();
    // They are slow only after a moment, which the fifth spends with sending.
    let begun = Instant::now();
    let mut answered = 0;
    while answered == 0 && begun.elapsed() < Duration::from_secs(4) {
        stalled.push(stall(&gate, 4 << 20, 1 << 20, greedy));
        for connection in &mut stalled {
            connection.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let mut status = [0; 12];
            if connection.read_exact(&mut status).is_ok() {
                assert!(status.ends_with(b"408") || status.ends_with(b"503"), "{status:?}");
                answered += 1;
            }
        }
    }
    assert!(answered > 0, "one client held more than its share");
    honest_deliveries_get_through(&gate);
}

#[test]
fn a_form_three_times_as_long_as_the_largest_body_is_taken() {
    // Without a secret, because a test build takes long to hash it.
    let (_project, gate) = gate(&gateway("[webhooks.open]\ntype = \"github\""));
    let form = format!("payload=%7B%22issue%22%3A1%2C%22x%22%3A%22{}%22%7D", "a".repeat(70 << 20));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-github-event", "issues"),
        ("x-github-delivery", "form"),
    ];
    assert_eq!(gate.post("/webhooks/github/open", &headers, form.as_bytes()).status, 200);
    let linear = [("content-type", "application/x-www-form-urlencoded"), ("linear-signature", "00")];
    let answer = gate.post("/webhooks/linear", &linear, &form.as_bytes()[..30 << 20]);
    assert_eq!(answer.status, 413, "who sends no forms has no longer limit for them");
}

#[test]
fn a_trailing_slash_changes_nothing() {
    let (_project, gate) = gate("");
    for path in ["/webhooks/github/", "/webhooks/github/github/"] {
        let signature = format!("sha256={}", sign(b"{\"issue\":1}"));
        let headers = [("x-github-event", "issues"), ("x-hub-signature-256", signature.as_str())];
        assert_eq!(gate.post(path, &headers, b"{\"issue\":1}").status, 200, "{path}");
    }
}

#[test]
fn a_websocket_is_refused_at_once() {
    let (_project, gate) = gate("");
    let mut connection = connect(gate.public).unwrap();
    let begun = Instant::now();
    connection
        .write_all(b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\nx-hub-signature-256: sha256=00\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        .unwrap();
    assert_eq!(read(&mut connection).unwrap().status, 400);
    assert!(begun.elapsed() < HONEST, "{:?}", begun.elapsed());
}

/// A signed delivery on a connection that stays open.
fn signed_request(id: &str, body: &str) -> Vec<u8> {
    let body = named(id, body);
    format!(
        "POST /webhooks/github HTTP/1.1\r\nhost: x\r\nx-github-event: issues\r\nx-github-delivery: {id}\r\nx-hub-signature-256: sha256={}\r\ncontent-length: {}\r\n\r\n{body}",
        sign(body.as_bytes()),
        body.len()
    )
    .into_bytes()
}

#[test]
fn while_draining_deliveries_are_taken_to_the_last_and_run_in_the_next_life() {
    let script = "test -e ../../../../over || { mkfifo go; echo $PWD/go > $REPORTS; read line < go; }; echo ended > $REPORTS";
    let project = Project::new("").agent("dev", EVERYTHING, script);
    let mut gate = Gate::serve(&project);
    let body = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    assert_eq!(gate.github("issues", "first", body).json()["matched"], 1);
    let go = project.report();
    let mut kept = connect(gate.public).unwrap();
    kept.write_all(&signed_request("kept one", body)).unwrap();
    let mut first = [0; 15];
    kept.read_exact(&mut first).unwrap();

    gate.signal(Signal::TERM);
    let until = Instant::now() + Duration::from_secs(20);
    while gate.admin("GET", "/readyz").text() != "draining\n" {
        assert!(Instant::now() < until, "{:?}", gate.log());
    }
    assert_eq!(gate.admin("GET", "/readyz").status, 503);
    let new = gate.github("issues", "new", body);
    assert_eq!((new.status, &new.json()["matched"]), (200, &json!(1)));
    kept.write_all(&signed_request("kept two", body)).unwrap();
    let last = String::from_utf8(read(&mut kept).unwrap().body).unwrap().to_lowercase();
    assert!(last.contains("connection: close"), "{last}");

    std::fs::write(project.path().join("over"), "").unwrap();
    std::fs::write(go, "go\n").unwrap();
    assert_eq!(project.report(), "ended");
    assert!(gate.wait().success());
    let _next = Gate::serve(&project);
    assert_eq!([project.report(), project.report(), project.report()], ["ended"; 3]);
}

#[test]
fn too_few_open_files_end_the_program_with_words() {
    let project = Project::new("");
    let output = Command::new("/bin/sh")
        .args(["-c", "ulimit -n 32; exec \"$0\" serve --config \"$1\"", env!("CARGO_BIN_EXE_herdgate")])
        .arg(project.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("ulimit -n") && !told.contains("panicked"), "{told}");
}

#[test]
fn the_admin_door_answers_only_under_its_own_names() {
    let (_project, gate) = gate(&gateway("admin_hosts = [\"gate.internal\"]"));
    let ask = |host: &str| {
        let mut connection = connect(gate.admin).unwrap();
        let head = format!("GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).unwrap();
        read(&mut connection).unwrap()
    };
    for host in ["evil.example", "evil.example:8081", "localhost.evil.example"] {
        let refused = ask(host);
        assert_eq!(refused.status, 421, "{host}");
        assert!(!refused.text().contains("herdgate_"), "{}", refused.text());
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]", "gate.internal:8081"] {
        assert_eq!(ask(host).status, 200, "{host}");
    }
}

#[test]
fn a_mistyped_parameter_is_an_error_that_names_it() {
    let (_project, gate) = gate("");
    for (method, path) in [
        ("POST", "/api/v1/dead-letters/dismiss?agnet=dev"),
        ("GET", "/api/v1/deliveries?agnet=dev"),
        ("GET", "/api/v1/runs?agnet=dev"),
        ("POST", "/api/v1/agents/dev/runs?agnet=dev"),
    ] {
        let answer = gate.admin(method, path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text().contains("agnet"), "{}", answer.text());
    }
}

#[test]
fn what_is_done_to_many_names_exactly_whose() {
    let (project, gate) = gate("");
    for query in ["", "?agent=dev&all=true", "?all=false", "?agent="] {
        let answer = gate.admin("POST", &format!("/api/v1/dead-letters/dismiss{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("all=true"), "{}", answer.text());
    }
    assert_eq!(gate.admin("POST", "/api/v1/dead-letters/dismiss?all=true").json(), json!({ "jobs": [] }));
    assert_eq!(gate.admin("POST", "/api/v1/dead-letters/retry?agent=dev").json(), json!({ "jobs": [] }));
    let told: Value =
        serde_json::from_str(&project.herdgate(&["dead", "dismiss", "--all", "--json"])).unwrap();
    assert_eq!((&told["total"], &told["done"]), (&json!(0), &json!(0)));
}

#[test]
fn a_command_shows_its_key_to_nobody_but_a_living_gate() {
    let (project, gate) = gate("");
    let there = std::fs::read_to_string(project.data().join("listening.json")).unwrap();
    let admin = gate.admin;
    gate.kill();
    // Somebody else takes the port of a gate that crashed.
    let impostor = TcpListener::bind(admin).unwrap();
    impostor.set_nonblocking(true).unwrap();
    assert_eq!(std::fs::read_to_string(project.data().join("listening.json")).unwrap(), there);
    let output = Command::new(env!("CARGO_BIN_EXE_herdgate"))
        .args(["dead", "replay", "--all"])
        .env("HERDGATE_CONFIG", project.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(impostor.accept().is_err(), "it was asked");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no gate serves"), "{told}");
}

#[test]
fn a_door_that_cannot_open_ends_the_program() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let project = Project::new(&format!("[gateway]\nhost = \"127.0.0.1\"\nport = {port}\nadmin_port = 0\n"));
    assert!(Gate::try_serve(&project, &[]).is_none());
}

#[test]
fn a_sender_that_hangs_up_leaves_nothing_behind() {
    let (_project, gate) = gate("");
    for _ in 0..20 {
        let connection = stall(&gate, 25 << 20, 20 << 20, "");
        connection.shutdown(Shutdown::Both).unwrap();
    }
    honest_deliveries_get_through(&gate);
    let metrics =
        thread::scope(|scope| scope.spawn(|| request(gate.admin, "GET", "/metrics", &[], b"")).join());
    assert_eq!(metrics.unwrap().unwrap().status, 200);
}

#[test]
fn a_delivery_is_refused_aloud_when_one_of_its_sources_is_over_its_limit() {
    let limit = "[webhooks.narrow]\ntype = \"github\"\ncredential = \"it\"\nrate_limit = { per_second = 1, burst = 1 }";
    let (_project, gate) = gate(&gateway(limit));
    let statuses: Vec<_> =
        (0..4).map(|id| gate.github("issues", &format!("limited {id}"), "{}").status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    let refused = gate.admin("GET", "/metrics").text();
    let series =
        r#"herdgate_deliveries_total{type="github",source="narrow",outcome="refused",reason="rate_limited"}"#;
    let count = refused.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_default();
    assert!(count.trim().parse::<u32>().is_ok_and(|count| count > 0), "{refused}");
    assert_eq!(gate.post("/webhooks/github/github", &[], b"").status, 401, "others are as they were");
}

#[test]
fn the_parsers_of_a_provider_share_one_series_whichever_worker_they_serve() {
    let (_project, gate) = gate("");
    for id in 0..10 {
        assert_eq!(gate.github("issues", &format!("parsed {id}"), "{}").status, 200);
    }
    let metrics = gate.admin("GET", "/metrics").text();
    let of_parsers: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("herdgate_mailbox_accepted_total{actor=\"parser\""))
        .collect();
    let github = r#"herdgate_mailbox_accepted_total{actor="parser",name="github"} 10"#;
    assert!(of_parsers.contains(&github), "{of_parsers:?}");
    assert_eq!(of_parsers.len(), 4, "one for each provider with sources: {of_parsers:?}");
    assert!(metrics.contains(r#"herdgate_mailbox_depth{actor="parser",name="github"} 0"#), "{metrics}");
}
