//! What operators read: every id works everywhere, what runs stands first, and nothing is hidden.

use std::fs;

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Gate, Project, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

fn stop(mut gate: Gate) {
    gate.signal(Signal::TERM);
    assert!(gate.wait().success());
}

/// Runs of a project, as `runs --json` lists them.
fn runs(project: &Project) -> Vec<Value> {
    let listed = project.herdgate(&["runs", "--json", "--limit", "1000"]);
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_runs_stands_first_however_many_ended_since() {
    let slow = "mkfifo go; echo $PWD/go > $REPORTS; read line < go";
    let project = Project::new("").agent("slow", LABELED, slow).agent(
        "quick",
        "[[webhooks]]\nsource = \"github\"\nlabels = [\"quick\"]\n",
        "exit 0",
    );
    let gate = Gate::serve(&project);
    gate.github("issues", "slow", labeled());
    let go = project.report();
    let quick = labeled().replace("\"agent\"", "\"quick\"");
    for number in 0..25 {
        gate.github("issues", &format!("quick {number}"), &quick);
    }
    until("all quick runs end", || {
        runs(&project).iter().filter(|run| run["state"] == "completed").count() == 25
    });
    let listed = project.herdgate(&["runs"]);
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[1].contains("slow") && lines[1].contains("executing"), "{listed}");
    assert_eq!(lines.len(), 22, "a header, twenty runs, and how many more there are: {listed}");
    assert!(lines[21].contains("6 more") && lines[21].contains("--limit 26"), "{listed}");
    let executing = project.herdgate(&["runs", "--state", "executing", "--json"]);
    assert_eq!(executing.lines().count(), 1, "{executing}");
    let completed = project.herdgate(&["runs", "--state", "completed,failed", "--limit", "100"]);
    assert_eq!(completed.lines().count(), 26, "{completed}");
    fs::write(go, "go\n").unwrap();
}

#[test]
fn every_command_takes_the_id_at_hand() {
    let project = Project::new("").agent("dev", LABELED, "echo out of $HERDGATE_ATTEMPT");
    let gate = Gate::serve(&project);
    let receipt = gate.github("issues", "one", labeled()).json()["receipt"].as_str().unwrap().to_owned();
    until("the run ends", || runs(&project).iter().any(|run| run["state"] == "completed"));
    let run = runs(&project)[0]["id"].as_str().unwrap().to_owned();
    let job = run.split('-').next().unwrap();
    for id in [receipt.as_str(), job, run.as_str()] {
        assert_eq!(project.herdgate(&["logs", id]), "out of 1\n", "{id}");
        let shown: Value = serde_json::from_str(&project.herdgate(&["show", "--json", id])).unwrap();
        assert!(shown.is_object(), "{id}");
        assert!(project.herdgate(&["show", id]).contains("dev"), "{id}");
    }
    project.herdgate(&["replay", &run]);
    until("the job runs again", || {
        runs(&project).iter().filter(|run| run["state"] == "completed").count() == 2
    });
    assert_eq!(project.herdgate(&["logs", job]), "out of 2\n", "a job stands for its last run");
    assert_eq!(project.herdgate(&["logs", &run]), "out of 1\n");
}

#[test]
fn an_id_that_names_nothing_is_told_plainly() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let _gate = Gate::serve(&project);
    for command in ["show", "logs"] {
        for (id, code, said) in [
            ("0000000000001", 1, "there is no"),
            ("0000000000001-1", 1, "there is no run"),
            ("latest", 2, "expected a receipt or a job"),
        ] {
            let output = project.command(&[command, id]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{command} {id}: {told}");
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(said), "{command} {id}: {told}");
        }
    }
}

#[test]
fn why_a_run_failed_stands_beside_it() {
    let config = format!("{LABELED}[retry]\nattempts = 1\n");
    let project = Project::new("").agent("dev", &config, "exit 7");
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    until("the run ends", || runs(&project).iter().any(|run| run["exit_code"] == 7));
    let listed = project.herdgate(&["runs"]);
    assert!(listed.contains("failed") && listed.contains("exit 7"), "{listed}");
    let command = project.path().join("agents/dev/agent-config.toml");
    fs::write(&command, format!("{config}[run]\ncommand = [\"no-such-program\"]\n")).unwrap();
    stop(gate);
    let gate = Gate::serve(&project);
    gate.github("issues", "two", labeled());
    until("the run is over", || runs(&project).iter().any(|run| run["state"] == "not_started"));
    let listed = project.herdgate(&["runs"]);
    assert!(listed.contains("not_started") && listed.contains("no-such-program"), "{listed}");
    let run = runs(&project)[0]["id"].as_str().unwrap().to_owned();
    let told = String::from_utf8_lossy(&project.command(&["logs", &run]).stderr).into_owned();
    assert!(told.contains("could not be started") && told.contains("no-such-program"), "{told}");
}

