//! What people type.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Gate, Project, SECRET, sign};

fn herdgate(arguments: &[&str], folder: &std::path::Path, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_herdgate"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_demo_shows_the_whole_way_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let output = herdgate(&["demo", "--once"], folder.path(), "");
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    for part in [
        "developer: yes (first trigger)",
        "firefighter: yes (first trigger)",
        "planner: yes (first trigger)",
        "scribe: yes (first trigger)",
        "\"duplicate\":true",
        "developer: no, events should be [\"issues\"] and is \"push\"",
        "401 {\"error\":\"signature validation failed\"}",
        "watchman, by schedule",
        "/metrics",
    ] {
        assert!(shown.contains(part), "{part} is missing from:\n{shown}");
    }
}

#[test]
fn a_project_of_init_is_sound_and_runs_as_it_is() {
    let parent = tempfile::tempdir().unwrap();
    assert!(herdgate(&["init", "mine"], parent.path(), "").status.success());
    let folder = parent.path().join("mine");
    let checked = herdgate(&["check"], &folder, "");
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert!(text(&checked.stdout).contains("hello"), "{}", text(&checked.stdout));
    let again = herdgate(&["init", "mine"], parent.path(), "");
    assert!(!again.status.success(), "init wrote over a project");
}

#[test]
fn send_runs_and_logs_follow_a_sample_to_its_output() {
    let trigger = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";
    let project = Project::new("").agent("dev", trigger, "echo the output; echo ran > $REPORTS");
    let _gate = Gate::serve(&project);
    let sent = project.herdgate(&["send", "github", "issues.labeled"]);
    assert!(sent.starts_with("200 taken: 1 job, receipt "), "{sent}");
    project.report();
    let run: Value =
        serde_json::from_str(project.herdgate(&["runs", "--json"]).lines().next().unwrap()).unwrap();
    assert_eq!(run["agent"], "dev");
    let id = run["id"].as_str().unwrap();
    assert_eq!(project.herdgate(&["logs", "--follow", id]), "the output\n");
    let again = project.herdgate(&["send", "github", "issues.labeled"]);
    assert!(again.starts_with("200 taken: 1 job, receipt "), "it is an event of its own: {again}");
    project.report();
}

#[test]
fn explain_answers_line_by_line_what_the_gate_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"{"action":"labeled","label":{"name":"bug"},"issue":{"number":7,"labels":[{"name":"bug"}]},"repository":{"full_name":"acme/app"}}"#;
    let line = |id: u32, signature: &str, trigger: Value| {
        json!({
            "id": id,
            "provider": "github",
            "headers": {"X-GitHub-Event": "issues", "X-Hub-Signature-256": signature},
            "body": body,
            "trigger": trigger,
            "secrets": {"it": SECRET},
        })
        .to_string()
    };
    let good = format!("sha256={}", sign(body.as_bytes()));
    let lines = [
        line(1, &good, json!({"source": "x", "events": ["issues"], "labels": "bug"})),
        line(2, &good, json!({"source": "x", "labels": ["agent"], "actions": ["labeled"]})),
        line(3, "sha256=00", json!({})),
        r#"{"id":4,"provider":"gitlab"}"#.to_owned(),
        r#"{"id":5,"provider":"github","headers":{},"body":"{}","secrets":{}}"#.to_owned(),
        "no json".to_owned(),
    ];
    let output = herdgate(&["explain", "--jsonl"], folder.path(), &lines.join("\n"));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 6, "{}", text(&output.stderr));
    assert_eq!(answers[0]["status"], 200);
    assert_eq!(answers[0]["context"]["number"], 7);
    assert_eq!(answers[0]["verdicts"][0]["matched"], true);
    assert!(answers[0]["prompt"].as_str().unwrap().contains("<webhook-trigger>"));
    assert_eq!(
        answers[1]["verdicts"][0]["failed"],
        json!([{"field": "labels", "wanted": ["agent"], "actual": "bug"}])
    );
    assert_eq!((&answers[2]["status"], &answers[2]["context"]), (&json!(401), &Value::Null));
    assert_eq!(answers[3]["status"], 404);
    assert_eq!(answers[4]["status"], 400);
    assert!(answers[5]["error"].is_string());
}

#[test]
fn a_broken_project_is_told_with_file_line_and_caret() {
    let project = Project::new("").agent("dev", "schedul = \"@daily\"\n", "true");
    let output = herdgate(&["check"], project.path(), "");
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for part in ["agents/dev/agent-config.toml:1:1", "schedul", "───", "did you mean"] {
        assert!(told.contains(part), "{part} is missing from:\n{told}");
    }
}
