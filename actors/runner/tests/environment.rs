//! A run gets what was promised, and nothing else of the gate.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use herdgate_actors::{
    domain::EnvVar,
    runner::{OutcomeKind, RunRequest},
};

use crate::support::{House, order, with_spec};

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
    let file = |name: &str| folder.join(name).display().to_string();
    let mut promised = BTreeSet::from([
        format!("HERDGATE_RUN_ID={run}"),
        "HERDGATE_AGENT=dev".to_owned(),
        "HERDGATE_TRIGGER=webhook".to_owned(),
        "HERDGATE_ATTEMPT=1".to_owned(),
        "HERDGATE_RECEIPT=0srk4t5zr0000".to_owned(),
        format!("HERDGATE_PROMPT_FILE={}", file("prompt.md")),
        format!("HERDGATE_INSTRUCTIONS_FILE={}", file("instructions.md")),
        format!("HERDGATE_CONTEXT_FILE={}", file("context.json")),
        format!("HERDGATE_PAYLOAD_FILE={}", file("payload.json")),
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
    for (name, expected) in [
        ("prompt.md", "the prompt"),
        ("instructions.md", "be kind"),
        ("context.json", "{\"a\":1}"),
        ("payload.json", "{\"b\":2}"),
    ] {
        assert_eq!((content(name).as_str(), mode(name)), (expected, 0o600), "{name}");
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
async fn the_command_leads_a_process_group_of_its_own() {
    let house = House::new();
    let order = order(&["cut", "-d", " ", "-f", "1,5", "/proc/self/stat"]);
    let run = order.run;
    house.end_of(order).await;
    let output = house.output(run);
    let (pid, group) = output.trim_end().split_once(' ').unwrap();
    assert_eq!(pid, group);
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
