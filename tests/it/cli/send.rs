//! `send`: any event, signed, unsigned, tampered with, or by the previous secret.

use std::fs;

use serde_json::{Value, json};

use super::{out, run, told};
use crate::support::{Gate, Project, SECRET};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn sent(project: &Project, arguments: &[&str]) -> Value {
    let output = run(project.path(), &[&["send", "--json"], arguments].concat());
    serde_json::from_str(&out(&output)).unwrap_or_else(|_| panic!("{arguments:?}: {}", told(&output)))
}

#[test]
fn any_event_is_sent_with_the_values_that_are_set() {
    let config =
        "[[webhooks]]\nsource = \"github\"\nevents = [\"deployment_status\"]\nrepos = [\"acme/shop\"]\n";
    let project = Project::new("").agent("dev", config, "true");
    let _gate = Gate::serve(&project);
    let repo = ["--set", "repository.full_name=acme/shop"];
    for (arguments, matched) in [
        (vec!["github", "deployment_status"], 0),
        ([&["github", "deployment_status.created"][..], &repo].concat(), 1),
        ([&["github", "issues.labeled", "--event", "deployment_status"][..], &repo].concat(), 1),
        ([&["github", "issues.closed"][..], &repo].concat(), 0),
        (
            [&["github", "deployment_status", "-H", "X-GitHub-Event: deployment_status"][..], &repo].concat(),
            1,
        ),
        (vec!["linear", "Project.update"], 0),
        (vec!["sentry", "--event", "brand_new"], 0),
    ] {
        let answer = sent(&project, &arguments);
        assert_eq!(answer["status"], 200, "{arguments:?}: {answer}");
        assert_eq!(answer["answer"]["matched"], matched, "{arguments:?}: {answer}");
    }
    let mistyped = run(project.path(), &["send", "github", "isues.labeled"]);
    assert_eq!(mistyped.status.code(), Some(1));
    assert!(told(&mistyped).contains("herdgate send github"), "{}", told(&mistyped));
    let listed = out(&run(project.path(), &["send", "github"]));
    assert!(listed.contains("issues.labeled") && listed.contains("deployment_status"), "{listed}");
}

#[test]
fn only_what_is_signed_as_it_should_be_is_taken() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let folder = project.path().join("credentials/github_webhook_secret/it");
    let gate = Gate::serve(&project);
    let labeled = ["github", "issues.labeled"];
    assert_eq!(sent(&project, &labeled)["status"], 200);
    for how in ["--unsigned", "--tampered"] {
        let output = run(project.path(), &["send", "github", "issues.labeled", how]);
        assert_eq!(output.status.code(), Some(1));
        assert!(out(&output).starts_with("401 refused, as it should be"), "{}", out(&output));
    }
    let none = run(project.path(), &["send", "github", "issues.labeled", "--previous-secret"]);
    assert!(told(&none).contains("no previous secret"), "{}", told(&none));
    // The gate knows only the one before, until it reloads.
    fs::rename(folder.join("secret"), folder.join("secret_previous")).unwrap();
    fs::write(folder.join("secret"), "another one").unwrap();
    let wrong = run(project.path(), &["send", "github", "issues.labeled"]);
    assert!(out(&wrong).contains("does it serve this project"), "{}", out(&wrong));
    assert_eq!(sent(&project, &["github", "issues.labeled", "--previous-secret"])["status"], 200);
    drop(gate);
}

#[test]
fn a_delivery_tells_which_secret_verified_it_and_never_the_secret() {
    let project = Project::new("[webhooks.open]\ntype = \"linear\"\n").agent("dev", LABELED, "true");
    let folder = project.path().join("credentials/github_webhook_secret/it");
    fs::write(folder.join("secret_previous"), "the one before").unwrap();
    let gate = Gate::serve(&project);
    let labeled = ["github", "issues.labeled"];
    for (arguments, by, words) in [
        (labeled.to_vec(), vec![("github", "current")], "by the current secret"),
        (
            [&labeled[..], &["--previous-secret"]].concat(),
            vec![("github", "previous")],
            "by the previous secret",
        ),
        (
            vec!["linear", "Issue.create"],
            vec![("linear", "current"), ("open", "unsigned")],
            "open: not at all: the source has no secret",
        ),
    ] {
        let answer = sent(&project, &arguments)["answer"].clone();
        let receipt = answer["receipt"].as_str().unwrap_or_else(|| panic!("{arguments:?}: {answer}"));
        let detail = gate.admin("GET", &format!("/api/v1/deliveries/{receipt}"));
        let told_by = detail.json()["verified_by"].clone();
        let by: Vec<_> =
            by.iter().map(|(source, secret)| json!({ "source": source, "secret": secret })).collect();
        assert_eq!(told_by, json!(by), "{arguments:?}");
        let shown = out(&run(project.path(), &["show", receipt]));
        assert!(shown.contains(words), "{shown}");
        for hidden in [SECRET, "the one before"] {
            assert!(!detail.text().contains(hidden) && !shown.contains(hidden), "{shown}");
        }
    }
}

#[test]
fn a_gate_elsewhere_needs_no_project_here() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("hook"), SECRET).unwrap();
    let to = format!("http://{}/", gate.public);
    let output =
        run(elsewhere.path(), &["send", "github", "issues.labeled", "--to", &to, "--secret-file", "hook"]);
    assert!(out(&output).starts_with("200 taken: 1 job, receipt "), "{}{}", out(&output), told(&output));
    let body = elsewhere.path().join("body.json");
    fs::write(&body, "{\"action\": \"labeled\", \"issue\": {} }\n").unwrap();
    let output = run(
        elsewhere.path(),
        &["send", "github", "--event", "issues", "--body", "body.json", "--to", &to, "--secret-file", "hook"],
    );
    assert!(
        out(&output).starts_with("200 taken, and no agent wants it"),
        "{}{}",
        out(&output),
        told(&output)
    );
}
