//! One thing done to all that match: counted first, at a rate, cancelled, shown after a restart.

use serde_json::{Value, json};

use crate::support::{Gate, Project, until};

const NEVER: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"never\"]\n";

fn deliver(gate: &Gate, id: &str, repo: &str) -> String {
    let body = format!(
        "{{\"action\":\"opened\",\"repository\":{{\"full_name\":\"{repo}\"}},\"issue\":{{\"number\":1,\"title\":\"about {id}\"}}}}"
    );
    let answer = gate.github("issues", id, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["receipt"].as_str().unwrap().to_owned()
}

fn get(gate: &Gate, path: &str) -> Value {
    let answer = gate.admin("GET", &format!("/api/v1/{path}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[test]
fn a_bulk_action_counts_first_then_does_it_to_all_that_match() {
    let project =
        Project::new("").agent("dev", "[retry]\nattempts = 1\n[[webhooks]]\nsource = \"github\"\n", "exit 3");
    let gate = Gate::serve(&project);
    for n in 0..5 {
        deliver(&gate, &format!("app {n}"), "acme/app");
        deliver(&gate, &format!("web {n}"), "acme/web");
    }
    until("all are dead letters", || gate.list("jobs?state=discarded").len() == 10);
    assert_eq!(gate.list("dead-letters")[0]["jobs"], 10);
    let ask = |dry: bool| {
        let filter = json!({ "agent": "dev", "repo": "acme/app" });
        let answer =
            gate.change("bulk", &json!({ "action": "dismiss_jobs", "filter": filter, "dry_run": dry }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let counted = ask(true);
    assert_eq!(
        (&counted["state"], &counted["total"], &counted["done"]),
        (&json!("counted"), &json!(5), &json!(0))
    );
    assert_eq!(gate.list("jobs?state=discarded").len(), 10, "nothing is done by counting");
    assert!(gate.list("audit?action=bulk.start").is_empty(), "nor written down");
    let id = ask(false)["id"].as_str().unwrap().to_owned();
    assert_eq!(gate.list("audit?action=bulk.start").len(), 1);
    until("it is done", || get(&gate, &format!("bulk/{id}"))["state"] == "done");
    let done = get(&gate, &format!("bulk/{id}"));
    assert_eq!((&done["done"], &done["skipped"], &done["by"]), (&json!(5), &json!(0), &json!("default")));
    let left = gate.list("jobs?state=discarded");
    assert_eq!(left.len(), 5);
    assert_eq!(gate.list("jobs?state=discarded&repo=acme/web").len(), 5);
    let unclear = gate.change("bulk", &json!({ "action": "cancel_jobs", "filter": {} }));
    assert_eq!(unclear.status, 400, "{}", unclear.text());
}

#[test]
fn a_bulk_action_keeps_to_its_rate_is_cancelled_and_shown_after_a_restart() {
    let project = Project::new("").agent("dev", NEVER, "true");
    let gate = Gate::serve(&project);
    for n in 0..20 {
        deliver(&gate, &format!("id {n}"), "acme/app");
    }
    let start = || {
        let filter = json!({ "outcome": "unmatched" });
        let wanted = json!({ "action": "replay_deliveries", "filter": filter, "per_second": 1 });
        gate.change("bulk", &wanted).json()["id"].as_str().unwrap().to_owned()
    };
    let (cancelled, interrupted) = (start(), start());
    assert_eq!(gate.change(&format!("bulk/{cancelled}/cancel"), &json!({})).status, 200);
    until("it is cancelled", || get(&gate, &format!("bulk/{cancelled}"))["state"] == "cancelled");
    let done = get(&gate, &format!("bulk/{cancelled}"))["done"].as_u64().unwrap();
    assert!(done < 20, "{done}");
    gate.kill();
    let gate = Gate::serve(&project);
    let shown = get(&gate, &format!("bulk/{interrupted}"));
    assert_eq!(shown["state"], "interrupted", "{shown}");
    assert!(shown["problem"].as_str().unwrap().contains("ended"), "{shown}");
    assert_eq!(get(&gate, &format!("bulk/{cancelled}"))["state"], "cancelled");
}
