//! Crashes, restarts, duplicates and replay.

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Gate, Project};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

/// Takes a gate down in order, so that it knows of all that was done.
fn stop(mut gate: Gate) {
    gate.signal(Signal::TERM);
    assert!(gate.wait().success());
}

#[test]
fn what_was_answered_survives_a_kill_and_runs_after_the_restart() {
    // The first life never gets to run it: its only place is taken.
    let script = "echo $HERDGATE_ATTEMPT > $REPORTS; test -e $PWD/../../../../done || sleep 1000";
    let project = Project::new("").agent("dev", LABELED, script);
    let gate = Gate::serve(&project);
    for id in ["one", "two", "three"] {
        assert_eq!(gate.github("issues", id, labeled()).json()["matched"], 1);
    }
    assert_eq!(project.report(), "1");
    gate.kill();
    std::fs::write(project.path().join("done"), "").unwrap();
    let _gate = Gate::serve(&project);
    let mut attempts = vec![project.report(), project.report(), project.report()];
    attempts.sort();
    assert_eq!(attempts, ["1", "1", "2"], "the interrupted run is counted, the waiting ones start");
}

#[test]
fn a_redelivery_creates_nothing_twice_and_a_missed_job_once() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "guid", labeled()).json()["matched"], 1);
    let again = gate.github("issues", "guid", labeled()).json();
    assert_eq!(
        (&again["duplicate"], &again["matched"], &again["skipped"]),
        (&json!(true), &json!(0), &json!(1))
    );
    project.report();
    stop(gate);
    let project = project.agent("second", LABELED, "echo second > $REPORTS");
    let gate = Gate::serve(&project);
    let again = gate.github("issues", "guid", labeled()).json();
    assert_eq!((&again["duplicate"], &again["matched"]), (&json!(true), &json!(1)));
    assert_eq!(project.report(), "second");
}

#[test]
fn a_full_queue_is_a_visible_dead_letter_and_a_redelivery_can_try_again() {
    let config = format!("work_queue_size = 1\n{LABELED}");
    let script = "mkfifo go; echo $PWD/go > $REPORTS; read line < go";
    let project = Project::new("").agent("dev", &config, script);
    let gate = Gate::serve(&project);
    gate.github("issues", "runs", labeled());
    let go = project.report();
    assert_eq!(gate.github("issues", "waits", labeled()).json()["matched"], 1);
    let over = gate.github("issues", "over", labeled()).json();
    assert_eq!((&over["matched"], &over["skipped"]), (&json!(0), &json!(1)));
    let letters = gate.list("jobs?state=discarded");
    let full = json!({"reason": "queue_full", "detail": "the agent's queue of 1 jobs was full"});
    assert_eq!(letters[0]["reason"], full);
    std::fs::write(go, "go\n").unwrap();
    let next = project.report();
    assert_eq!(gate.github("issues", "over", labeled()).json()["matched"], 1);
    std::fs::write(next, "go\n").unwrap();
    std::fs::write(project.report(), "go\n").unwrap();
}

#[test]
fn a_failing_job_is_tried_again_then_becomes_a_dead_letter_and_blocks_nobody() {
    let config = format!("{LABELED}[retry]\nattempts = 2\nbackoff = \"10ms\"\n");
    let script = "echo $HERDGATE_ATTEMPT > $REPORTS; grep -q poison $HERDGATE_PAYLOAD_FILE && exit 3; exit 0";
    let project = Project::new("").agent("dev", &config, script);
    let gate = Gate::serve(&project);
    let poison = labeled().replace("Checkout fails", "poison");
    gate.github("issues", "poison", &poison);
    assert_eq!((project.report(), project.report()), ("1".into(), "2".into()));
    gate.github("issues", "fine", labeled());
    assert_eq!(project.report(), "1");
    let letter = gate.list("jobs?state=discarded")[0].clone();
    assert_eq!(letter["reason"], json!({"reason": "attempts_used_up", "detail": "failed 2 times"}));
    let id = letter["id"].as_str().unwrap();
    let history = gate.admin("GET", &format!("/api/v1/jobs/{id}")).json();
    let first = &history["attempts"][0];
    assert_eq!((&first["state"], &first["exit_code"]), (&json!("failed"), &json!(3)));

    project.herdgate(&["dead", "replay", id]);
    assert_eq!((project.report(), project.report()), ("3".into(), "4".into()));
}

