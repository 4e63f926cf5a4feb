//! Every way in which a run ends.

use std::{fs, time::Duration};

use herdgate_actors::runner::{RunExit, Runner, StopKind};
use tokio::sync::watch;

use crate::support::{House, Witness, in_time, order, script, with_spec};

/// Stays until it is killed, and so does its child.
const DEAF: &str = "trap '' TERM; exec 9>\"$1\"; sleep 1000 & echo ready >&9; wait";

#[tokio::test]
async fn exit_codes_are_told_as_they_are() {
    let house = House::new();
    for code in [0, 1, 75, 124, 127, 255] {
        let order = order(&["sh", "-c", &format!("exit {code}")]);
        assert_eq!(house.end_of(order).await, RunExit::Exited(code));
    }
}

#[tokio::test]
async fn a_signal_from_elsewhere_is_told_as_such() {
    let house = House::new();
    assert_eq!(house.end_of(order(&["sh", "-c", "kill -9 $$"])).await, RunExit::Signalled(9));
    assert_eq!(house.end_of(order(&["sh", "-c", "kill -TERM $$"])).await, RunExit::Signalled(15));
}

#[tokio::test]
async fn what_cannot_be_started_names_the_program_and_the_cause() {
    let house = House::new();
    fs::write(house.path("plain"), "no program").unwrap();
    let plain = house.path("plain").display().to_string();
    for (command, causes) in [
        (vec!["no-such-program"], vec!["`no-such-program`", "No such file"]),
        (vec!["/no/such/program"], vec!["`/no/such/program`", "No such file"]),
        (vec![plain.as_str()], vec![plain.as_str(), "Permission denied"]),
        (vec!["/"], vec!["`/`", "Permission denied"]),
        (vec!["echo", "a\0b"], vec!["`echo`", "zero byte"]),
        (vec![], vec!["command is empty"]),
    ] {
        let RunExit::NotStarted(error) = house.end_of(order(&command)).await else {
            panic!("{command:?} ran")
        };
        for cause in causes {
            assert!(error.contains(cause), "{error}");
        }
    }
}

#[tokio::test]
async fn a_missing_working_directory_is_named() {
    let house = House::new();
    let order = with_spec(order(&["true"]), |spec| spec.cwd = Some("/no/such/folder".into()));
    let RunExit::NotStarted(error) = house.end_of(order).await else { panic!("it ran") };
    assert!(error.contains("`true`") && error.contains("`/no/such/folder`"), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_no_start() {
    let house = House::new();
    fs::write(house.path("runs"), "a file where the folder should be").unwrap();
    let RunExit::NotStarted(error) = house.end_of(order(&["true"])).await else { panic!("it ran") };
    assert!(error.contains("cannot prepare the run's folder"), "{error}");
}

#[tokio::test]
async fn no_file_is_executed_by_a_shell_unless_it_says_so() {
    let house = House::new();
    let script = house.path("script");
    fs::write(&script, "touch owned\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let RunExit::NotStarted(error) = house.end_of(order(&[script.to_str().unwrap()])).await else {
        panic!("ran")
    };
    assert!(error.contains("Exec format error") || error.contains("Text file busy"), "{error}");
}

#[tokio::test]
async fn a_timeout_kills_the_whole_group_even_what_ignores_term() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let order = with_spec(script(DEAF, &witness.path), |spec| {
        spec.timeout = Duration::from_secs(1);
        spec.kill_grace = Duration::from_millis(50);
    });
    assert_eq!(house.end_of(order).await, RunExit::TimedOut);
    witness.hear("ready");
    assert!(witness.is_silent());
}

#[tokio::test]
async fn a_timeout_asks_before_it_kills_and_stays_a_timeout() {
    let house = House::new();
    let text = "trap 'echo asked; exit 0' TERM; echo started; while :; do sleep 1000 & wait; done";
    let order = with_spec(order(&["sh", "-c", text]), |spec| spec.timeout = Duration::from_secs(1));
    let run = order.run;
    assert_eq!(house.end_of(order).await, RunExit::TimedOut);
    assert_eq!(house.output(run), "started\nasked\n");
}

#[tokio::test]
async fn when_the_leader_exits_its_background_children_are_killed() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let text = "exec 9>\"$1\"; (trap '' TERM HUP; sleep 1000) & echo ready >&9; exit 4";
    assert_eq!(house.end_of(script(text, &witness.path)).await, RunExit::Exited(4));
    witness.hear("ready");
    assert!(witness.is_silent());
}

#[tokio::test]
async fn when_the_leader_exits_daemons_that_left_its_group_are_killed() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    // The leader waits until the daemon has a session of its own.
    let text =
        "mkfifo up; setsid sh -c 'exec 9>\"$1\"; sleep 1000 & echo up >up; wait' sh \"$1\" & read x <up";
    assert_eq!(house.end_of(script(text, &witness.path)).await, RunExit::Exited(0));
    assert!(witness.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gentle_stop_lets_the_run_finish_its_work() {
    for (text, expected) in [
        ("trap 'exit 0' TERM", RunExit::Exited(0)),
        ("trap 'exit 3' TERM", RunExit::Stopped),
        (":", RunExit::Stopped),
    ] {
        let house = House::new();
        let witness = Witness::new(house.path("witness"));
        let text = format!("{text}; exec 9>\"$1\"; echo ready >&9; while :; do sleep 1000 & wait; done");
        let (stop, stopped) = watch::channel(StopKind::No);
        let run = tokio::spawn(house.runner.run(script(&text, &witness.path), stopped));
        witness.hear("ready");
        stop.send(StopKind::Gently).unwrap();
        assert_eq!(in_time(run).await.unwrap(), expected, "{text}");
        assert!(witness.is_silent());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gentle_stop_kills_after_the_grace() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let order = with_spec(script(DEAF, &witness.path), |spec| spec.kill_grace = Duration::from_millis(50));
    let (stop, stopped) = watch::channel(StopKind::No);
    let run = tokio::spawn(house.runner.run(order, stopped));
    witness.hear("ready");
    stop.send(StopKind::Gently).unwrap();
    assert_eq!(in_time(run).await.unwrap(), RunExit::Stopped);
    assert!(witness.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_now_does_not_wait_for_the_grace() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let (stop, stopped) = watch::channel(StopKind::No);
    let run = tokio::spawn(house.runner.run(script(DEAF, &witness.path), stopped));
    witness.hear("ready");
    // The grace is longer than the test's patience: only the second word can end it.
    stop.send(StopKind::Gently).unwrap();
    stop.send(StopKind::Now).unwrap();
    assert_eq!(in_time(run).await.unwrap(), RunExit::Stopped);
    assert!(witness.is_silent());
}

#[tokio::test]
async fn a_run_that_is_stopped_before_its_start_is_not_started() {
    let house = House::new();
    let order = order(&["true"]);
    let folder = house.folders.folder(order.run);
    let (_stop, stopped) = watch::channel(StopKind::Gently);
    assert_eq!(in_time(house.runner.run(order, stopped)).await, RunExit::Stopped);
    assert!(!folder.exists());
}
