//! One life of a gate after the other: what an end takes with it, and what the next start finds.

use std::{fs, path::Path, time::Duration};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Gate, PATIENCE, Project, until, within};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

fn stop(mut gate: Gate) {
    gate.signal(Signal::TERM);
    assert!(gate.wait().success());
}

/// Whether a process runs: one that only waits to be reaped does not.
fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// The processes that a gate started itself.
fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let read = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let all: String = tasks.filter_map(Result::ok).map(read).collect();
    all.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// The reaper of a gate without runs: its only child.
fn reaper(gate: &Gate) -> u32 {
    let found = within(PATIENCE, || children(gate.pid()).len() == 1);
    assert!(found, "{:?}", children(gate.pid()));
    children(gate.pid())[0]
}

fn kill(pid: u32) {
    let _ = kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL);
}

#[test]
fn a_restart_with_a_busy_agent_refuses_no_delivery() {
    let slow = "mkfifo go; echo $PWD/go > $REPORTS; read line < go; echo done > $REPORTS";
    let project = Project::new("").agent("dev", LABELED, slow);
    let mut gate = Gate::serve(&project);
    gate.github("issues", "first", labeled());
    let go = project.report();
    gate.signal(Signal::TERM);
    gate.logged(&["draining"]);
    for number in 0..20 {
        let id = format!("while draining {number}");
        assert_eq!(gate.try_github("issues", &id, labeled()), Some(200), "{id}");
    }
    assert_eq!(gate.admin("GET", "/readyz").status, 503, "balancers send new work elsewhere");
    fs::write(go, "go\n").unwrap();
    assert_eq!(project.report(), "done");
    assert!(gate.wait().success());
    let project = project.agent("dev", &format!("scale = 20\n{LABELED}"), "echo later > $REPORTS");
    let _gate = Gate::serve(&project);
    for _ in 0..20 {
        assert_eq!(project.report(), "later");
    }
}

#[test]
fn sighup_does_not_end_the_gate() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    gate.signal(Signal::HUP);
    gate.logged(&["SIGHUP"]);
    assert_eq!(gate.github("issues", "after", labeled()).json()["matched"], 1);
    assert_eq!(project.report(), "ran");
    assert!(gate.is_alive());
}

#[test]
fn gate_and_reaper_killed_together_leave_nothing_to_the_next_life_and_no_run_twice() {
    // The child in the background is in the run's group, but does not die with the command.
    let script = "sleep 1000 & echo $$ $! > $REPORTS; wait";
    let project = Project::new("").agent("dev", LABELED, script);
    let gate = Gate::serve(&project);
    let reaper = reaper(&gate);
    gate.github("issues", "one", labeled());
    let first: Vec<u32> = project.report().split(' ').map(|pid| pid.parse().unwrap()).collect();
    kill(reaper);
    gate.kill();
    let gate = Gate::serve(&project);
    let second: Vec<u32> = project.report().split(' ').map(|pid| pid.parse().unwrap()).collect();
    for pid in &first {
        assert!(!is_alive(*pid), "{pid} of the first try ran on beside {second:?}");
    }
    drop(gate);
    until("the second try ends with its gate", || second.iter().all(|pid| !is_alive(*pid)));
}

#[test]
fn what_is_called_as_the_gate_is_not_the_reaper() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    let name = |pid: u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    assert_eq!(name(gate.pid()).trim(), "herdgate");
    // pkill takes what its pattern is part of.
    let other = name(reaper(&gate));
    assert!(!other.contains("herdgate"), "`pkill herdgate` kills {other}, too");
}

#[test]
fn runs_that_start_while_the_reaper_is_dead_do_not_die() {
    let config = format!("scale = 4\n{LABELED}[retry]\nattempts = 1\n");
    let project = Project::new("").agent("dev", &config, "exit 0");
    let gate = Gate::serve(&project);
    let mut sent = 0;
    for _ in 0..4 {
        for pid in children(gate.pid()) {
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if command.contains("warden") || command.contains("reaper") {
                kill(pid);
            }
        }
        for _ in 0..10 {
            gate.github("issues", &sent.to_string(), labeled());
            sent += 1;
        }
    }
    let count = |state: &str| gate.list(&format!("jobs?state={state}&limit=1000")).len();
    until("every job ends", || count("completed") + count("discarded") == sent);
    assert_eq!(count("discarded"), 0, "{}", project.herdgate(&["dead", "list"]));
    let runs = project.herdgate(&["runs", "--json", "--limit", "1000"]);
    assert!(!runs.contains("\"killed\""), "{runs}");
}

