//! Every way in which a run ends.

use std::{fs, time::Duration};

use herdgate_actors::runner::{NotStartedCause, OutcomeKind, Runner, StopMode};

use crate::support::{House, Witness, in_time, order, script, with_spec};

/// Stays until it is killed, and so does its child.
const DEAF: &str = "trap '' TERM; exec 9>\"$1\"; sleep 1000 & echo ready >&9; wait";

#[tokio::test]
async fn exit_codes_mean_what_agents_are_told_they_mean() {
    let house = House::new();
    for (code, kind) in [
        (0, OutcomeKind::Completed),
        (1, OutcomeKind::Failed { code: 1 }),
        (75, OutcomeKind::Snooze),
        (124, OutcomeKind::TimedOut),
        (255, OutcomeKind::Failed { code: 255 }),
    ] {
        let order = order(&["sh", "-c", &format!("exit {code}")]);
        assert_eq!(house.end_of(order).await, kind);
    }
}

#[tokio::test]
async fn a_signal_from_elsewhere_is_told_as_such() {
    let house = House::new();
    assert_eq!(house.end_of(order(&["sh", "-c", "kill -9 $$"])).await, OutcomeKind::Killed { signal: 9 });
    assert_eq!(house.end_of(order(&["sh", "-c", "kill -TERM $$"])).await, OutcomeKind::Killed { signal: 15 });
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
        let OutcomeKind::NotStarted { error, cause } = house.end_of(order(&command)).await else {
            panic!("{command:?} ran")
        };
        assert_eq!(cause, NotStartedCause::Agent, "{error}");
        for cause in causes {
            assert!(error.contains(cause), "{error}");
        }
    }
}

