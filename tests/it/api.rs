//! The control API: pages, problems, keys, the audit, signals, logs, bulk actions.

use std::{
    io::{BufRead, BufReader, Write},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Gate, PATIENCE, Project, http, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";
const NEVER: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"never\"]\n";

fn deliver(gate: &Gate, id: &str, repo: &str) -> String {
    let body = format!(
        "{{\"action\":\"opened\",\"repository\":{{\"full_name\":\"{repo}\"}},\"issue\":{{\"number\":1,\"title\":\"about {id}\"}}}}"
    );
    let answer = gate.github("issues", id, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["receipt"].as_str().unwrap().to_owned()
}

fn get(gate: &Gate, path: &str) -> Value {
    let answer = gate.admin("GET", &format!("/api/v1/{path}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn with_key(gate: &Gate, key: &str, method: &str, path: &str) -> http::Response {
    let bearer = format!("Bearer {}", key.trim());
    http::request(gate.admin, method, &format!("/api/v1/{path}"), &[("authorization", &bearer)], b"").unwrap()
}

#[test]
fn lists_come_in_pages_that_meet_every_row_once_and_say_how_many_more_there_are() {
    let project = Project::new("").agent("dev", NEVER, "true");
    let gate = Gate::serve(&project);
    let mut sent: Vec<_> = (0..7).map(|n| deliver(&gate, &format!("id {n}"), "acme/app")).collect();
    sent.reverse();
    let (mut met, mut after, mut behind) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = get(&gate, &format!("deliveries?limit=3{after}"));
        met.extend(
            page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        behind.push(page["more"].as_u64().unwrap());
        assert_eq!(page["more_is_capped"], false);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!((met, behind), (sent, vec![4, 1, 0]));
}

#[test]
fn deliveries_are_found_by_what_they_say() {
    let project = Project::new("").agent("dev", ANY, "true").agent("never", NEVER, "true");
    let gate = Gate::serve(&project);
    let app = deliver(&gate, "guid-1", "acme/app");
    let web = deliver(&gate, "guid-2", "acme/web");
    gate.github("issues", "guid-1", "{}");
    let found = |query: &str| -> Vec<String> {
        let rows = gate.list(&format!("deliveries?{query}"));
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("repo=acme/web"), [web.as_str()]);
    assert_eq!(found("delivery_id=guid-2"), [web.as_str()]);
    assert_eq!(found("text=ABOUT+guid-1"), [app.as_str()]);
    assert_eq!(found("outcome=matched&source=github&agent=dev&event=issues"), [web.as_str(), app.as_str()]);
    assert_eq!(found("outcome=unmatched"), [] as [&str; 0]);
    assert_eq!(found("until=2001-01-01T00:00:00Z"), [] as [&str; 0]);
    assert_eq!(found("since=2001-01-01T00:00:00Z&repo=acme/app"), [app.as_str()]);

    let detail = get(&gate, &format!("deliveries/{app}"));
    assert_eq!(
        (&detail["delivery_id"], &detail["delivery"]["title"]),
        (&json!("guid-1"), &json!("about guid-1"))
    );
    let verdict = |list: &str, agent: &str| {
        let verdicts = detail[list].as_array().unwrap().clone();
        verdicts.into_iter().find(|verdict| verdict["agent"] == agent).map(|found| found["verdict"].clone())
    };
    assert_eq!(verdict("verdicts", "dev"), Some(json!("matched")));
    assert_eq!(
        (verdict("today", "dev"), verdict("today", "never")),
        (Some(json!("matched")), Some(json!("refused")))
    );
    let headers = detail["headers"].to_string();
    assert!(headers.contains("x-github-event") && !headers.contains("signature"), "{headers}");
    let body = gate.admin("GET", &format!("/api/v1/deliveries/{app}/body"));
    assert!(body.text().contains("about guid-1"), "{}", body.text());
    assert!(
        body.head.to_lowercase().contains("nosniff") && body.head.contains("attachment"),
        "{}",
        body.head
    );
}

#[test]
fn what_goes_wrong_is_a_problem_with_a_type_that_is_explained() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    for (method, path, status, slug, known) in [
        ("GET", "jobs?stat=available", 400, "unknown-parameter", Some("state")),
        ("GET", "jobs?state=waiting", 400, "invalid-request", None),
        ("GET", "jobs?limit=0", 400, "invalid-request", None),
        ("GET", "jobs?agent=nobody", 400, "unknown-name", Some("dev")),
        ("GET", "deliveries?source=nowhere", 400, "unknown-name", Some("github")),
        ("GET", "deliveries?since=yesterday", 400, "invalid-request", None),
        ("GET", "runs?after=somewhere", 400, "invalid-cursor", None),
        ("GET", "audit?after=somewhere", 400, "invalid-cursor", None),
        ("GET", "audit?limit=many", 400, "invalid-request", None),
        ("GET", "audit?who=me", 400, "unknown-parameter", Some("since")),
        ("GET", "agents/nobody", 404, "unknown-agent", Some("dev")),
        ("GET", "sources/nowhere", 404, "unknown-source", Some("github")),
        ("GET", "jobs/not-an-id", 404, "unknown-job", None),
        ("GET", "deliveries/0000000000001", 404, "unknown-delivery", None),
        ("GET", "runs/0000000000001-1", 404, "unknown-run", None),
        ("GET", "bulk/0000000000001", 404, "unknown-bulk", None),
        ("GET", "nothing", 404, "unknown-path", None),
        ("DELETE", "jobs", 405, "method-not-allowed", None),
        ("GET", "agents/dev/pause", 405, "method-not-allowed", None),
    ] {
        let answer = gate.admin(method, &format!("/api/v1/{path}"));
        let problem = answer.json();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.head.contains("application/problem+json"), "{path}: {}", answer.head);
        assert_eq!(problem["type"], format!("/api/v1/problems/{slug}"), "{path}: {problem}");
        assert_eq!(problem["status"], status, "{path}");
        if let Some(known) = known {
            assert!(problem["known"].as_array().unwrap().contains(&json!(known)), "{path}: {problem}");
        }
        let kind = problem["type"].as_str().unwrap();
        let meaning = http::request(gate.admin, "GET", kind, &[], b"").unwrap();
        assert_eq!(meaning.status, 200, "{kind} leads somewhere, without a key");
    }
    let allowed = gate.admin("DELETE", "/api/v1/jobs");
    assert!(allowed.head.to_lowercase().contains("allow: get"), "{}", allowed.head);
    let unread = gate.change("agents/dev/scale", &json!({ "too": 3 }));
    assert!(unread.status == 400 && unread.text().contains("too"), "{}", unread.text());
}

#[test]
fn a_key_that_may_only_look_changes_nothing() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let read = std::fs::read_to_string(project.data().join("read-key")).unwrap();
    assert_eq!(with_key(&gate, &read, "GET", "agents").status, 200);
    let refused = with_key(&gate, &read, "POST", "agents/dev/pause");
    assert_eq!((refused.status, &refused.json()["type"]), (403, &json!("/api/v1/problems/read-only-key")));
    assert_eq!(get(&gate, "agents/dev")["agent"]["state"], "open");
    assert_eq!(gate.list("audit"), [] as [Value; 0], "what was refused at the door is no change");
}

#[test]
fn wrong_keys_of_one_address_are_refused_faster_and_right_ones_still_pass() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let statuses: Vec<_> = (0..40).map(|_| with_key(&gate, "wrong", "GET", "agents").status).collect();
    assert_eq!(statuses[0], 401);
    assert!(statuses.contains(&429), "{statuses:?}");
    let refused = with_key(&gate, "wrong", "GET", "agents");
    assert!(refused.head.to_lowercase().contains("retry-after"), "{}", refused.head);
    assert_eq!(gate.admin("GET", "/api/v1/agents").status, 200);
    assert!(gate.metric("herdgate_keys_refused_total") >= 40.0);
    gate.logged(&["wrong key", "127.0.0.1"]);
}

#[test]
fn every_change_is_written_down_with_who_when_what_before_and_after() {
    let project = Project::new("").agent("dev", ANY, "true");
    let keys = project.path().join("credentials/gateway_api_key/ann");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join("key"), "the key of ann").unwrap();
    let gate = Gate::serve(&project);
    assert_eq!(with_key(&gate, "the key of ann", "POST", "agents/dev/pause").status, 200);
    assert_eq!(gate.admin("POST", "/api/v1/agents/nobody/pause").status, 404);
    let audit = gate.list("audit");
    let (failed, paused) = (&audit[0], &audit[1]);
    assert_eq!(
        (&paused["by"], &paused["action"], &paused["subject"]),
        (&json!("ann"), &json!("agent.pause"), &json!("dev"))
    );
    assert_eq!((&paused["before"]["paused"], &paused["after"]["paused"]), (&json!(false), &json!(true)));
    assert!(paused["at"].as_str().unwrap().ends_with('Z') && paused["from"] == "127.0.0.1", "{paused}");
    assert_eq!(failed["by"], "default");
    assert!(failed["problem"].as_str().unwrap().contains("nobody"), "{failed}");
    assert_eq!(gate.list("audit?by=ann").len(), 1);
    assert!(gate.metric("herdgate_operator_changes_total{action=\"agent.pause\"}") >= 2.0);
    gate.logged(&["an operator changed something", "agent.pause", "ann"]);
}