#[test]
fn a_run_that_is_killed_from_outside_is_noticed_at_once_and_tried_again() {
    let config = format!("{LABELED}[retry]\nbackoff = \"10ms\"\n");
    let script = "echo $$ > $REPORTS; test $HERDGATE_ATTEMPT = 2 || sleep 1000";
    let project = Project::new("").agent("dev", &config, script);
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    let pid = rustix::process::Pid::from_raw(project.report().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    project.report();
    let runs = project.herdgate(&["runs", "--json"]);
    assert!(runs.contains("\"signal\":9,") && runs.contains("\"state\":\"killed\""), "{runs}");
}

#[test]
fn a_run_can_ask_for_another_try() {
    let config = format!("{LABELED}[retry]\nattempts = 1\nbackoff = \"10ms\"\n");
    let script = "echo $HERDGATE_ATTEMPT > $REPORTS; test $HERDGATE_ATTEMPT -ge 3 || exit 75";
    let project = Project::new("").agent("dev", &config, script);
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    assert_eq!([project.report(), project.report(), project.report()], ["1", "2", "3"]);
}

#[test]
fn a_replay_routes_with_the_filters_of_the_day_and_points_to_the_original() {
    let nothing = "[[webhooks]]\nsource = \"github\"\nlabels = [\"nothing\"]\n";
    let project = Project::new("").agent("dev", nothing, "echo before > $REPORTS");
    let gate = Gate::serve(&project);
    let receipt = gate.github("issues", "one", labeled()).json()["receipt"].as_str().unwrap().to_owned();
    stop(gate);
    let project = project.agent("dev", LABELED, "echo after > $REPORTS");
    let gate = Gate::serve(&project);
    let replayed: serde_json::Value =
        serde_json::from_str(&project.herdgate(&["replay", "--json", &receipt])).unwrap();
    assert_eq!((&replayed["matched"], &replayed["replay_of"]), (&json!(1), &json!(receipt)));
    assert_eq!(project.report(), "after");
    let new = replayed["receipt"].as_str().unwrap();
    assert_eq!(
        gate.admin("GET", &format!("/api/v1/deliveries/{new}")).json()["delivery"]["replay_of"],
        json!(receipt)
    );
}

#[test]
fn sigterm_lets_runs_end_within_their_grace() {
    let project = Project::new("").agent(
        "dev",
        LABELED,
        "mkfifo go; echo $PWD/go > $REPORTS; read line < go; echo ended > $REPORTS",
    );
    let mut gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    let go = project.report();
    gate.signal(Signal::TERM);
    std::fs::write(go, "go\n").unwrap();
    assert_eq!(project.report(), "ended");
    assert!(gate.wait().success());
    let _gate = Gate::serve(&project);
    let runs = project.herdgate(&["runs", "--json"]);
    assert!(runs.contains("\"state\":\"completed\""), "{runs}");
}

#[test]
fn a_second_sigterm_hurries_and_the_run_is_tried_again() {
    let project = Project::new("").agent(
        "dev",
        LABELED,
        "trap '' TERM; echo $HERDGATE_ATTEMPT > $REPORTS; while :; do sleep 1; done",
    );
    let mut gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "1");
    gate.signal(Signal::TERM);
    gate.logged(&["draining"]);
    gate.signal(Signal::TERM);
    assert!(gate.wait().success());
    let _gate = Gate::serve(&project);
    assert_eq!(project.report(), "2");
}

#[test]
fn two_gates_never_share_a_store() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    let output = Gate::command(&project, &[]).output().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("is in use") && told.contains(&gate.pid().to_string()), "{told}");
}

