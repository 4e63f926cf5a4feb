//! What a power cut could take: nothing that was answered.
//!
//! The order of system calls is watched: a commit is written, forced to the disk, and only then
//! the answer leaves. Whether the disk keeps what it confirms is not shown here.

use std::process::{Command, Stdio};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project};

#[test]
fn the_answer_leaves_after_the_fsync_of_its_commit() {
    let can_trace = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !can_trace {
        herdgate_skip::cannot_run(
            "power::the_answer_leaves_after_the_fsync_of_its_commit",
            "strace is missing, or may not trace here",
        );
        return;
    }
    let project = Project::new("").agent("dev", "[[webhooks]]\nsource = \"github\"\n", "echo ran > $REPORTS");
    // Not in the project: its files are watched, and the watch is traced.
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let gate = Gate::traced(&project, &trace);
    let labeled = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    assert_eq!(gate.github("issues", "one", labeled).json()["matched"], 1);
    project.report();
    gate.stop_traced(&project);

    let trace = std::fs::read_to_string(&trace).unwrap();
    let calls: Vec<_> = trace.lines().collect();
    let answered = calls.iter().position(|call| call.contains("HTTP/1.1 200")).expect("an answer");
    let asked = calls.iter().position(|call| call.contains("POST /webhooks/github")).expect("the request");
    let written = calls[asked..answered]
        .iter()
        .position(|call| call.contains("pwrite64(") && call.contains("herdgate.db-wal>"))
        .map(|place| asked + place)
        .expect("a commit between request and answer");
    let forced = calls[written..answered].iter().any(|call| is_forced(call, &calls[written..answered]));
    assert!(forced, "no fsync between commit and answer:\n{}", calls[written..=answered].join("\n"));
}

/// A call that forced the log to the disk and has returned.
fn is_forced(call: &str, all: &[&str]) -> bool {
    let forces =
        (call.contains("fsync(") || call.contains("fdatasync(")) && call.contains("herdgate.db-wal>");
    let returned = call.ends_with("= 0");
    let thread = call.split_whitespace().next().unwrap_or_default();
    let resumed = || {
        all.iter().any(|later| {
            later.starts_with(thread) && later.contains("sync resumed>") && later.ends_with("= 0")
        })
    };
    forces && (returned || resumed())
}