#[test]
fn every_call_that_changes_something_is_written_down() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let document = http::request(gate.admin, "GET", "/api/v1/openapi.json", &[], b"").unwrap().json();
    let mut changing = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods.get("post").is_none() {
            continue;
        }
        changing += 1;
        let id = if path.contains("/runs/") && path.ends_with("/kill") {
            "0000000000001-1"
        } else {
            "0000000000001"
        };
        let mut path = path.trim_start_matches('/').replace("{name}", "dev").replace("{id}", id);
        if path.starts_with("dead-letters") {
            path.push_str("?all=true");
        }
        let body = match path.as_str() {
            "bulk" => json!({ "action": "cancel_jobs", "filter": { "all": true } }),
            "agents/dev/scale" => json!({ "to": 1 }),
            "agents/dev/jobs/hand-over" => json!({ "to": "dev" }),
            _ => json!({}),
        };
        let before = gate.list("audit?limit=1000").len();
        let answer = gate.change(&path, &body);
        let after = gate.list("audit?limit=1000").len();
        assert_eq!(after, before + 1, "{path} was answered {}: {}", answer.status, answer.text());
    }
    assert!(changing >= 14, "{changing}");
}

#[test]
fn pauses_and_scales_outlive_a_restart() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    assert_eq!(gate.change("agents/dev/scale", &json!({ "to": 5 })).status, 200);
    assert_eq!(gate.change("agents/dev/pause", &json!({})).status, 200);
    gate.kill();
    let gate = Gate::serve(&project);
    let agent = &get(&gate, "agents/dev")["agent"];
    assert_eq!(
        (&agent["state"], &agent["scale"], &agent["configured_scale"]),
        (&json!("paused"), &json!(5), &json!(1))
    );
    gate.change("agents/dev/scale", &json!({ "to": null }));
    gate.change("agents/dev/resume", &json!({}));
    let agent = &get(&gate, "agents/dev")["agent"];
    assert_eq!((&agent["state"], &agent["scale"]), (&json!("open"), &json!(1)));
}

