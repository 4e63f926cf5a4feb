//! One run per subject: what a `key`, `when_busy` and `debounce` promise, on the program itself.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Gate, Project, until};

/// A trigger on pull requests, with a key and these settings.
fn trigger(settings: &str) -> String {
    format!("scale = 4\n[[webhooks]]\nsource = \"github\"\nkey = \"{{repo}}#{{number}}\"\n{settings}\n")
}

/// Tells that it began and what it is about, and goes on until the test lets go.
const WAITS: &str = "n=$(sed -n 's/.*\"number\":\\([0-9]*\\).*/\\1/p' \"$HERDGATE_CONTEXT_FILE\")\n\
                     echo \"$n\" > $REPORTS\n\
                     while [ ! -e \"$(dirname $REPORTS)/go\" ]; do sleep 0.05; done";

fn let_go(project: &Project) {
    fs::write(project.path().join("go"), "").unwrap();
}

/// Pushes to a pull request; the receipt.
fn pushed(number: u32) -> String {
    let body = json!({
        "action": "synchronize",
        "number": number,
        "pull_request": { "number": number, "title": format!("Work {number}"), "state": "open" },
        "repository": { "full_name": "acme/app", "name": "app", "owner": { "login": "acme" } },
    });
    body.to_string()
}

fn push(gate: &Gate, id: &str, number: u32) -> String {
    let answer = gate.github("pull_request", id, &pushed(number));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["receipt"].as_str().unwrap().to_owned()
}

fn delivery(gate: &Gate, receipt: &str) -> Value {
    gate.admin("GET", &format!("/api/v1/deliveries/{receipt}")).json()
}

/// The one job of a receipt.
fn job(gate: &Gate, receipt: &str) -> Value {
    let shown = delivery(gate, receipt);
    assert_eq!(shown["jobs"].as_array().unwrap().len(), 1, "{shown}");
    shown["jobs"][0].clone()
}

fn until_all_ended(gate: &Gate) {
    until("every job has ended", || {
        let over = ["completed", "cancelled", "discarded"];
        gate.list("jobs?limit=100").iter().all(|job| over.contains(&job["state"].as_str().unwrap()))
    });
}

fn runs(gate: &Gate) -> usize {
    gate.list("runs?limit=100").len()
}

#[test]
fn twelve_pushes_to_one_pull_request_make_one_run_that_knows_them_all() {
    let script = "grep -o '\"stands_for\":{\"count\":[0-9]*' \"$HERDGATE_CONTEXT_FILE\" > $REPORTS\n\
                  grep -c '\"stands_for\":{\"count\":11' > $REPORTS";
    let project =
        Project::new("").agent("dev", &trigger("debounce = \"8s\"\ndebounce_max = \"60s\""), script);
    let gate = Gate::serve(&project);
    let receipts: Vec<_> = (0..12).map(|nth| push(&gate, &format!("push-{nth}"), 7)).collect();
    assert_eq!(project.report(), "\"stands_for\":{\"count\":11");
    assert_eq!(project.report(), "1", "the prompt says so too");
    until_all_ended(&gate);
    assert_eq!(runs(&gate), 1);
    let (last, merged) = receipts.split_last().unwrap();
    let ran = job(&gate, last);
    assert_eq!((&ran["state"], &ran["key"]), (&json!("completed"), &json!("acme/app#7")));
    for receipt in merged {
        let job = job(&gate, receipt);
        assert_eq!((&job["reason"]["reason"], &job["stand_in"]), (&json!("superseded"), &ran["id"]), "{job}");
    }
    let told = project.herdgate(&["show", &receipts[0]]);
    let stands = format!("Superseded: dev's {} stands for it.", ran["id"].as_str().unwrap());
    assert!(told.contains(&stands), "{told}");
}

#[test]
fn two_pull_requests_make_two_runs_at_once_and_one_makes_one_after_the_other() {
    let project = Project::new("").agent("dev", &trigger(""), WAITS);
    let gate = Gate::serve(&project);
    push(&gate, "first", 7);
    assert_eq!(project.report(), "7");
    let second = push(&gate, "second", 7);
    push(&gate, "other", 8);
    assert_eq!(project.report(), "8", "the other one does not wait");
    assert_eq!(job(&gate, &second)["state"], "available");
    assert_eq!(gate.list("runs?limit=100").len(), 2, "and the second of the same subject does");
    let_go(&project);
    assert_eq!(project.report(), "7");
    until_all_ended(&gate);
    assert_eq!(runs(&gate), 3);
}