#[tokio::test]
async fn a_missing_working_directory_is_named() {
    let house = House::new();
    let order = with_spec(order(&["true"]), |spec| spec.cwd = Some("/no/such/folder".into()));
    let OutcomeKind::NotStarted { error, .. } = house.end_of(order).await else { panic!("it ran") };
    assert!(error.contains("`true`") && error.contains("`/no/such/folder`"), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_no_start() {
    let house = House::new();
    fs::write(house.path("runs"), "a file where the folder should be").unwrap();
    let OutcomeKind::NotStarted { error, .. } = house.end_of(order(&["true"])).await else {
        panic!("it ran")
    };
    assert!(error.contains("cannot prepare the run's folder"), "{error}");
}

#[tokio::test]
async fn no_file_is_executed_by_a_shell_unless_it_says_so() {
    let house = House::new();
    let script = house.path("script");
    fs::write(&script, "touch owned\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let OutcomeKind::NotStarted { error, .. } = house.end_of(order(&[script.to_str().unwrap()])).await else {
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
    assert_eq!(house.end_of(order).await, OutcomeKind::TimedOut);
    witness.hear("ready");
    assert!(witness.is_silent());
}

#[tokio::test]
async fn a_timeout_asks_before_it_kills_and_stays_a_timeout() {
    let house = House::new();
    let text = "trap 'echo asked; exit 0' TERM; echo started; while :; do sleep 1000 & wait; done";
    let order = with_spec(order(&["sh", "-c", text]), |spec| spec.timeout = Duration::from_secs(1));
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::TimedOut);
    assert_eq!(house.output(run), "started\nasked\n");
}

#[tokio::test]
async fn when_the_leader_exits_its_background_children_are_killed() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let text = "exec 9>\"$1\"; (trap '' TERM HUP; sleep 1000) & echo ready >&9; exit 4";
    assert_eq!(house.end_of(script(text, &witness.path)).await, OutcomeKind::Failed { code: 4 });
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
    assert_eq!(house.end_of(script(text, &witness.path)).await, OutcomeKind::Completed);
    assert!(witness.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gentle_stop_lets_the_run_finish_its_work() {
    for (text, expected) in [
        ("trap 'exit 0' TERM", OutcomeKind::Completed),
        ("trap 'exit 3' TERM", OutcomeKind::Interrupted),
        (":", OutcomeKind::Interrupted),
    ] {
        let house = House::new();
        let witness = Witness::new(house.path("witness"));
        let text = format!("{text}; exec 9>\"$1\"; echo ready >&9; while :; do sleep 1000 & wait; done");
        let handle = house.runner.start(script(&text, &witness.path));
        let run = tokio::spawn(handle.ended);
        witness.hear("ready");
        handle.stop.stop(StopMode::Gently);
        assert_eq!(in_time(run).await.unwrap().kind, expected, "{text}");
        assert!(witness.is_silent());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gentle_stop_kills_after_the_grace() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let order = with_spec(script(DEAF, &witness.path), |spec| spec.kill_grace = Duration::from_millis(50));
    let handle = house.runner.start(order);
    let run = tokio::spawn(handle.ended);
    witness.hear("ready");
    handle.stop.stop(StopMode::Gently);
    assert_eq!(in_time(run).await.unwrap().kind, OutcomeKind::Interrupted);
    assert!(witness.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_now_does_not_wait_for_the_grace() {
    let house = House::new();
    let witness = Witness::new(house.path("witness"));
    let handle = house.runner.start(script(DEAF, &witness.path));
    let run = tokio::spawn(handle.ended);
    witness.hear("ready");
    // The grace is longer than the test's patience: only the second word can end it.
    handle.stop.stop(StopMode::Gently);
    handle.stop.stop(StopMode::Now);
    assert_eq!(in_time(run).await.unwrap().kind, OutcomeKind::Interrupted);
    assert!(witness.is_silent());
}

#[tokio::test]
async fn a_run_that_is_stopped_before_its_start_is_not_started() {
    let house = House::new();
    let order = order(&["true"]);
    let folder = house.folders.folder(order.run);
    let handle = house.runner.start(order);
    handle.stop.stop(StopMode::Gently);
    assert_eq!(in_time(handle.ended).await.kind, OutcomeKind::Interrupted);
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn daemons_that_fork_twice_are_killed_also_beside_the_ends_of_other_runs() {
    let house = House::new();
    // The middle process is dead before anyone looks; the leader does not wait for either.
    let text = "setsid sh -c 'setsid sh -c \"exec 9>$1; sleep 1000\" &' sh \"$1\" & exit 0";
    let mut runs = Vec::new();
    for number in 0..40 {
        let path = house.path(&format!("witness-{number}"));
        let witness = Witness::new(path.clone());
        // Held by the test as well, until the run is over: its daemon may never have come to open it.
        let held = fs::OpenOptions::new().read(true).write(true).open(&witness.path).unwrap();
        runs.push((witness, held, tokio::spawn(house.start(script(text, &path)))));
    }
    for (witness, held, run) in runs {
        assert_eq!(in_time(run).await.unwrap().kind, OutcomeKind::Completed);
        drop(held);
        // A start that hangs in another test has a copy of what is held here.
        witness.hear_silence();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_forks_for_ever_holds_up_neither_its_run_nor_others() {
    let house = House::new();
    let chain = "setsid sh -c 'f() { (f) & }; f' & exit 0";
    let hostile = tokio::spawn(house.start(order(&["sh", "-c", chain])));
    for _ in 0..20 {
        assert_eq!(house.end_of(order(&["/bin/true"])).await, OutcomeKind::Completed);
    }
    assert_eq!(in_time(hostile).await.unwrap().kind, OutcomeKind::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_program_hangs_stops_nobody_else() {
    let house = House::new();
    let program = house.path("program");
    fs::copy("/bin/true", &program).unwrap();
    let lease = Lease::take(&program);
    let mut hanging = Vec::new();
    for _ in 0..4 {
        let mut order = with_spec(order(&[program.to_str().unwrap()]), |spec| {
            spec.timeout = Duration::from_secs(4);
        });
        order.agent = "hanging".into();
        hanging.push(tokio::spawn(house.start(order)));
    }
    let begun = std::time::Instant::now();
    assert_eq!(house.end_of(order(&["/bin/true"])).await, OutcomeKind::Completed);
    assert!(begun.elapsed() < Duration::from_secs(4), "it waited for the others");
    let told_apart = loop {
        // Once its starts are known to hang, the agent gets no more of them.
        let mut order = order(&[program.to_str().unwrap()]);
        order.agent = "hanging".into();
        let handle = house.runner.start(order);
        let ended = tokio::time::timeout(Duration::from_millis(100), handle.ended).await;
        if let Ok(outcome) = ended {
            break outcome.kind;
        }
    };
    let OutcomeKind::NotStarted { cause, error } = told_apart else { panic!("{told_apart:?}") };
    assert_eq!(cause, NotStartedCause::Host, "{error}");
    for run in hanging {
        assert_eq!(in_time(run).await.unwrap().kind, OutcomeKind::TimedOut);
    }
    drop(lease);
}

/// Makes every start of a program hang, as a dead network share does: the kernel waits for the lease's
/// holder, who never gives it back.
struct Lease(#[expect(dead_code, reason = "held")] fs::File);

impl Lease {
    fn take(path: &std::path::Path) -> Self {
        use std::os::fd::AsRawFd;
        // Of Linux; the C library's crate leaves it out.
        const F_SETSIG: libc::c_int = 10;
        let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        #[expect(unsafe_code, reason = "leases have no safe form")]
        // SAFETY: sets two numbers of a descriptor that is open.
        let taken = unsafe {
            // A signal that is ignored by default, instead of the one that ends this process.
            libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG) == 0
                && libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) == 0
        };
        assert!(
            taken,
            "the file system of the temporary folder has no leases: {}",
            std::io::Error::last_os_error()
        );
        Self(file)
    }
}
