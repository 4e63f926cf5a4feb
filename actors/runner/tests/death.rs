//! Nothing survives the gate.

use herdgate_actors::runner::{
    OutcomeKind, ProcessOptions, ProcessRunner, ReaperCommand, RunFolders, Runner,
};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{
    roles::Gate,
    support::{House, Witness, in_time, order, runner, script, wait_for_end},
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
    let reaper = gate.reaper;
    witness.hear("ready");
    gate.kill();
    witness.hear_silence();
    wait_for_end(reaper);
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
fn the_reaper_is_deaf_to_what_ends_a_gate_and_leads_its_own_session() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    let reaper = Pid::from_raw(gate.reaper).unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        kill_process(reaper, signal).unwrap();
        kill_process_group(reaper, signal).unwrap();
    }
    assert_eq!(rustix::process::getsid(Some(reaper)).unwrap(), reaper);
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
fn the_reaper_holds_nothing_but_its_pipe() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    // The test harness, as which the reaper starts here, has files open for a moment.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while open_files(gate.reaper) != ["/dev/null", "/dev/null", "pipe"] {
        assert!(std::time::Instant::now() < patience, "{:?}", open_files(gate.reaper));
        std::thread::yield_now();
    }
    gate.kill();
}

#[test]
fn a_reaper_that_died_is_replaced_and_its_successor_knows_the_runs() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let mut gate = Gate::start(data.path(), FAMILY, &witness.path);
    witness.hear("ready");
    let first = gate.reaper;
    gate.lose_reaper();
    assert_ne!(gate.reaper, first);
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
fn a_reaper_that_cannot_be_executed_is_refused_at_the_start() {
    let data = tempfile::tempdir().unwrap();
    let reaper = ReaperCommand::new("/nonexistent/herdgate", ["reaper"]);
    let folders = RunFolders::new(&data.path().join("runs")).unwrap();
    let options = ProcessOptions { reaper, open_files: None };
    let error = ProcessRunner::new(folders, options).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/herdgate"), "{error}");
}

#[test]
fn a_new_life_ends_what_is_left_when_gate_and_reaper_died_together() {
    for family in [FAMILY, DAEMONS] {
        let data = tempfile::tempdir().unwrap();
        let witness = Witness::new(data.path().join("witness"));
        let gate = Gate::start(data.path(), family, &witness.path);
        witness.hear("ready");
        gate.kill_both();
        let next_life = runner(data.path());
        witness.hear_silence();
        drop(next_life);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_starts_leaves_the_runs_of_other_gates_alone() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let text = "exec 9>\"$1\"; echo ready >&9; read line <go; exit 3";
    let mut order = script(text, &witness.path);
    let cwd = house.data.path().to_owned();
    std::sync::Arc::make_mut(&mut order.spec).cwd = Some(cwd);
    let go = Witness::fifo(house.path("go"));
    let run = tokio::spawn(house.start(order));
    witness.hear("ready");
    let other = House::new();
    std::fs::write(go, "on\n").unwrap();
    assert_eq!(in_time(run).await.unwrap().kind, OutcomeKind::Failed { code: 3 });
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_while_the_reaper_is_dead_end_as_they_would() {
    let house = House::new();
    // Each reaper that dies young is replaced after a longer pause: the last one leaves ample time.
    for _ in 0..5 {
        let pid = house.runner.reaper_pid();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        let dead = std::time::Instant::now();
        while house.runner.reaper_pid() == pid && dead.elapsed() < std::time::Duration::from_millis(300) {
            assert_eq!(house.end_of(order(&["/bin/true"])).await, OutcomeKind::Completed);
        }
    }
}
