//! Nothing survives the gate.

use herdgate_actors::runner::{OutcomeKind, Runner, Warden, WardenCommand};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{
    roles::Gate,
    support::{House, Witness, in_time, order, script, wait_for_end},
};

/// A leader and a grandchild, deaf to TERM, that hold the witness.
const FAMILY: &str = "trap '' TERM; exec 9>\"$1\"; (sleep 1000) & echo ready >&9; wait";
/// The same, with a daemon that left the group, and a child of that daemon.
const DAEMONS: &str = "trap '' TERM; exec 9>\"$1\"; \
    setsid sh -c 'sleep 1000 & echo ready >&9; wait' & wait";

#[test]
fn a_gate_killed_with_minus_nine_takes_run_and_grandchild_along() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), FAMILY, &witness.path);
    let warden = gate.warden;
    witness.hear("ready");
    gate.kill();
    witness.hear_silence();
    wait_for_end(warden);
}

#[test]
fn a_gate_killed_with_minus_nine_takes_daemons_along() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), DAEMONS, &witness.path);
    witness.hear("ready");
    gate.kill();
    witness.hear_silence();
}

#[test]
fn the_warden_is_deaf_to_what_ends_a_gate_and_leads_its_own_session() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    let warden = Pid::from_raw(gate.warden).unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        kill_process(warden, signal).unwrap();
        kill_process_group(warden, signal).unwrap();
    }
    assert_eq!(rustix::process::getsid(Some(warden)).unwrap(), warden);
    gate.kill();
    witness.hear_silence();
}

fn open_files(process: i32) -> Vec<String> {
    let mut open: Vec<_> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().split(':').next().unwrap().to_owned())
        .collect();
    open.sort();
    open
}

#[test]
fn the_warden_holds_nothing_but_its_pipe() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    // The test harness, as which the warden starts here, has files open for a moment.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while open_files(gate.warden) != ["/dev/null", "/dev/null", "pipe"] {
        assert!(std::time::Instant::now() < patience, "{:?}", open_files(gate.warden));
        std::thread::yield_now();
    }
    gate.kill();
}

#[test]
fn a_warden_that_died_is_replaced_and_its_successor_knows_the_runs() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let mut gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    let first = gate.warden;
    gate.lose_warden();
    assert_ne!(gate.warden, first);
    gate.kill();
    witness.hear_silence();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_future_kills_the_group() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let run = tokio::spawn(house.start(script(FAMILY, &witness.path)));
    witness.hear("ready");
    run.abort();
    assert!(in_time(run).await.unwrap_err().is_cancelled());
    witness.hear_silence();
}

#[tokio::test]
async fn a_runner_may_be_dropped_before_its_runs() {
    let house = House::new();
    let order = order(&["/bin/sh", "-c", "read line; echo $line"]);
    let run = house.runner.start(order).ended;
    let House { runner, data, .. } = house;
    drop(runner);
    assert_eq!(in_time(run).await.kind, OutcomeKind::Completed);
    drop(data);
}

#[test]
fn a_warden_that_cannot_be_executed_is_refused_at_the_start() {
    let error =
        Warden::start(WardenCommand::new("/nonexistent/herdgate", ["warden"])).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/herdgate"), "{error}");
}
