//! What the log says, to people and machines.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use serde_json::Value;

use crate::support::{Gate, Project, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

fn line(gate: &Gate, parts: &[&str]) -> Value {
    serde_json::from_str(&gate.logged(parts)).unwrap()
}

#[test]
fn a_log_for_machines_has_one_flat_object_a_line_with_numbers_of_milliseconds() {
    let project = Project::new("").agent("dev", ANY, "exit 3");
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "guid-1", "{\"action\":\"opened\"}").status, 200);
    assert_eq!(gate.post("/webhooks/github", &[], b"{}").status, 401);
    let ready = line(&gate, &["\"ready\""]);
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ready["agents"], 1);
    assert_eq!(ready["data"], project.data().display().to_string());
    assert!(ready["project"].as_str().unwrap().ends_with("/config.toml"), "{ready}");
    let url = format!("http://{}/webhooks/github/github", gate.public);
    assert!(ready["urls"].as_str().unwrap().contains(&url), "{ready}");
    let taken = line(&gate, &["took a delivery"]);
    assert_eq!((&taken["delivery_id"], &taken["event"]), (&"guid-1".into(), &"issues".into()));
    assert_eq!((&taken["matched"], &taken["duplicate"]), (&1.into(), &false.into()));
    assert!(taken["took_ms"].is_f64() && taken["receipt"].is_string(), "{taken}");
    let refused = line(&gate, &["refused a delivery"]);
    assert_eq!((&refused["level"], &refused["reason"]), (&"WARN".into(), &"unsigned".into()));
    let ended = line(&gate, &["run ended"]);
    assert_eq!((&ended["outcome"], &ended["detail"]), (&"failed".into(), &"exit code 3".into()));
    assert!(ended["took_ms"].is_f64(), "{ended}");
    for text in gate.log() {
        let line: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
        for (key, value) in line.as_object().unwrap() {
            assert!(!["span", "spans", "fields"].contains(&key.as_str()), "{text}");
            assert!(!value.is_object() && !value.is_array(), "{text}");
            // As `{:?}` writes enums and structs.
            assert!(!value.as_str().unwrap_or_default().contains(" { "), "{text}");
        }
    }
}

#[test]
fn a_flood_has_a_bounded_number_of_lines_that_say_how_many_were_left_out() {
    let project = Project::new("").agent("dev", "schedule = \"0 0 1 1 *\"\n", "true");
    let gate = Gate::serve(&project);
    let next = AtomicU64::new(0);
    let flood = || {
        for _ in 0..50 {
            let id = next.fetch_add(1, Ordering::Relaxed).to_string();
            assert_eq!(gate.github("issues", &id, "{}").status, 200);
            assert_eq!(
                gate.post("/webhooks/github", &[("x-hub-signature-256", "sha256=00")], b"{}").status,
                401
            );
        }
    };
    // As fast as this machine can, until it was too fast for the log.
    until("lines are left out, and counted", || {
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(flood))));
        gate.log().iter().any(|line| line.contains("\"left_out\":") && line.contains("deliver"))
    });
    let count = |what: &str| gate.log().iter().filter(|line| line.contains(what)).count();
    assert_eq!(count("refused a delivery"), 1, "one line a minute for each source and reason");
    let (told, sent) = (count("took a delivery"), next.load(Ordering::Relaxed));
    assert!((20..sent).contains(&(told as u64)), "{told} lines about {sent} deliveries");
}

#[test]
fn what_ends_a_start_is_a_line_too_where_the_log_is_for_machines() {
    let project = Project::new("port = \"x\"\nnonsense = 1\n").agent("dev", ANY, "true");
    let output = Gate::command(&project, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let unknown = lines.iter().find(|line| line["message"].as_str().unwrap().contains("nonsense")).unwrap();
    assert_eq!((&unknown["level"], &unknown["line"]), (&"ERROR".into(), &3.into()), "{told}");
    assert!(unknown["file"].as_str().unwrap().ends_with("config.toml"), "{told}");

    let project = Project::new("").agent("dev", ANY, "true");
    let _gate = Gate::serve(&project);
    let output = Gate::command(&project, &[]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap_or_else(|_| panic!("{told}"));
    assert!(last["message"].as_str().unwrap().contains("in use by another gate"), "{told}");
}

#[test]
fn a_log_for_people_has_the_same_facts_without_escapes() {
    let project = Project::new("").agent("dev", ANY, "true");
    let mut command = Command::new(env!("CARGO_BIN_EXE_herdgate"));
    command.args(["serve", "--log-format", "pretty", "--config"]).arg(project.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let ready = lines.into_iter().find(|line| line.contains(" ready ")).unwrap();
    let _ = child.kill();
    let _ = child.wait();
    assert!(ready.contains("INFO") && ready.contains("agents=1"), "{ready}");
    assert!(!ready.contains('\x1b') && !ready.contains("herdgate_actors::"), "{ready}");
}
