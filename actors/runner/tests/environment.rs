//! A run gets what was promised, and nothing else of the gate.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use herdgate_actors::{
    domain::{Attempt, EnvVar, KeepWork},
    runner::{OutcomeKind, ProcessOptions, ProcessRunner, RunFolders, RunRequest, Runner},
};

use crate::{
    roles::Gate,
    support::{House, Witness, in_time, order, with_spec},
};

fn full(command: &[&str]) -> RunRequest {
    let mut order = order(command);
    order.receipt = Some("0srk4t5zr0000".parse().unwrap());
    order.trigger = "webhook";
    order.context = Some("{\"a\":1}".to_owned());
    order.payload = Some(b"{\"b\":2}".as_slice().into());
    with_spec(order, |spec| {
        spec.instructions = "be kind".into();
        let var = |name: &str, value: &str| EnvVar { name: name.to_owned(), value: value.to_owned() };
        spec.env = vec![var("TOKEN", "t0ken"), var("LANG", "de_DE.UTF-8"), var("HERDGATE_AGENT", "another")];
    })
}

#[tokio::test]
async fn the_environment_holds_what_is_promised_and_nothing_else() {
    let house = House::new();
    let order = full(&["env"]);
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::Completed);
    let folder = house.folders.folder(run);
    let gate = fs::read_to_string(house.path("runs-common/gate")).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let mut promised = BTreeSet::from([
        format!("HERDGATE_RUN_ID={run}"),
        format!("HERDGATE_GATE={}", gate.trim_end()),
        "HERDGATE_AGENT=dev".to_owned(),
        "HERDGATE_TRIGGER=webhook".to_owned(),
        "HERDGATE_ATTEMPT=1".to_owned(),
        "HERDGATE_RECEIPT=0srk4t5zr0000".to_owned(),
        format!("HERDGATE_PROMPT_FILE={}", file("prompt.md")),
        format!("HERDGATE_INSTRUCTIONS_FILE={}", file("instructions.md")),
        format!("HERDGATE_CONTEXT_FILE={}", file("context.json")),
        format!("HERDGATE_PAYLOAD_FILE={}", file("payload.json")),
        format!("HERDGATE_RESULT_FILE={}", file("result.json")),
        "TOKEN=t0ken".to_owned(),
        "LANG=de_DE.UTF-8".to_owned(),
    ]);
    for name in ["PATH", "HOME", "TZ"] {
        if let Ok(value) = std::env::var(name) {
            promised.insert(format!("{name}={value}"));
        }
    }
    let found: BTreeSet<_> = house.output(run).lines().map(str::to_owned).collect();
    assert_eq!(found, promised);
    assert!(std::env::vars().count() > promised.len(), "the gate's own environment is larger");
}

#[tokio::test]
async fn the_files_hold_what_they_are_named_for_and_are_the_users_own() {
    let house = House::new();
    let order = full(&["true"]);
    let folder = house.folders.folder(order.run);
    house.end_of(order).await;
    let content = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o7777;
    for (name, expected, expected_mode) in [
        ("prompt.md", "the prompt", 0o600),
        ("instructions.md", "be kind", 0o400),
        ("context.json", "{\"a\":1}", 0o600),
        ("payload.json", "{\"b\":2}", 0o400),
    ] {
        assert_eq!((content(name).as_str(), mode(name)), (expected, expected_mode), "{name}");
    }
    assert_eq!((mode("."), mode("work")), (0o700, 0o700));
    assert!(!folder.join("output.log").exists(), "a silent command leaves no log");
}

#[tokio::test]
async fn what_has_no_content_has_neither_file_nor_variable() {
    let house = House::new();
    let order = order(&["env"]);
    let run = order.run;
    house.end_of(order).await;
    let output = house.output(run);
    for name in ["INSTRUCTIONS_FILE", "CONTEXT_FILE", "PAYLOAD_FILE", "RECEIPT"] {
        assert!(!output.contains(name), "{output}");
    }
    let mut files: Vec<_> =
        fs::read_dir(house.folders.folder(run)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["output.log", "prompt.md", "work"]);
}

#[tokio::test]
async fn a_run_works_in_its_own_folder_or_where_the_agent_says() {
    let house = House::new();
    let own = order(&["pwd"]);
    let run = own.run;
    house.end_of(own).await;
    let work = house.folders.folder(run).join("work").canonicalize().unwrap();
    assert_eq!(house.output(run).trim_end(), work.to_str().unwrap());

    let to_store_error = with_spec(order(&["pwd"]), |spec| spec.cwd = Some("/".into()));
    let run = to_store_error.run;
    house.end_of(to_store_error).await;
    assert_eq!(house.output(run), "/\n");
}

