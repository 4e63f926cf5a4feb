//! What an operator does at night.

use std::fs;

use serde_json::Value;

use super::{out, run, told};
use crate::support::{Gate, Project, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";
const ONCE: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n[retry]\nattempts = 1\n";

fn sent(project: &Project, event: &str) -> String {
    let output = run(project.path(), &["send", "github", event, "--json"]);
    let answer: Value = serde_json::from_str(&out(&output)).unwrap();
    answer["answer"]["receipt"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_that_is_waited_for_ends_the_command_as_it_ended() {
    let script = "cat | grep -o 'look at the [a-z]*'; echo out; exit 7";
    let project = Project::new("").agent("dev", ONCE, script);
    let _gate = Gate::serve(&project);
    let output = run(project.path(), &["trigger", "dev", "--wait", "--prompt", "look at the door"]);
    assert_eq!(output.status.code(), Some(7), "{}", told(&output));
    assert_eq!(out(&output), "look at the door\nout\n");
    assert!(told(&output).contains("failed, exit 7"), "{}", told(&output));
    let runs = project.herdgate(&["runs", "--json"]);
    let run_id = serde_json::from_str::<Value>(runs.lines().next().unwrap()).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let logged = run(project.path(), &["logs", &run_id, "-f", "--exit-status"]);
    assert_eq!(logged.status.code(), Some(7));
    assert!(told(&logged).ends_with("has ended: failed, exit 7"), "{}", told(&logged));
    assert_eq!(run(project.path(), &["logs", &run_id]).status.code(), Some(0));
}

#[test]
fn show_answers_why_in_its_first_line() {
    let project = Project::new("").agent("dev", ONCE, "exit 7").agent(
        "other",
        "[[webhooks]]\nsource = \"github\"\nevents = [\"push\"]\nbranches = [\"main\"]\n",
        "true",
    );
    let _gate = Gate::serve(&project);
    let labeled = sent(&project, "issues.labeled");
    until("the run ends", || project.herdgate(&["dead"]).contains("dev"));
    let first = |id: &str| project.herdgate(&["show", id]).lines().next().unwrap().to_owned();
    assert_eq!(first(&labeled), "Wanted by dev; it made 1 job.");
    let shown = project.herdgate(&["show", &labeled]);
    assert!(
        shown.contains("yes, trigger 1") && shown.contains("events should be push, was issues"),
        "{shown}"
    );
    let closed = sent(&project, "issues.closed");
    let wanted = project.herdgate(&["show", &closed, "--agent", "other"]);
    assert!(wanted.starts_with("other did not want it: events should be push, was issues"), "{wanted}");
    let jobs = project.herdgate(&["jobs", "--json", "--state", "discarded"]);
    let job = serde_json::from_str::<Value>(jobs.lines().next().unwrap()).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(first(&job).starts_with("It is a dead letter: failed"), "{}", first(&job));
    assert!(first(&format!("{job}-1")).starts_with("dev failed after"), "{}", first(&format!("{job}-1")));
    let body = run(project.path(), &["show", &labeled, "--body"]);
    assert!(serde_json::from_slice::<Value>(&body.stdout).unwrap()["issue"].is_object());
}

#[test]
fn a_stored_delivery_is_held_against_filters_that_are_not_in_force_yet() {
    let project =
        Project::new("").agent("dev", "[[webhooks]]\nsource = \"github\"\nlabels = [\"never\"]\n", "true");
    let _gate = Gate::serve(&project);
    let receipt = sent(&project, "issues.labeled");
    let asked = run(project.path(), &["explain", &receipt]);
    assert_eq!(asked.status.code(), Some(3), "{}{}", out(&asked), told(&asked));
    let draft = tempfile::tempdir().unwrap();
    let copied =
        std::process::Command::new("cp").arg("-r").arg(project.path().join(".")).arg(draft.path()).status();
    assert!(copied.unwrap().success());
    let file = draft.path().join("agents/dev/agent-config.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("never", "agent")).unwrap();
    let there = fs::read_to_string(project.data().join("listening.json")).unwrap();
    let admin = serde_json::from_str::<Value>(&there).unwrap()["admin"].as_str().unwrap().to_owned();
    let url = format!("http://{admin}");
    let asked = run(draft.path(), &["explain", &receipt, "--url", &url, "--key-file", ".herdgate/api-key"]);
    assert_eq!(asked.status.code(), Some(0), "{}{}", out(&asked), told(&asked));
}

#[test]
fn what_runs_is_ended_and_what_waits_is_cancelled() {
    let project = Project::new("").agent("dev", LABELED, "echo started > $REPORTS; sleep 1000");
    let _gate = Gate::serve(&project);
    let (first, second) = (sent(&project, "issues.labeled"), sent(&project, "issues.labeled"));
    project.report();
    let waiting = run(project.path(), &["jobs", "--state", "available", "--json"]);
    let waiting = serde_json::from_str::<Value>(&out(&waiting)).unwrap();
    let (running, waiting) = if waiting["receipt"] == first { (second, first) } else { (first, second) };
    let cancelled = run(project.path(), &["cancel", &waiting]);
    assert!(out(&cancelled).contains("is cancelled"), "{}{}", out(&cancelled), told(&cancelled));
    let unasked = run(project.path(), &["kill", &running]);
    assert_eq!(unasked.status.code(), Some(2), "{}", told(&unasked));
    let killed = run(project.path(), &["kill", &running, "--yes"]);
    assert!(out(&killed).contains("was told to end"), "{}{}", out(&killed), told(&killed));
    until("both are cancelled", || {
        project.herdgate(&["jobs", "--state", "cancelled", "--json"]).lines().count() == 2
    });
    let status = project.herdgate(&["status"]);
    assert!(status.contains("nothing waits"), "{status}");
}

#[test]
fn all_deliveries_that_match_are_replayed_after_they_were_counted() {
    let nothing = "[[webhooks]]\nsource = \"github\"\nlabels = [\"nothing\"]\n";
    let project = Project::new("").agent("dev", nothing, "true");
    let gate = Gate::serve(&project);
    for _ in 0..3 {
        sent(&project, "issues.labeled");
    }
    sent(&project, "push");
    drop(gate);
    let project = project.agent("dev", LABELED, "true");
    let _gate = Gate::serve(&project);
    let which = ["replay", "--outcome", "unmatched", "--event", "issues", "--since", "1h"];
    let counted = run(project.path(), &[&which[..], &["--dry-run"]].concat());
    assert_eq!(out(&counted), "3 deliveries will be routed again\n", "{}", told(&counted));
    assert_eq!(run(project.path(), &which).status.code(), Some(2), "nobody was asked");
    let replayed = run(project.path(), &[&which[..], &["--yes"]].concat());
    assert_eq!(out(&replayed), "replayed 3 deliveries: 3 new jobs\n", "{}", told(&replayed));
    assert_eq!(run(project.path(), &["replay"]).status.code(), Some(2), "it says not which");
}