#[test]
fn secrets_and_signatures_are_never_stored_or_logged() {
    let project = Project::new("").agent("dev", "[[webhooks]]\nsource = \"sentry\"\n", "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let body = r#"{"action":"created","data":{"installation":{"code":"grant-to-be-blanked","organization":{"slug":"acme"}}}}"#;
    let signature = crate::support::sign(body.as_bytes());
    let headers = [("sentry-hook-resource", "installation"), ("sentry-hook-signature", signature.as_str())];
    assert_eq!(gate.post("/webhooks/sentry", &headers, body.as_bytes()).json()["matched"], 1);
    project.report();
    let mut gate = gate;
    gate.signal(Signal::TERM);
    gate.wait();
    let mut haystack = gate.log().join("\n").into_bytes();
    for file in files(&project.data()) {
        haystack.extend(std::fs::read(file).unwrap());
    }
    for needle in ["grant-to-be-blanked", &signature, crate::support::SECRET] {
        let found = haystack.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!found, "{needle} was kept");
    }
}

#[test]
fn the_data_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new("").agent("dev", LABELED, "echo out; echo ran > $REPORTS");
    let mut gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    project.report();
    gate.signal(Signal::TERM);
    gate.wait();
    for file in files(&project.data()) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", file.display());
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path) } else { vec![path] }
        })
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn a_job_whose_lease_ran_out_is_tried_again_without_a_restart() {
    let project = Project::new("").agent("dev", LABELED, "echo $HERDGATE_ATTEMPT > $REPORTS");
    let gate = Gate::serve(&project);
    // A run that everybody has forgotten, as a crash in the wrong place would leave it.
    let store = rusqlite::Connection::open(project.data().join("herdgate.db")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    store
        .execute_batch(
            r#"BEGIN;
            INSERT INTO jobs (id, agent, kind, trigger, state, created_at, due_at, lease_until, attempts,
                              executing_node, executing_life)
                VALUES (1, 'dev', 'manual', '{"cause":"manual"}', 'executing', 1, 1, 1, 1, 0, 0);
            INSERT INTO attempts (job, attempt, agent, started_at) VALUES (1, 1, 'dev', 1);
            COMMIT;"#,
        )
        .unwrap();
    assert_eq!(project.report(), "2");
    let job = gate.admin("GET", "/api/v1/jobs/0000000000001").json();
    assert_eq!(job["attempts"][0]["state"], json!("interrupted"), "{job}");
}

#[test]
fn history_beyond_its_retention_leaves_store_and_disk() {
    let keys = "history_retention_days = 1\ndedupe_window = \"1h\"\n";
    let project = Project::new(keys).agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    for key in ["old", "new"] {
        gate.github("issues", key, labeled());
        project.report();
    }
    stop(gate);
    let store = rusqlite::Connection::open(project.data().join("herdgate.db")).unwrap();
    // The first of them, two days back; the other one tells that the clock is right.
    store
        .execute_batch(
            "UPDATE receipts SET at = at - 172800000 WHERE id = (SELECT min(id) FROM receipts);
             UPDATE jobs SET created_at = created_at - 172800000, ended_at = ended_at - 172800000,
                             keep_until = keep_until - 172800000
                 WHERE id = (SELECT min(id) FROM jobs);",
        )
        .unwrap();
    let bodies = |store: &rusqlite::Connection| -> i64 {
        store.query_row("SELECT count(*) FROM bodies", [], |row| row.get(0)).unwrap()
    };
    let runs = || std::fs::read_dir(project.data().join("runs")).unwrap().count();
    assert_eq!((bodies(&store), runs()), (2, 2));
    // History is pruned at the start.
    let gate = Gate::serve(&project);
    gate.logged(&["pruned the history"]);
    assert_eq!((bodies(&store), runs()), (1, 1));
    assert_eq!(gate.list("deliveries").len(), 1);
}

#[test]
fn a_gate_with_many_waiting_jobs_starts_at_once() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS; sleep 1000");
    stop(Gate::serve(&project));
    let store = rusqlite::Connection::open(project.data().join("herdgate.db")).unwrap();
    store
        .execute_batch(
            r#"INSERT INTO jobs (id, agent, kind, trigger, state, created_at, due_at)
               WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
               SELECT i, 'dev', 'manual', '{"cause":"manual"}', 'available', i, i FROM n"#,
        )
        .unwrap();
    drop(store);
    let gate = Gate::serve_with(&project, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
    assert_eq!(project.report(), "ran");
    assert!(gate.metric("herdgate_backlog_jobs{agent=\"dev\",state=\"available\"}") >= 99_998.0);
    assert_eq!(
        gate.github("issues", "one", labeled()).json()["skipped"],
        1,
        "the queue is full, and says so"
    );
}