#[test]
fn the_jobs_of_a_removed_agent_are_shown_and_can_be_discarded() {
    let slow = "echo ran > $REPORTS; sleep 1000";
    let project = Project::new("").agent("gone", LABELED, slow).agent("stays", LABELED, "true");
    let gate = Gate::serve_with(&project, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
    for id in ["one", "two", "three"] {
        gate.github("issues", id, labeled());
    }
    project.report();
    stop(gate);
    let project = project.without("gone");
    let gate = Gate::serve(&project);
    let told = gate.logged(&["\"WARN\"", "gone"]);
    assert!(told.contains('3'), "how many: {told}");
    let unconfigured = |state: &str| {
        let page = gate.admin("GET", "/metrics").text();
        let series = format!("herdgate_unconfigured_jobs{{agent=\"gone\",state=\"{state}\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok())
    };
    until("they are counted", || unconfigured("available").is_some_and(|jobs| jobs >= 2.0));
    let answer = gate.admin("POST", "/api/v1/agents/gone/jobs/discard");
    assert_eq!((answer.status, answer.json()["jobs"].clone()), (200, json!(3)), "{}", answer.text());
    until("none is counted any more", || unconfigured("available").is_none_or(|jobs| jobs <= 0.0));
    let jobs = gate.list("jobs?agent=gone&limit=10");
    let states: Vec<_> = jobs.iter().map(|job| &job["state"]).collect();
    assert_eq!(states, [&json!("discarded"); 3]);
    assert!(project.herdgate(&["dead", "list"]).contains("gone"));
}

#[test]
fn the_jobs_of_a_renamed_agent_are_handed_over_and_run() {
    let slow = "echo ran > $REPORTS; sleep 1000";
    let project = Project::new("").agent("old-name", LABELED, slow);
    let gate = Gate::serve_with(&project, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
    for id in ["one", "two"] {
        gate.github("issues", id, labeled());
    }
    project.report();
    stop(gate);
    let project = project.without("old-name").agent("new-name", LABELED, "echo new > $REPORTS");
    let gate = Gate::serve(&project);
    let answer = gate.change("agents/old-name/jobs/hand-over", &json!({ "to": "nobody" }));
    assert_eq!(answer.status, 404, "{}", answer.text());
    let answer = gate.change("agents/old-name/jobs/hand-over", &json!({ "to": "new-name" }));
    assert_eq!((answer.status, answer.json()["jobs"].clone()), (200, json!(2)), "{}", answer.text());
    assert_eq!([project.report(), project.report()], ["new", "new"]);
}

#[test]
fn ten_graceful_restarts_hold_nothing_against_a_job() {
    let project = Project::new("").agent("dev", LABELED, "echo $HERDGATE_ATTEMPT > $REPORTS; sleep 1000");
    for life in 1..=11 {
        let gate = Gate::serve_with(&project, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
        if life == 1 {
            gate.github("issues", "one", labeled());
        }
        assert_eq!(project.report(), life.to_string());
        if life == 11 {
            assert_eq!(project.herdgate(&["dead", "list"]), "no dead letters\n");
        }
        stop(gate);
    }
}

#[test]
fn a_data_folder_that_is_removed_fails_the_gate() {
    for what in [".herdgate", ".herdgate/herdgate.lock", ".herdgate/herdgate.db"] {
        let project = Project::new("").agent("dev", LABELED, "true");
        let mut gate = Gate::serve(&project);
        remove(&project.path().join(what));
        assert!(!gate.wait().success(), "{what}");
        let log = gate.log().join("\n");
        assert!(log.contains("cannot go on"), "{what}: {log}");
    }
}

fn remove(path: &Path) {
    if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
}

#[test]
fn a_door_that_cannot_open_fails_the_gate() {
    let project = Project::new("").agent("dev", LABELED, "true");
    // Too few descriptors for listeners, workers and store together.
    for descriptors in [24, 32, 40] {
        let limited = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
        // Either it says why it does not start, or it serves: never a deaf process that is "ready".
        if let Ok(gate) = Gate::try_serve_by(&project, &["sh", "-c", &limited], &[]) {
            let serves = within(Duration::from_secs(20), || {
                !gate.is_alive() || gate.try_github("issues", "one", labeled()) == Some(200)
            });
            assert!(serves, "{descriptors} descriptors: {}", gate.log().join("\n"));
        }
    }
}
