//! Configurations have numbers that last.

use std::fs;

use futures_executor::block_on;
use herdgate_actors::store::{RevisionQuery, SqliteReader, Views};

use crate::support::{Gate, Project};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

fn project() -> Project {
    Project::new("reload_on_change = false\n").agent("one", ANY, "true")
}

/// Number and differences of each revision, the newest first.
fn revisions(project: &Project) -> Vec<(u64, String)> {
    let reader = SqliteReader::open(&project.data().join("herdgate.db")).unwrap();
    let rows = block_on(reader.revisions(RevisionQuery::default())).unwrap();
    rows.into_iter().map(|row| (row.number.0, row.changes.to_string())).collect()
}

fn reload(gate: &Gate) -> u64 {
    let answer = gate.admin("POST", "/api/v1/config/reload");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["revision"].as_u64().unwrap()
}

/// Which revision judged a delivery.
fn judged_by(project: &Project, gate: &Gate, id: &str) -> u64 {
    let answer = gate.github("issues", id, &format!("{{\"action\":\"{id}\"}}")).json();
    let receipt = answer["receipt"].as_str().unwrap().parse().unwrap();
    let reader = SqliteReader::open(&project.data().join("herdgate.db")).unwrap();
    block_on(reader.receipt(receipt)).unwrap().unwrap().revision
}

#[test]
fn a_receipt_names_one_configuration_for_good_over_restarts() {
    let project = project();
    let mut gate = Gate::serve(&project);
    assert_eq!(judged_by(&project, &gate, "a"), 1);
    gate.signal(rustix::process::Signal::TERM);
    gate.wait();
    let gate = Gate::serve(&project);
    assert_eq!(judged_by(&project, &gate, "b"), 1, "nothing has changed");
    let project = project.agent("two", ANY, "true");
    assert_eq!(reload(&gate), 2);
    assert_eq!(judged_by(&project, &gate, "c"), 2);
    // Changed while nobody looked, and killed as by a power cut.
    gate.kill();
    let project = project.without("one");
    let gate = Gate::serve(&project);
    assert_eq!(judged_by(&project, &gate, "d"), 3);
    let told = revisions(&project);
    assert_eq!(told[0], (3, "agent one removed".to_owned()));
    assert_eq!(told[1], (2, "agent two added".to_owned()));
    assert!(told[2].1.starts_with("agent one added; sources github, linear"), "{}", told[2].1);
    assert_eq!(told.len(), 3);
}

#[test]
fn a_reload_that_changes_nothing_takes_no_number_and_any_difference_takes_one() {
    let project = project();
    let gate = Gate::serve(&project);
    assert_eq!((reload(&gate), reload(&gate)), (1, 1));
    let config = project.path().join("agents/one/agent-config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("# a remark\n{text}")).unwrap();
    assert_eq!(reload(&gate), 1);
    let actions = project.path().join("agents/one/ACTIONS.md");
    fs::write(&actions, "Do something else.").unwrap();
    assert_eq!(reload(&gate), 2);
    for (number, more) in
        [(3, "schedule = \"0 0 1 1 *\"\n"), (4, "schedule = \"0 0 1 1 *\"\ntimezone = \"Asia/Tokyo\"\n")]
    {
        fs::write(&config, format!("{more}{text}")).unwrap();
        assert_eq!(reload(&gate), number, "{more}");
    }
    let secret = project.path().join("credentials/github_webhook_secret/it/secret");
    fs::write(secret, "rotated").unwrap();
    assert_eq!(reload(&gate), 5);
    let told: Vec<_> = revisions(&project).into_iter().take(4).map(|(_, told)| told).collect();
    assert_eq!(
        told,
        ["source github changed", "agent one changed", "agent one changed", "agent one changed"]
    );
    let file = fs::read(project.data().join("herdgate.db")).unwrap();
    assert!(!file.windows(7).any(|bytes| bytes == b"rotated"), "no secret is written down");
}
