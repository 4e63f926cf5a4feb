//! What operators change while the gate works: it holds, scales, ends and moves work, and loses none.

use serde_json::{Value, json};

use crate::support::{Gate, Project, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

fn deliver(gate: &Gate, id: &str) {
    let answer = gate.github("issues", id, &format!("{{\"action\":\"{id}\"}}"));
    assert_eq!((answer.status, answer.json()["matched"].clone()), (200, json!(1)), "{}", answer.text());
}

fn post(gate: &Gate, path: &str) -> Value {
    change(gate, path, &json!({}))
}

fn change(gate: &Gate, path: &str, body: &Value) -> Value {
    let answer = gate.change(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn agent(gate: &Gate, name: &str) -> Value {
    gate.list("agents").into_iter().find(|agent| agent["name"] == name).unwrap_or_default()
}

fn executing(gate: &Gate, name: &str) -> usize {
    agent(gate, name)["executing"].as_array().map_or(0, Vec::len)
}

fn jobs(gate: &Gate, agent: &str) -> Vec<Value> {
    gate.list(&format!("jobs?agent={agent}&limit=1000"))
}

fn in_state(gate: &Gate, agent: &str, state: &str) -> usize {
    jobs(gate, agent).iter().filter(|job| job["state"] == state).count()
}

/// A script that says that it runs, and runs until the file `go` is there.
fn held(project: &Project) -> String {
    let go = project.path().join("go").display().to_string();
    format!("echo began > $REPORTS; while [ ! -e {go} ]; do sleep 0.05; done")
}

#[test]
fn a_pause_holds_work_and_loses_none_and_resume_goes_on() {
    let project = Project::new("reload_on_change = false\n").agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    assert_eq!(post(&gate, "agents/dev/pause")["agent"]["state"], "paused");
    for id in ["one", "two", "three"] {
        deliver(&gate, id);
    }
    assert_eq!(
        (agent(&gate, "dev")["state"].clone(), in_state(&gate, "dev", "available")),
        (json!("paused"), 3)
    );
    until("the metrics show what waits", || {
        gate.metric("herdgate_backlog_jobs{agent=\"dev\",state=\"available\"}") > 2.0
    });
    post(&gate, "agents/dev/resume");
    for _ in 0..3 {
        assert_eq!(project.report(), "ran");
    }
    until("all are done", || in_state(&gate, "dev", "completed") == 3);
    assert_eq!(agent(&gate, "dev")["state"], "open");
    let unknown = gate.admin("POST", "/api/v1/agents/nobody/pause");
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["detail"], "there is no agent nobody; there are: dev");
}

#[test]
fn an_agent_is_scaled_up_and_down_while_it_works() {
    let project = Project::new("reload_on_change = false\n");
    let script = held(&project);
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    for id in ["a", "b", "c", "d"] {
        deliver(&gate, id);
    }
    assert_eq!(project.report(), "began");
    assert_eq!(executing(&gate, "dev"), 1);
    change(&gate, "agents/dev/scale", &json!({ "to": 3 }));
    assert_eq!([project.report(), project.report()], ["began", "began"]);
    until("three run", || executing(&gate, "dev") == 3);
    assert!((gate.metric("herdgate_scale{agent=\"dev\"}") - 3.0).abs() < 0.5);
    // Down: what runs goes on, and nothing more begins before there is room.
    change(&gate, "agents/dev/scale", &json!({ "to": 1 }));
    let first = agent(&gate, "dev")["executing"][0]["run"].as_str().unwrap().to_owned();
    post(&gate, &format!("runs/{first}/kill"));
    until("the killed one is gone", || executing(&gate, "dev") == 2);
    assert_eq!(in_state(&gate, "dev", "available"), 1);
    std::fs::write(project.path().join("go"), "").unwrap();
    assert_eq!(project.report(), "began");
    until("all the others are done", || in_state(&gate, "dev", "completed") == 3);
    assert_eq!(in_state(&gate, "dev", "cancelled"), 1);
}

#[test]
fn a_waiting_job_is_cancelled_and_a_killed_run_is_not_tried_again() {
    let project = Project::new("reload_on_change = false\n");
    let script = held(&project);
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    deliver(&gate, "runs");
    assert_eq!(project.report(), "began");
    deliver(&gate, "waits");
    let waiting = jobs(&gate, "dev").into_iter().find(|job| job["state"] == "available").unwrap();
    let waiting = waiting["id"].as_str().unwrap().to_owned();
    post(&gate, &format!("jobs/{waiting}/cancel"));
    assert_eq!(in_state(&gate, "dev", "cancelled"), 1);
    let again = gate.admin("POST", &format!("/api/v1/jobs/{waiting}/cancel"));
    assert_eq!(
        (again.status, again.json()["detail"].clone()),
        (409, json!(format!("job {waiting} is cancelled already")))
    );
    let run = agent(&gate, "dev")["executing"][0]["run"].as_str().unwrap().to_owned();
    post(&gate, &format!("runs/{run}/kill"));
    until("the killed one is cancelled", || in_state(&gate, "dev", "cancelled") == 2);
    let gone = gate.admin("POST", &format!("/api/v1/runs/{run}/kill"));
    assert_eq!(
        (gone.status, gone.json()["detail"].clone()),
        (404, json!(format!("run {run} is not under way")))
    );
    let runs = gate.list("runs?agent=dev");
    assert_eq!(runs.len(), 1, "nothing is tried again: {runs:?}");
    until("the metrics follow", || gate.metric("herdgate_executing{agent=\"dev\"}") < 1.0);
}

#[test]
fn the_jobs_of_a_removed_agent_are_handed_over_or_discarded() {
    let project = Project::new("reload_on_change = false\n")
        .agent("gone", ANY, "echo gone > $REPORTS")
        .agent("heir", "schedule = \"0 0 1 1 *\"\n", "echo heir > $REPORTS");
    let gate = Gate::serve(&project);
    post(&gate, "agents/gone/pause");
    for id in ["one", "two"] {
        deliver(&gate, id);
    }
    let config = project.path().join("agents/gone/agent-config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("scale = 0\n{text}")).unwrap();
    post(&gate, "config/reload");
    let no_heir = gate.change("agents/gone/jobs/hand-over", &json!({ "to": "nobody" }));
    assert_eq!(no_heir.status, 404);
    let moved = change(&gate, "agents/gone/jobs/hand-over", &json!({ "to": "heir" }));
    assert_eq!(moved, json!({ "agent": "gone", "to": "heir", "jobs": 2 }));
    assert_eq!([project.report(), project.report()], ["heir", "heir"]);
    assert_eq!(in_state(&gate, "gone", "available"), 0);

    // The same again, but nobody wants them.
    std::fs::write(&config, &text).unwrap();
    post(&gate, "config/reload");
    deliver(&gate, "three");
    let refused = gate.admin("POST", "/api/v1/agents/gone/jobs/discard");
    assert_eq!(refused.status, 409, "it is configured: {}", refused.text());
    std::fs::write(&config, format!("scale = 0\n{text}")).unwrap();
    post(&gate, "config/reload");
    assert_eq!(post(&gate, "agents/gone/jobs/discard"), json!({ "agent": "gone", "jobs": 1 }));
    until("it is a dead letter", || in_state(&gate, "gone", "discarded") == 1);
}