#[test]
fn a_run_by_hand_gets_its_prompt_and_the_same_key_starts_one() {
    let project =
        Project::new("").agent("dev", ANY, "grep -c 'mind the gap' $HERDGATE_PROMPT_FILE > $REPORTS");
    let gate = Gate::serve(&project);
    let key = std::fs::read_to_string(project.data().join("api-key")).unwrap();
    let bearer = format!("Bearer {}", key.trim());
    let run = || {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "once"),
        ];
        let body = br#"{"prompt":"mind the gap"}"#;
        http::request(gate.admin, "POST", "/api/v1/agents/dev/runs", &headers, body).unwrap().json()
    };
    let (first, second) = (run(), run());
    assert_eq!(project.report(), "1");
    assert_eq!((&first["known"], &second["known"]), (&json!(false), &json!(true)));
    assert_eq!(first["job"], second["job"]);
    assert_eq!(gate.list("jobs").len(), 1);
}

#[test]
fn a_delivery_is_given_to_one_agent_that_did_not_want_it() {
    let project = Project::new("").agent("dev", NEVER, "grep -o about.one $HERDGATE_CONTEXT_FILE > $REPORTS");
    let gate = Gate::serve(&project);
    let receipt = deliver(&gate, "one", "acme/app");
    let answer = gate.change(&format!("deliveries/{receipt}/replay"), &json!({ "agent": "dev" }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(project.report(), "about one");
    let jobs = gate.list(&format!("jobs?receipt={receipt}"));
    assert_eq!(jobs[0]["id"], answer.json()["job"]);
}

#[test]
fn a_log_is_read_in_parts_and_followed_to_the_end_of_its_run() {
    let project = Project::new("");
    let go = project.path().join("go").display().to_string();
    let script = format!(
        "printf 0123456789; echo began > $REPORTS; while [ ! -e {go} ]; do sleep 0.05; done; echo end"
    );
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    deliver(&gate, "one", "acme/app");
    project.report();
    let run = gate.list("runs")[0]["id"].as_str().unwrap().to_owned();
    let key = std::fs::read_to_string(project.data().join("api-key")).unwrap();
    let bearer = format!("Bearer {}", key.trim());
    let path = format!("/api/v1/runs/{run}/log");
    let part = |range: &str| {
        let headers = [("authorization", bearer.as_str()), ("range", range)];
        http::request(gate.admin, "GET", &path, &headers, b"").unwrap()
    };
    until("the first bytes are there", || get(&gate, &format!("runs/{run}"))["log_bytes"] == 10);
    let middle = part("bytes=2-4");
    assert_eq!((middle.status, middle.text()), (206, "234".to_owned()));
    assert!(middle.head.to_lowercase().contains("content-range: bytes 2-4/10"), "{}", middle.head);
    assert_eq!(part("bytes=-3").text(), "789");
    assert_eq!(part("bytes=10-").status, 416);
    assert_eq!(gate.admin("GET", &format!("{path}?tail=2")).text(), "89");

    let mut connection = http::connect(gate.admin).unwrap();
    let head = format!(
        "GET {path}?follow=true HTTP/1.1\r\nhost: x.localhost\r\nauthorization: {bearer}\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    std::fs::write(&go, "").unwrap();
    let told = http::read(&mut connection).unwrap().text();
    assert!(told.contains("0123456789") && told.contains("end"), "{told}");
    let detail = get(&gate, &format!("runs/{run}"));
    assert!(detail["prompt"].as_str().unwrap().contains("You are dev."), "{detail}");
}

#[test]
fn signals_say_what_to_look_at_again() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let key = std::fs::read_to_string(project.data().join("api-key")).unwrap();
    let mut connection = http::connect(gate.admin).unwrap();
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: x.localhost\r\nauthorization: Bearer {}\r\n\r\n",
        key.trim()
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(connection).lines();
    let mut next = |topic: &str, above: u64| -> u64 {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let line = lines.next().unwrap().unwrap();
            let Some(signal) = line.strip_prefix("data: ") else { continue };
            let signal: Value = serde_json::from_str(signal).unwrap();
            let version = signal["version"].as_u64().unwrap();
            if signal["topic"] == topic && version > above {
                return version;
            }
        }
        panic!("no signal of {topic} above {above}");
    };
    // First where everything stands, then what moves.
    assert!(next("nodes", 0) > 0);
    deliver(&gate, "one", "acme/app");
    assert!(next("deliveries", 0) > 0);
    assert!(next("runs", 0) > 0);
    gate.change("agents/dev/pause", &json!({}));
    assert!(next("audit", 0) > 0);
}

#[test]
fn followers_do_not_hold_up_the_end_of_the_gate() {
    let project = Project::new("").agent("dev", ANY, "true");
    let mut gate = Gate::serve(&project);
    let key = std::fs::read_to_string(project.data().join("api-key")).unwrap();
    let mut connection = http::connect(gate.admin).unwrap();
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: x.localhost\r\nauthorization: Bearer {}\r\n\r\n",
        key.trim()
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(connection).lines();
    assert!(lines.next().unwrap().unwrap().contains("200"));
    let begun = Instant::now();
    gate.signal(rustix::process::Signal::TERM);
    assert!(gate.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