#[test]
fn an_interrupted_run_is_not_as_long_as_its_gate_was_down() {
    let project = Project::new("").agent("dev", LABELED, "echo $HERDGATE_ATTEMPT > $REPORTS; sleep 1000");
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "1");
    gate.kill();
    let _gate = Gate::serve(&project);
    assert_eq!(project.report(), "2");
    let listed = project.herdgate(&["runs", "--state", "interrupted"]);
    let line = listed.lines().nth(1).unwrap();
    assert_eq!(line.split_whitespace().nth(3), Some("-"), "{listed}");
}

#[test]
fn an_empty_listing_says_so_and_an_unknown_agent_is_told_who_is_there() {
    let project = Project::new("").agent("dev", LABELED, "true").agent("ops", LABELED, "true");
    let gate = Gate::serve(&project);
    assert_eq!(project.herdgate(&["runs"]), "no runs\n");
    assert_eq!(project.herdgate(&["dead", "list"]), "no dead letters\n");
    for arguments in
        [["runs", "--agent=nobody"], ["trigger", "nobody"], ["agents", "nobody"], ["pause", "nobody"]]
    {
        let output = project.command(&arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(told.contains("nobody") && told.contains("dev, ops"), "{arguments:?}: {told}");
        assert!(!told.contains("http") && !told.contains("40"), "{arguments:?}: {told}");
    }
    drop(gate);
}

#[test]
fn dead_letters_are_counted_before_many_run_again() {
    let config = format!("scale = 4\n{LABELED}[retry]\nattempts = 1\n");
    let project = Project::new("").agent("dev", &config, "exit 1");
    let gate = Gate::serve(&project);
    for number in 0..5 {
        gate.github("issues", &number.to_string(), labeled());
    }
    let dead = || project.herdgate(&["dead", "list", "--limit", "100"]).lines().count();
    until("all are dead letters", || dead() == 6 && project.herdgate(&["dead", "list"]).contains("failed"));
    let listed = project.herdgate(&["dead", "list", "--limit", "2"]);
    assert_eq!(listed.lines().count(), 4, "a header, two, and how many more: {listed}");
    assert!(listed.contains("3 more") && listed.contains("--limit 5"), "{listed}");
    let unasked = project.command(&["dead", "dismiss", "--all"]);
    let told = String::from_utf8_lossy(&unasked.stderr).into_owned();
    assert_eq!(unasked.status.code(), Some(2));
    assert!(told.contains("5 dead letters will be dismissed") && told.contains("--yes"), "{told}");
    assert!(project.herdgate(&["dead", "dismiss", "--all", "--dry-run"]).starts_with("5 dead letters"));
    let some: Value = serde_json::from_str(
        &project.herdgate(&["dead", "dismiss", "--all", "--limit", "2", "--yes", "--json"]),
    )
    .unwrap();
    assert_eq!((&some["total"], &some["done"]), (&json!(2), &json!(2)));
    let rest: Value =
        serde_json::from_str(&project.herdgate(&["dead", "replay", "--agent", "dev", "--yes", "--json"]))
            .unwrap();
    assert_eq!((&rest["total"], &rest["done"]), (&json!(3), &json!(3)));
    assert_eq!(project.command(&["dead", "replay"]).status.code(), Some(2), "it says not which");
}

#[test]
fn what_ran_can_be_read_while_the_configuration_is_broken() {
    let project = Project::new("").agent("dev", LABELED, "echo ran; echo done > $REPORTS");
    let gate = Gate::serve(&project);
    let receipt = gate.github("issues", "one", labeled()).json()["receipt"].as_str().unwrap().to_owned();
    project.report();
    until("the run ends", || runs(&project).iter().any(|run| run["state"] == "completed"));
    let run = runs(&project)[0]["id"].as_str().unwrap().to_owned();
    let config = project.path().join("config.toml");
    let sound = fs::read_to_string(&config).unwrap();
    for broken in ["scale = = 3\n", "sclae = 3\n", "scale = 'many'\n"] {
        fs::write(&config, format!("{broken}{sound}")).unwrap();
        assert!(!project.command(&["check"]).status.success(), "{broken}");
        for arguments in
            [&["runs"][..], &["logs", &run], &["show", &receipt], &["dead", "list"], &["replay", &receipt]]
        {
            let output = project.command(arguments);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {told}");
            assert!(told.contains("herdgate check"), "{arguments:?} hides that it is broken: {told}");
        }
    }
}

#[test]
fn nothing_that_is_printed_drives_a_terminal() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let body = labeled().replace("Checkout fails", "a\u{9b}2J\u{202e}b\u{e0041}\\u001b]0;owned\\u0007");
    let receipt = gate.github("issues", "one", &body).json()["receipt"].as_str().unwrap().to_owned();
    project.report();
    let shown = project.herdgate(&["show", &receipt]);
    let unseen: Vec<_> = shown.chars().filter(|letter| letter.is_control() && *letter != '\n').collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    for letter in ['\u{9b}', '\u{202e}', '\u{e0041}'] {
        assert!(!shown.contains(letter), "{letter:?}");
    }
    let shown: Value = serde_json::from_str(&project.herdgate(&["show", "--json", &receipt])).unwrap();
    assert!(shown["context"]["title"].is_string());
}
