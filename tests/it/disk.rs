//! A disk that is full is told, and recovered from.

use std::{fs, io::Write};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project, SmallDisk, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

#[test]
fn a_full_disk_is_told_by_log_health_and_metrics() {
    let Some(disk) = SmallDisk::new("size=8m") else {
        herdgate_skip::cannot_run(
            "disk::a_full_disk_is_told_by_log_health_and_metrics",
            "a tmpfs cannot be mounted here",
        );
        return;
    };
    let project = Project::with_data_in(disk.path()).agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let filler = disk.path().join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let labeled = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    // What is left of the log's last page may take one more, or the gate's own small look for room.
    until("deliveries are refused, and it says so", || {
        let refused = gate.github("issues", &fastrand::u64(..).to_string(), labeled).status == 503;
        let told = gate.admin("GET", "/readyz");
        let asked = project.command(&["healthcheck"]);
        refused
            && told.status == 503
            && told.text().starts_with("degraded since 2")
            && told.text().contains("full")
            && asked.status.code() == Some(1)
            && String::from_utf8_lossy(&asked.stdout).contains("degraded")
            && gate.metric("herdgate_store_writable") <= 0.0
    });
    gate.logged(&["\"WARN\"", "full"]);
    drop(file);
    fs::remove_file(&filler).unwrap();
    // A balancer sends nothing to who is not ready, so nothing but the gate itself shows that there is room.
    until("it is ready again", || gate.admin("GET", "/readyz").status == 200);
    assert_eq!(gate.github("issues", "when there is room", labeled).json()["matched"], 1);
    project.report();
    until("it is told that there is room", || gate.metric("herdgate_store_writable") >= 1.0);
}
