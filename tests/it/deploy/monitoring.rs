//! Rules and board, against the metrics of a real gate.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{Running, free_port, is_there, path, text, yaml};
use crate::support::{Gate, Project, http, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

/// Every expression of the rules and the board, by where it stands. Variables of the board stand for all.
fn expressions() -> Vec<(String, String)> {
    let rules = yaml("monitoring/alerts.yaml");
    let rules =
        rules[0]["groups"][0]["rules"].as_vec().unwrap().iter().map(|rule| {
            (rule["alert"].as_str().unwrap().to_owned(), rule["expr"].as_str().unwrap().to_owned())
        });
    let board: Value = serde_json::from_str(&text("monitoring/grafana/herdgate.json")).unwrap();
    let panels = board["panels"].as_array().unwrap().iter().flat_map(|panel| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
    });
    let starts = board["annotations"]["list"][0]["expr"].as_str().unwrap().to_owned();
    let plain = |expr: String| {
        expr.replace("$instance", ".*").replace("$agent", ".*").replace("$__rate_interval", "1m")
    };
    let all = rules.chain(panels).chain([("Starts".to_owned(), starts)]);
    all.map(|(place, expr)| (place, plain(expr))).collect()
}

/// The names of ours in a text.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("herdgate_"))
        .collect()
}

/// A gate to which everything that the board shows has happened once.
fn eventful() -> (Project, Gate) {
    let project = Project::new("").agent("dev", ANY, "echo ran > $REPORTS").agent(
        "fails",
        &format!("{ANY}[retry]\nattempts = 1\n"),
        "exit 1",
    );
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "one", "{\"action\":\"opened\"}").status, 200);
    project.report();
    until("a dead letter", || gate.metric("herdgate_jobs_discarded_total{agent=\"fails\"}") > 0.0);
    until("the disk is looked at", || {
        gate.admin("GET", "/metrics").text().contains("herdgate_disk_free_bytes ")
    });
    (project, gate)
}

#[test]
fn rules_and_board_name_metrics_that_exist() {
    let (_project, gate) = eventful();
    let page = gate.admin("GET", "/metrics").text();
    let mut there: BTreeSet<_> = names(&page);
    // Told by those to whom it happens.
    there.extend(["herdgate_unconfigured_jobs"]);
    let described = fs::read_to_string(path("../actors/telemetry/metrics/describe.rs")).unwrap();
    for (place, expr) in expressions() {
        for name in names(&expr) {
            let is_rare = described.contains(&format!("\"{name}\"")) && RARE.contains(&name);
            assert!(there.contains(name) || is_rare, "{place} names {name}, which is not there");
        }
    }
}

/// Metrics that a gate without a collector has not.
const RARE: [&str; 1] = ["herdgate_spans_dropped_total"];

#[test]
fn every_alert_says_what_to_do() {
    let rules = yaml("monitoring/alerts.yaml");
    let rules = rules[0]["groups"][0]["rules"].as_vec().unwrap();
    assert!(rules.len() > 15);
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        assert!(
            ["critical", "warning", "info"].contains(&rule["labels"]["severity"].as_str().unwrap()),
            "{name}"
        );
        for part in ["summary", "runbook"] {
            let text = rule["annotations"][part].as_str().unwrap_or_default();
            assert!(text.len() > 20 && text.ends_with('.'), "{name} has no {part}");
        }
    }
}

#[test]
fn promtool_finds_no_fault_with_the_rules_and_their_stories_come_true() {
    let test = "deploy::monitoring::promtool_finds_no_fault_with_the_rules_and_their_stories_come_true";
    if !is_there("promtool", "prometheus", test) {
        return;
    }
    for (verb, file) in [
        (["check", "rules"], "alerts.yaml"),
        (["check", "config"], "prometheus.yml"),
        (["test", "rules"], "alerts.test.yaml"),
    ] {
        let output = Command::new("promtool").args(verb).arg(path("monitoring").join(file)).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && !said.contains("FAILED"), "{said}");
    }
}

/// Asks Prometheus.
fn query(prometheus: SocketAddr, expr: &str) -> Value {
    let escaped: String = expr.bytes().map(|byte| format!("%{byte:02X}")).collect();
    http::request(prometheus, "GET", &format!("/api/v1/query?query={escaped}"), &[], b"").unwrap().json()
}

#[test]
fn a_real_prometheus_understands_every_expression_and_the_board_shows_something() {
    let test =
        "deploy::monitoring::a_real_prometheus_understands_every_expression_and_the_board_shows_something";
    if !is_there("prometheus", "prometheus", test) {
        return;
    }
    let (project, gate) = eventful();
    let folder = tempfile::tempdir().unwrap();
    fs::copy(path("monitoring/alerts.yaml"), folder.path().join("alerts.yaml")).unwrap();
    let config = text("monitoring/prometheus.yml")
        .replace("herdgate:8081", &gate.admin.to_string())
        .replace("15s", "1s");
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let _prometheus = Running(
        Command::new("prometheus")
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    until("Prometheus listens", || {
        http::request(address, "GET", "/-/ready", &[], b"").is_ok_and(|answer| answer.status == 200)
    });
    let has = |expr: &str| {
        query(address, expr)["data"]["result"].as_array().is_some_and(|result| !result.is_empty())
    };
    // Rates need two looks, with something between them.
    until("it has looked twice", || has("count_over_time(herdgate_ready[1m]) > 1"));
    assert_eq!(gate.github("issues", "two", "{\"action\":\"opened\"}").status, 200);
    assert_eq!(gate.post("/webhooks/github", &[], b"{}").status, 401);
    project.report();
    until("it sees runs end", || has("increase(herdgate_runs_total{agent=\"dev\"}[1m]) > 0"));
    until("it sees answers", || has("increase(herdgate_answer_seconds_count[1m]) > 0"));
    for (place, expr) in expressions() {
        let answer = query(address, &expr);
        assert_eq!(answer["status"], "success", "{place}: {expr}: {answer}");
    }
    // What is shown only where there is trouble is left out.
    let is_calm = |expr: &str| expr.ends_with("> 0");
    let board = expressions().into_iter().filter(|(place, _)| !place.starts_with("Herdgate"));
    for (place, expr) in board.filter(|(_, expr)| !is_calm(expr)) {
        until(&format!("{place} shows something: {expr}"), || has(&expr));
    }
    let rules = http::request(address, "GET", "/api/v1/rules", &[], b"").unwrap().json();
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(rules.iter().all(|rule| rule["health"] != "err"), "{rules:?}");
}
