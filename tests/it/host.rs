//! What keeps the gate from starting runs is never the fault of a job.

use std::time::Duration;

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use serde_json::json;

use crate::support::{DeadShare, Gate, Project, SmallDisk, User, until, within};

const LABELED: &str = "scale = 4\n[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n[retry]\nattempts = 2\nbackoff = \"50ms\"\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

/// Jobs of the agent `dev` in a state.
fn jobs(gate: &Gate, state: &str) -> usize {
    gate.list(&format!("jobs?agent=dev&limit=1000&state={state}")).len()
}

/// No dead letter, and no attempt that counts against a job, as long as it lasts.
fn nothing_is_charged(gate: &Gate) {
    let charged = within(Duration::from_secs(5), || jobs(gate, "discarded") > 0);
    assert!(!charged, "jobs became dead letters:\n{}", gate.log().join("\n"));
}

#[test]
fn a_gate_without_descriptors_makes_no_dead_letters() {
    let project = Project::new("").agent("dev", LABELED, "exit 0");
    let limited = ["sh", "-c", "ulimit -n 256; exec \"$0\" \"$@\""];
    let gate = Gate::serve_by(&project, &limited, &[]);
    // As strangers do: connections that say nothing, until there is no descriptor left.
    let mut idle: Vec<_> = (0..40).map_while(|_| crate::support::http::connect(gate.public).ok()).collect();
    let mut answered = 0;
    for number in 0..20 {
        answered += usize::from(gate.try_github("issues", &number.to_string(), labeled()) == Some(200));
    }
    idle.extend((0..400).map_while(|_| crate::support::http::connect(gate.public).ok()));
    for number in 20..40 {
        let delivered =
            gate.try_github_within("issues", &number.to_string(), labeled(), Duration::from_secs(1));
        answered += usize::from(delivered == Some(200));
    }
    drop(idle);
    until("every job that was made completes", || jobs(&gate, "completed") >= answered);
    assert_eq!(jobs(&gate, "discarded"), 0, "{}", gate.log().join("\n"));
}

#[test]
fn a_gate_without_processes_makes_no_dead_letters() {
    let name = "host::a_gate_without_processes_makes_no_dead_letters";
    let project = Project::new("").agent("dev", LABELED, "exit 0");
    let Some(user) = User::without_rights(&project) else {
        herdgate_skip::cannot_run(name, "root has no limit of processes, and setpriv is missing");
        return;
    };
    let gate = Gate::serve_by(&project, &user.serves(), &[]);
    let limit = |processes: &str| {
        let pid = gate.pid().to_string();
        user.command(&["prlimit", "--pid", &pid, &format!("--nproc={processes}:")])
            .status()
            .is_ok_and(|status| status.success())
    };
    // Fewer than it has already.
    let tasks = std::fs::read_dir(format!("/proc/{}/task", gate.pid())).unwrap().count();
    if !limit(&(tasks / 2).to_string()) {
        herdgate_skip::cannot_run(name, "prlimit is missing, or may not");
        return;
    }
    for number in 0..10 {
        assert_eq!(gate.github("issues", &number.to_string(), labeled()).json()["matched"], json!(1));
    }
    nothing_is_charged(&gate);
    let most = rustix::process::getrlimit(rustix::process::Resource::Nproc).maximum;
    assert!(limit(&most.map_or_else(|| "unlimited".to_owned(), |most| most.to_string())));
    until("all jobs complete when there is room again", || jobs(&gate, "completed") == 10);
    assert_eq!(jobs(&gate, "discarded"), 0);
}

#[test]
fn a_disk_without_inodes_makes_no_dead_letters() {
    let name = "host::a_disk_without_inodes_makes_no_dead_letters";
    let Some(disk) = SmallDisk::new("size=64m,nr_inodes=60") else {
        herdgate_skip::cannot_run(name, "a tmpfs cannot be mounted here");
        return;
    };
    let project = Project::with_data_in(disk.path()).agent("dev", LABELED, "exit 0");
    let gate = Gate::serve(&project);
    let filler = disk.path().join("filler");
    std::fs::create_dir(&filler).unwrap();
    let taken =
        (0..1000).take_while(|number| std::fs::write(filler.join(number.to_string()), "").is_ok()).count();
    assert!(taken > 0);
    let answered: usize = (0..10)
        .map(|number| usize::from(gate.try_github("issues", &number.to_string(), labeled()) == Some(200)))
        .sum();
    assert!(answered > 0, "a delivery needs no inode");
    nothing_is_charged(&gate);
    std::fs::remove_dir_all(&filler).unwrap();
    until("all jobs complete when there is room again", || jobs(&gate, "completed") >= answered.min(8));
    assert_eq!(jobs(&gate, "discarded"), 0);
}

#[test]
fn an_agent_on_a_dead_share_stops_nobody_else_and_its_runs_time_out() {
    let Some(share) = DeadShare::new() else {
        herdgate_skip::cannot_run(
            "host::an_agent_on_a_dead_share_stops_nobody_else_and_its_runs_time_out",
            "an automount cannot be made here",
        );
        return;
    };
    let project = Project::new("").agent("sound", LABELED, "echo ran > $REPORTS").agent_with_command(
        "dead",
        LABELED,
        &format!("[\"/bin/true\"]\ncwd = \"{}\"\ntimeout = \"2s\"", share.path().display()),
    );
    let mut gate = Gate::serve(&project);
    gate.logged(&["does not answer", "dead"]);
    for number in 0..8 {
        assert_eq!(gate.github("issues", &number.to_string(), labeled()).json()["matched"], 2);
    }
    let begun = std::time::Instant::now();
    for _ in 0..8 {
        assert_eq!(project.report(), "ran");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "the others waited {:?}", begun.elapsed());
    until("the timeout covers the start", || gate.list("runs?agent=dead&state=timed_out").len() == 8);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    gate.signal(rustix::process::Signal::TERM);
    assert!(gate.wait().success());
}