#[tokio::test]
async fn no_descriptor_of_the_gate_leaks_in() {
    let house = House::new();
    // Open across exec, as one that the gate's own parent left open would be.
    let leak = rustix::io::dup(std::io::stdin()).unwrap();
    assert!(!rustix::io::fcntl_getfd(&leak).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    let order = order(&["ls", "/proc/self/fd"]);
    let run = order.run;
    house.end_of(order).await;
    // The fourth is the folder that `ls` reads.
    assert_eq!(house.output(run), "0\n1\n2\n3\n");
}

#[tokio::test]
async fn signals_are_neither_blocked_nor_ignored() {
    let house = House::new();
    // Rust ignores PIPE in this process, and a run must not inherit that.
    let order = order(&["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
    let run = order.run;
    house.end_of(order).await;
    assert_eq!(house.output(run), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

#[tokio::test]
async fn the_command_leads_a_session_and_a_process_group_of_its_own() {
    let house = House::new();
    // Process, group, session, terminal.
    let order = order(&["cut", "-d", " ", "-f", "1,5,6,7", "/proc/self/stat"]);
    let run = order.run;
    house.end_of(order).await;
    let output = house.output(run);
    let pid = output.split(' ').next().unwrap();
    assert_eq!(output.trim_end(), format!("{pid} {pid} {pid} 0"));
}

#[test]
fn a_run_cannot_write_to_the_terminal_of_its_gate() {
    let data = tempfile::tempdir().unwrap();
    let witness = Witness::new(data.path().join("witness"));
    let (_terminal, prepare) = terminal();
    let text = "exec 9>\"$1\"; if echo owned >/dev/tty; then echo leaked >&9; else echo refused >&9; fi";
    let gate = Gate::start_with(data.path(), text, &witness.path, prepare);
    witness.hear("refused");
    gate.kill();
}

/// A pseudo terminal, and what makes a command's process have it as its terminal.
fn terminal() -> (std::os::fd::OwnedFd, impl FnOnce(&mut std::process::Command)) {
    use std::os::unix::process::CommandExt;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap();
    let prepare = move |command: &mut std::process::Command| {
        #[expect(unsafe_code, reason = "a terminal is taken between fork and exec")]
        // SAFETY: system calls only.
        unsafe {
            command.pre_exec(move || {
                rustix::process::setsid()?;
                // The first terminal that a session's leader opens is the session's.
                let theirs = rustix::fs::open(&path, rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty())?;
                std::mem::forget(theirs);
                Ok(())
            });
        }
    };
    (ours, prepare)
}

#[tokio::test]
async fn a_run_may_open_as_many_files_as_the_gate_could_before_it_raised_its_limit() {
    let data = tempfile::tempdir().unwrap();
    let folders = RunFolders::new(&data.path().join("runs")).unwrap();
    let options = ProcessOptions { reaper: crate::roles::reaper(), open_files: Some(1000) };
    let runner = ProcessRunner::new(folders.clone(), options).unwrap();
    let order = order(&["sh", "-c", "ulimit -Sn"]);
    let run = order.run;
    assert_eq!(in_time(runner.start(order).ended).await.kind, OutcomeKind::Completed);
    assert_eq!(folders.output(run).unwrap().bytes, b"1000\n");
}

#[tokio::test]
async fn programs_are_not_looked_for_in_relative_folders() {
    let house = House::new();
    fs::create_dir(house.path("bin")).unwrap();
    std::os::unix::fs::symlink("/bin/true", house.path("bin/planted")).unwrap();
    let with_path = |path: &str| {
        let path = EnvVar { name: "PATH".to_owned(), value: path.to_owned() };
        with_spec(order(&["planted"]), |spec| {
            spec.cwd = Some(house.data.path().to_owned());
            spec.env = vec![path];
        })
    };
    for path in ["bin", ".:bin", "", "./bin:/bin"] {
        let ended = house.end_of(with_path(path)).await;
        assert!(matches!(ended, OutcomeKind::NotStarted { .. }), "{path}: {ended:?}");
    }
    let absolute = house.path("bin").display().to_string();
    assert_eq!(house.end_of(with_path(&absolute)).await, OutcomeKind::Completed);
}

#[tokio::test]
async fn the_folder_in_which_a_run_worked_is_kept_as_the_agent_wants() {
    let house = House::new();
    for (keep, kept) in [
        (KeepWork::Never, [false, false]),
        (KeepWork::Failed, [false, true]),
        (KeepWork::Always, [true, true]),
    ] {
        for (code, kept) in ["0", "1"].into_iter().zip(kept) {
            let text = format!("mkdir -p clone/deep; echo x >clone/deep/file; exit {code}");
            let order = with_spec(order(&["sh", "-c", &text]), |spec| spec.keep_work = keep);
            let folder = house.folders.folder(order.run);
            house.end_of(order).await;
            assert_eq!(folder.join("work/clone/deep/file").exists(), kept, "{keep:?} {code}");
            assert!(folder.join("prompt.md").exists());
        }
    }
}

#[tokio::test]
async fn attempts_of_a_job_share_its_payload_and_the_last_five_keep_their_folders() {
    use std::os::unix::fs::MetadataExt;
    let house = House::new();
    let first = full(&["true"]);
    let attempt = |number| {
        let mut order = first.clone();
        order.receipt = None;
        order.run.attempt = Attempt(number);
        order
    };
    let payload = |number| house.folders.folder(attempt(number).run).join("payload.json");
    for number in 1..=7 {
        assert_eq!(house.end_of(attempt(number)).await, OutcomeKind::Completed);
    }
    let kept: Vec<_> = (1..=7).filter(|number| payload(*number).exists()).collect();
    assert_eq!(kept, [3, 4, 5, 6, 7]);
    assert_eq!(fs::metadata(payload(7)).unwrap().ino(), fs::metadata(payload(3)).unwrap().ino());
}

#[tokio::test]
async fn hostile_payload_text_reaches_neither_arguments_nor_environment() {
    let house = House::new();
    let hostile = "\"; touch /tmp/owned; $(touch owned) `touch owned` \u{0}\n--dangerous";
    let mut order = order(&["cat", "/proc/self/cmdline", "/proc/self/environ"]);
    order.prompt = hostile.to_owned();
    order.context = Some(hostile.to_owned());
    order.payload = Some(hostile.to_owned().into());
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::Completed);
    let output = house.output(run);
    assert!(!output.contains("touch") && !output.contains("dangerous"), "{output}");
    assert_eq!(fs::read(house.folders.folder(run).join("payload.json")).unwrap(), hostile.as_bytes());
}