#[test]
fn a_waiting_job_is_replaced_by_the_newest_and_a_kill_loses_nothing() {
    let script = "grep -o '\"delivery_id\":\"[^\"]*\"' \"$HERDGATE_CONTEXT_FILE\" > $REPORTS";
    let project = Project::new("").agent("dev", &trigger("when_busy = \"replace\""), script);
    let gate = Gate::serve(&project);
    assert_eq!(gate.change("agents/dev/pause", &json!({})).status, 200);
    let receipts: Vec<_> = (0..6).map(|nth| push(&gate, &format!("push-{nth}"), 7)).collect();
    gate.kill();
    let gate = Gate::serve(&project);
    assert_eq!(job(&gate, &receipts[5])["state"], "available");
    let again = push(&gate, "push-6", 7);
    assert_eq!(gate.change("agents/dev/resume", &json!({})).status, 200);
    assert_eq!(project.report(), "\"delivery_id\":\"push-6\"");
    until_all_ended(&gate);
    assert_eq!(runs(&gate), 1);
    let ran = job(&gate, &again)["id"].clone();
    assert!(receipts.iter().all(|receipt| job(&gate, receipt)["stand_in"] == ran));
    assert_eq!(push(&gate, "push-3", 7).len(), receipts[0].len());
    assert_eq!(gate.list("jobs?limit=100").len(), 7, "a redelivery of what was merged is known");
}

#[test]
fn cancel_stops_the_run_that_goes_on_and_the_new_one_runs() {
    let project = Project::new("").agent("dev", &trigger("when_busy = \"cancel\""), WAITS);
    let gate = Gate::serve(&project);
    let old = push(&gate, "old", 7);
    assert_eq!(project.report(), "7");
    let new = push(&gate, "new", 7);
    assert_eq!(project.report(), "7", "the new one runs although nobody let the old one go");
    let stopped = job(&gate, &old);
    assert_eq!(
        (&stopped["state"], &stopped["reason"]["reason"]),
        (&json!("cancelled"), &json!("superseded"))
    );
    assert_eq!(stopped["stand_in"], job(&gate, &new)["id"]);
    let_go(&project);
    until_all_ended(&gate);
    assert_eq!(job(&gate, &new)["state"], "completed");
}

#[test]
fn a_run_that_was_to_be_stopped_does_not_come_back_after_a_kill() {
    let project = Project::new("").agent("dev", &trigger("when_busy = \"cancel\""), WAITS);
    let gate = Gate::serve_with(&project, &[("HERDGATE_FAILPOINTS", "store.finish=kill@1")]);
    let old = push(&gate, "old", 7);
    assert_eq!(project.report(), "7");
    // It kills itself when it writes down how the stopped run ended, maybe before it has answered.
    gate.try_github("pull_request", "new", &pushed(7));
    until("the gate has killed itself", || !gate.is_alive());
    gate.kill();
    let gate = Gate::serve(&project);
    assert_eq!(project.report(), "7");
    assert_eq!(job(&gate, &old)["reason"]["reason"], "superseded");
    let new = gate.list("deliveries?delivery_id=new")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(job(&gate, &new)["state"], "executing");
    let_go(&project);
    until_all_ended(&gate);
    assert_eq!(runs(&gate), 2);
}

#[test]
fn what_comes_while_its_key_is_busy_can_be_dropped_and_its_receipt_says_so() {
    let project = Project::new("").agent("dev", &trigger("when_busy = \"drop\""), WAITS);
    let gate = Gate::serve(&project);
    let first = push(&gate, "first", 7);
    assert_eq!(project.report(), "7");
    let dropped = push(&gate, "second", 7);
    let busy = job(&gate, &first)["id"].clone();
    let shown = delivery(&gate, &dropped);
    let verdict = &shown["verdicts"][0];
    assert_eq!((&verdict["verdict"], &verdict["guard"]), (&json!("suppressed"), &json!("busy")), "{shown}");
    assert_eq!(verdict["by"], busy);
    let told = project.herdgate(&["show", &dropped]);
    let why = format!("Wanted by dev, and suppressed: busy, job {} was there.", busy.as_str().unwrap());
    assert!(told.starts_with(&why), "{told}");
    let_go(&project);
    until_all_ended(&gate);
    assert_eq!(runs(&gate), 1);
}

#[test]
fn a_field_that_deliveries_do_not_have_is_named_with_its_place() {
    let project = Project::new("").agent("dev", &trigger("").replace("{number}", "{nummer}"), "true");
    let output = project.command(&["check"]);
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in ["github deliveries have no field `nummer`", "agent-config.toml:4", "did you mean `number`"] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    let lonely = trigger("events = [\"push\"]\nwhen_busy = \"drop\"");
    let project = Project::new("").agent("dev", &lonely, "true");
    let told = project.herdgate(&["check"]);
    assert!(told.contains("github `push` has no field `number`"), "{told}");
    let keyless = "[[webhooks]]\nsource = \"github\"\ndebounce = \"30s\"\n";
    let output = Project::new("").agent("dev", keyless, "true").command(&["check"]);
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("`debounce` means nothing without a `key`"), "{told}");
}
