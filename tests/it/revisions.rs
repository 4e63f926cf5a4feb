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

#[test]
fn the_configurations_that_were_in_force_are_listed_with_what_each_changed() {
    let project = Project::new("reload_on_change = false\n").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let project = project.agent("ops", ANY, "true");
    let reloaded = gate.change("config/reload", &serde_json::json!({}));
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    let listed = |query: &str| gate.admin("GET", &format!("/api/v1/config/revisions{query}")).json();
    let newest = listed("?limit=1");
    let revision = &newest["items"][0];
    assert_eq!(revision["number"], gate.admin("GET", "/api/v1/config").json()["state"]["revision"]);
    assert_eq!((&revision["agents"]["added"], &newest["more"]), (&serde_json::json!(["ops"]), &1.into()));
    let first = listed(&format!("?after={}", newest["next"].as_str().unwrap()));
    assert_eq!(first["items"].as_array().unwrap().len(), 1, "{first}");
    assert!(first["items"][0]["agents"]["added"].as_array().unwrap().contains(&"dev".into()), "{first}");
    assert_eq!(listed("?until=2001-01-01T00:00:00Z")["items"], serde_json::json!([]));
    assert_eq!(listed("?after=somewhere")["type"], "/api/v1/problems/invalid-cursor");
    let told = project.herdgate(&["config", "--revisions"]);
    assert!(told.contains("+ops"), "{told}");
}
