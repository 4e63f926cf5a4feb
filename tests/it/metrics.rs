//! What Prometheus reads.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::support::{Gate, Project};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

#[test]
fn every_public_metric_begins_with_the_program_and_promtool_finds_no_fault() {
    let project = Project::new("").agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "one", "{\"action\":\"opened\"}").status, 200);
    project.report();
    let page = gate.admin("GET", "/metrics").text();
    for line in page.lines().filter(|line| !line.is_empty()) {
        let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        assert!(name.starts_with("herdgate_"), "{line}");
    }
    for series in [
        "herdgate_build_info{version=",
        "herdgate_process_resident_memory_bytes ",
        "herdgate_store_writable 1",
        "herdgate_deliveries_total{type=\"github\",source=\"github\",outcome=\"refused\",reason=\"bad_signature\"} 0",
        "herdgate_missed_ticks_total{agent=\"dev\"} 0",
        "herdgate_run_seconds_bucket{agent=\"dev\",le=\"900\"}",
    ] {
        assert!(page.contains(series), "{series} is missing from:\n{page}");
    }
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        let test = "metrics::every_public_metric_begins_with_the_program_and_promtool_finds_no_fault";
        herdgate_skip::cannot_run(test, "promtool (of Debian's package prometheus) is missing");
        return;
    };
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let faults = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && faults.is_empty(), "{faults}");
}

#[test]
fn the_jobs_of_a_removed_agent_are_told_at_the_start_and_counted() {
    let project = Project::new("")
        .agent("gone", &format!("{ANY}[retry]\nbackoff = \"1h\"\n"), "echo failed > $REPORTS; exit 1")
        .agent("stays", "schedule = \"0 0 1 1 *\"\n", "true");
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "one", "{\"action\":\"opened\"}").json()["matched"], 1);
    project.report();
    gate.kill();
    std::fs::remove_dir_all(project.path().join("agents/gone")).unwrap();

    let gate = Gate::serve(&project);
    let told = |line: &String| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        line["agent"] == "gone" && line["jobs"] == 1 && line["level"] == "WARN"
    };
    let has_gauge = || {
        let page = gate.admin("GET", "/metrics").text();
        page.lines()
            .any(|line| line.starts_with("herdgate_unconfigured_jobs{agent=\"gone\"") && line.ends_with(" 1"))
    };
    let patience = std::time::Instant::now();
    while !(has_gauge() && gate.log().iter().any(told)) {
        assert!(patience.elapsed().as_secs() < 30, "{:?}", gate.log());
        std::thread::yield_now();
    }
}
