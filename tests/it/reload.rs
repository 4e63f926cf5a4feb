//! The configuration is changed while the gate works: nothing is lost, doubled or ended by it.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Gate, PATIENCE, Project, SECRET, sign_with, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";
const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";
const OPENED: &str = "{\"issue\":{},\"action\":\"opened\"}";

/// A project whose files come in force when somebody says so, so that a test knows when.
fn asked() -> Project {
    Project::new("reload_on_change = false\n")
}

fn reload(gate: &Gate) -> Value {
    let answer = gate.admin("POST", "/api/v1/config/reload");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn secret(project: &Project, field: &str, value: &str) {
    let path = project.path().join("credentials/github_webhook_secret/it").join(field);
    fs::write(&path, value).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn deliver(gate: &Gate, id: &str, body: &str, secret: &str) -> u16 {
    let signature = format!("sha256={}", sign_with(secret, body.as_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("x-github-delivery", id),
        ("x-hub-signature-256", signature.as_str()),
    ];
    gate.post("/webhooks/github", &headers, body.as_bytes()).status
}

fn agent(gate: &Gate, name: &str) -> Value {
    gate.list("agents").into_iter().find(|agent| agent["name"] == name).unwrap_or_default()
}

fn jobs(gate: &Gate, agent: &str) -> Vec<Value> {
    gate.list(&format!("jobs?agent={agent}&limit=1000"))
}

/// A script that says that it runs, waits for the file `go`, and says that it ends.
fn held(project: &Project) -> String {
    let go = project.path().join("go").display().to_string();
    format!("echo began > $REPORTS; while [ ! -e {go} ]; do sleep 0.05; done; echo ended > $REPORTS")
}

fn let_go(project: &Project) {
    fs::write(project.path().join("go"), "").unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_broken_file_keeps_the_last_good_configuration_and_every_problem_is_told() {
    let project = asked().agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let config = project.path().join("agents/dev/agent-config.toml");
    let good = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("scael = 2\nqueue = 7\n{good}")).unwrap();
    let refused = gate.admin("POST", "/api/v1/config/reload");
    assert_eq!(refused.status, 422);
    let problems = refused.text();
    assert!(problems.contains("scael") && problems.contains("queue"), "{problems}");
    assert!(gate.metric("herdgate_reload_failures_total") >= 1.0);
    gate.logged(&["the new configuration is not taken", "\"problems\":2"]);
    gate.signal(Signal::HUP);
    until("the signal was heard too", || gate.metric("herdgate_reload_failures_total") > 1.0);
    assert_eq!(gate.github("issues", "one", OPENED).json()["matched"], 1);
    assert_eq!(project.report(), "ran");
    fs::write(&config, good).unwrap();
    reload(&gate);
}

#[test]
fn a_removed_agent_ends_its_run_and_its_waiting_jobs_are_shown_as_unconfigured() {
    let project = asked();
    let script = held(&project);
    let project = project.agent("gone", ANY, &script).agent("stays", LABELED, "true");
    let gate = Gate::serve(&project);
    for id in ["one", "two"] {
        assert_eq!(
            gate.github("issues", id, &format!("{{\"issue\":{{}},\"action\":\"{id}\"}}")).json()["matched"],
            1
        );
    }
    assert_eq!(project.report(), "began");
    let project = project.without("gone");
    assert_eq!(reload(&gate)["removed"], json!(["gone"]));
    assert_eq!(agent(&gate, "gone")["state"], "removed");
    let_go(&project);
    assert_eq!(project.report(), "ended");
    until("what waits is shown as nobody's", || agent(&gate, "gone")["state"] == "unconfigured");
    assert_eq!(agent(&gate, "gone")["jobs"]["available"], 1);
    let states: BTreeSet<_> = jobs(&gate, "gone").iter().map(|job| job["state"].to_string()).collect();
    assert_eq!(states, BTreeSet::from(["\"available\"".to_owned(), "\"completed\"".to_owned()]));
    gate.logged(&["gone", "WARN", "\"jobs\":1"]);
}

#[test]
fn an_agent_that_comes_back_while_its_last_run_runs_keeps_to_its_scale() {
    let project = asked();
    let script = held(&project);
    let project = project.agent("dev", ANY, &script).agent("stays", LABELED, "true");
    let gate = Gate::serve(&project);
    for id in ["one", "two"] {
        assert_eq!(
            gate.github("issues", id, &format!("{{\"issue\":{{}},\"action\":\"{id}\"}}")).json()["matched"],
            1
        );
    }
    assert_eq!(project.report(), "began");
    let (agents, aside) = (project.path().join("agents/dev"), project.path().join("dev"));
    for _ in 0..5 {
        fs::rename(&agents, &aside).unwrap();
        reload(&gate);
        fs::rename(&aside, &agents).unwrap();
        reload(&gate);
        let dev = agent(&gate, "dev");
        assert_eq!((dev["state"].as_str(), dev["executing"].as_array().unwrap().len()), (Some("open"), 1));
    }
    let_go(&project);
    assert_eq!([project.report(), project.report(), project.report()], ["ended", "began", "ended"]);
    until("both are done", || jobs(&gate, "dev").iter().all(|job| job["state"] == "completed"));
}

#[test]
fn an_idle_agent_that_goes_and_comes_back_at_once_is_there() {
    let project = asked().agent("dev", ANY, "echo ran > $REPORTS").agent("stays", LABELED, "true");
    let gate = Gate::serve(&project);
    let (agents, aside) = (project.path().join("agents/dev"), project.path().join("dev"));
    for round in 0..10 {
        fs::rename(&agents, &aside).unwrap();
        reload(&gate);
        fs::rename(&aside, &agents).unwrap();
        reload(&gate);
        let body = format!("{{\"issue\":{{}},\"action\":\"opened\",\"n\":{round}}}");
        assert_eq!(gate.github("issues", &format!("d{round}"), &body).json()["matched"], 1);
        assert_eq!(project.report_within(PATIENCE).as_deref(), Some("ran"), "round {round}");
    }
}

#[test]
fn what_operators_asked_for_outlives_a_reload() {
    let project = asked().agent("dev", ANY, "echo ran > $REPORTS").agent("stays", LABELED, "true");
    let gate = Gate::serve(&project);
    assert_eq!(gate.admin("POST", "/api/v1/agents/dev/pause").status, 200);
    let (agents, aside) = (project.path().join("agents/dev"), project.path().join("dev"));
    fs::rename(&agents, &aside).unwrap();
    reload(&gate);
    fs::rename(&aside, &agents).unwrap();
    reload(&gate);
    assert_eq!(gate.github("issues", "one", OPENED).json()["matched"], 1);
    until("it is paused", || agent(&gate, "dev")["state"] == "paused");
    assert_eq!(agent(&gate, "dev")["jobs"]["available"], 1);
    assert_eq!(gate.admin("POST", "/api/v1/agents/dev/resume").status, 200);
    assert_eq!(project.report(), "ran");
}

#[test]
fn a_secret_is_rotated_and_a_filter_changed_without_a_restart() {
    let next = "the next secret of this source";
    let project = asked().agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "a", OPENED).json()["matched"], 0);
    assert_eq!(deliver(&gate, "b", "{\"issue\":{},\"action\":\"b\"}", next), 401);
    secret(&project, "secret", next);
    secret(&project, "secret_previous", SECRET);
    gate.signal(Signal::HUP);
    until("the next secret is taken", || deliver(&gate, "c", "{\"issue\":{},\"action\":\"c\"}", next) == 200);
    assert_eq!(
        deliver(&gate, "d", "{\"issue\":{},\"action\":\"d\"}", SECRET),
        200,
        "the one before is taken too"
    );
    replace(&project.path().join("agents/dev/agent-config.toml"), "labels = [\"agent\"]\n", "");
    assert_eq!(reload(&gate)["changed"], json!(["dev"]));
    assert_eq!(gate.github("issues", "e", "{\"issue\":{},\"action\":\"e\"}").json()["matched"], 1);
    fs::remove_file(project.path().join("credentials/github_webhook_secret/it/secret_previous")).unwrap();
    reload(&gate);
    assert_eq!(deliver(&gate, "f", "{\"issue\":{},\"action\":\"f\"}", SECRET), 401);
    assert_eq!(deliver(&gate, "g", "{\"issue\":{},\"action\":\"g\"}", next), 200);
}

#[test]
fn sources_come_and_go_and_what_waits_for_a_restart_is_named() {
    let project = asked().agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let config = project.path().join("config.toml");
    let good = fs::read_to_string(&config).unwrap();
    let more = good.replace("port = 0\nadmin", "port = 1\nadmin")
        + "[webhooks.more]\ntype = \"github\"\ncredential = \"it\"\n";
    fs::write(&config, more).unwrap();
    assert_eq!(reload(&gate)["waits_for_restart"], json!(["[gateway] host, port"]));
    gate.logged(&["WARN", "[gateway] host, port"]);
    let signature = format!("sha256={}", sign_with(SECRET, OPENED.as_bytes()));
    let headers = [
        ("x-github-event", "issues"),
        ("x-github-delivery", "1"),
        ("x-hub-signature-256", signature.as_str()),
    ];
    assert_eq!(gate.post("/webhooks/github/more", &headers, OPENED.as_bytes()).status, 200);
    fs::write(&config, good).unwrap();
    assert_eq!(reload(&gate)["waits_for_restart"], json!([]));
    assert_eq!(gate.post("/webhooks/github/more", &headers, OPENED.as_bytes()).status, 404);
}
