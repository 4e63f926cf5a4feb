//! Panics at every stage: what comes back, what is kept, what the neighbours notice.

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use serde_json::json;

use crate::support::{Gate, Project, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

fn failing(project: &Project, points: &str) -> Gate {
    Gate::serve_with(project, &[("HERDGATE_FAILPOINTS", points)])
}

fn restarts(gate: &Gate, actor: &str) -> f64 {
    let page = gate.admin("GET", "/metrics").text();
    let prefix = format!("herdgate_actor_restarts_total{{actor=\"{actor}\"");
    page.lines()
        .filter(|line| line.starts_with(&prefix))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[test]
fn a_parser_that_panics_goes_on_and_the_delivery_is_routed_later() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = failing(&project, "parser.parse=panic@1");
    let answer = gate.github("issues", "one", labeled());
    assert_eq!((answer.status, answer.json()["matched"].clone()), (200, json!(0)));
    assert_eq!(project.report(), "ran");
    // The message is lost, not the parser.
    assert!(gate.metric(r#"herdgate_actor_panics_total{actor="parser"}"#) >= 1.0);
    assert!(restarts(&gate, "parser") < 1.0);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}

#[test]
fn a_payload_that_panics_an_agent_is_offered_again_and_its_neighbour_notices_nothing() {
    let project = Project::new("").agent("first", LABELED, "echo first > $REPORTS").agent(
        "second",
        LABELED,
        "echo second > $REPORTS",
    );
    let gate = failing(&project, "agent.offer=panic@1");
    let answer = gate.github("issues", "one", labeled()).json();
    assert_eq!(answer["matched"], 1, "the neighbour's job is made at once: {answer}");
    let mut ran = [project.report(), project.report()];
    ran.sort();
    assert_eq!(ran, ["first", "second"], "the upkeep asks the other one again");
    assert!(gate.metric(r#"herdgate_actor_panics_total{actor="agent"}"#) >= 1.0);
    assert!(restarts(&gate, "agent") < 1.0);
}

#[test]
fn a_scheduler_that_panics_comes_back_and_goes_on_firing() {
    let project = Project::new("").agent("clock", "schedule = \"* * * * * *\"\n", "echo tick > $REPORTS");
    let gate = failing(&project, "scheduler.look=panic@4");
    assert_eq!(project.report(), "tick");
    until("the scheduler has come back", || restarts(&gate, "scheduler") >= 1.0);
    let before = gate.list("runs?agent=clock&limit=1000").len();
    until("it goes on", || gate.list("runs?agent=clock&limit=1000").len() > before + 1);
}

#[test]
fn a_run_whose_driver_panics_is_interrupted_and_tried_again() {
    let project = Project::new("").agent("dev", LABELED, "echo $HERDGATE_ATTEMPT > $REPORTS");
    let gate = failing(&project, "run.start=panic@1");
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "2");
    let runs = project.herdgate(&["runs", "--json"]);
    assert!(runs.contains("\"state\":\"interrupted\""), "{runs}");
}

#[test]
fn a_change_that_panics_in_the_store_harms_no_other() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = failing(&project, "store.record=panic@1");
    assert_eq!(gate.github("issues", "one", labeled()).status, 503, "nothing was claimed");
    assert_eq!(gate.github("issues", "one", labeled()).json()["matched"], 1);
    assert_eq!(project.report(), "ran");
}

#[test]
fn an_actor_that_is_given_up_ends_the_gate_with_a_clear_message() {
    let project = Project::new("").agent("clock", "schedule = \"@yearly\"\n", "true");
    let mut gate = failing(&project, "scheduler.look=panic");
    let status = gate.wait();
    assert_eq!(status.code(), Some(1));
    let log = gate.log().join("\n");
    assert!(log.contains("scheduler 0 failed too often"), "{log}");
}

#[test]
fn a_full_disk_is_answered_503_and_recovered_from_without_a_restart() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = failing(&project, "store.record=full@1");
    let refused = gate.github("issues", "one", labeled());
    assert_eq!(refused.status, 503);
    assert!(refused.head.to_lowercase().contains("retry-after: "), "{}", refused.head);
    assert_eq!(gate.github("issues", "one", labeled()).json()["matched"], 1);
    assert_eq!(project.report(), "ran");
}

#[test]
fn a_disk_that_fails_ends_the_gate_and_loses_nothing() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS; sleep 1000");
    let points = ("HERDGATE_FAILPOINTS", "store.record=error@2");
    let mut gate = Gate::serve_with(&project, &[points, ("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
    assert_eq!(gate.github("issues", "one", labeled()).json()["matched"], 1);
    project.report();
    assert_eq!(gate.github("issues", "two", labeled()).status, 503);
    assert_eq!(gate.wait().code(), Some(1));
    let log = gate.log().join("\n");
    assert!(log.contains("the store is broken"), "{log}");
    let _gate = Gate::serve(&project);
    assert_eq!(project.report(), "ran");
}

#[test]
fn a_payload_that_always_panics_is_quarantined_and_the_gate_lives() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = failing(&project, "parser.parse?poison=panic");
    for number in 0..30 {
        let poisoned = gate.github("issues", &format!("poison-{number}"), labeled());
        assert_eq!(poisoned.status, 200, "{}", poisoned.text());
        let begun = std::time::Instant::now();
        let honest = gate.github("issues", &format!("honest-{number}"), labeled());
        assert_eq!(honest.json()["matched"], 1, "honest {number} was not routed at once");
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(2),
            "honest {number} took {:?}",
            begun.elapsed()
        );
    }
    for _ in 0..30 {
        assert_eq!(project.report(), "ran");
    }
    let quarantined = || gate.list("deliveries?outcome=quarantined&limit=100").len();
    crate::support::until("every poisonous payload is quarantined", || quarantined() == 30);
    assert!(gate.is_alive());
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    gate.logged(&["quarantined"]);
    drop(gate);
    // The next life does not meet them again.
    let gate = failing(&project, "parser.parse?poison=kill");
    assert_eq!(gate.github("issues", "after", labeled()).json()["matched"], 1);
    assert_eq!(project.report(), "ran");
}

#[test]
fn an_agent_that_is_given_up_is_disabled_alone() {
    let project = Project::new("").agent("broken", LABELED, "echo broken > $REPORTS").agent(
        "sound",
        LABELED,
        "echo sound > $REPORTS",
    );
    let gate = failing(&project, "agent.start?broken=panic");
    gate.logged(&["broken", "failed too often"]);
    let answer = gate.github("issues", "one", labeled()).json();
    assert_eq!(answer["matched"], 2, "what it wants waits for it: {answer}");
    assert_eq!(project.report(), "sound");
    assert!(gate.is_alive());
    let receipt = answer["receipt"].as_str().unwrap();
    let told = gate.admin("GET", &format!("/api/v1/deliveries/{receipt}")).json();
    assert_eq!(told["delivery"]["outcome"], "matched", "nothing of it is left to be routed again: {told}");
    let waits = gate.list("jobs?agent=broken&state=available");
    assert_eq!(waits.len(), 1, "{waits:?}");
    let told = gate.admin("GET", "/api/v1/agents/broken").json();
    assert_eq!(told["agent"]["state"], "failed", "{told}");
    drop(gate);
    // Its work waits for the day it is mended. The sound one may have been killed before its end was
    // written, and reports again.
    let _gate = Gate::serve(&project);
    while project.report() != "broken" {}
}
