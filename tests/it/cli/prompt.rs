//! `check --prompt` and `explain`: what would be, before it is.

use std::fs;

use herdgate::samples;
use herdgate_actors::domain::ProviderName;
use serde_json::Value;

use super::{out, run, told};
use crate::support::{Gate, Project};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

#[test]
fn the_prompt_that_is_shown_is_the_one_that_a_run_gets() {
    let script = "cat > prompt.txt; mv prompt.txt \"$HERDGATE_AGENT-was-told\"; cp *-was-told /tmp/ 2>/dev/null; echo done > $REPORTS";
    let script = script.replace("/tmp/", "$OUT/");
    let project = Project::new("").agent("dev", LABELED, &format!("OUT=$(dirname $REPORTS)\n{script}"));
    let body = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    fs::write(project.path().join("issues.labeled.json"), body).unwrap();
    let gate = Gate::serve(&project);
    gate.github("issues", "fixture", body);
    project.report();
    let real = fs::read_to_string(project.path().join("dev-was-told")).unwrap();
    let output = run(project.path(), &["check", "--prompt", "dev", "--fixture", "issues.labeled.json"]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        told(&output).contains("/bin/sh -c") && told(&output).contains("first trigger"),
        "{}",
        told(&output)
    );
    // All but the receipt, which a delivery gets when it comes.
    let start = real.find(",\"receiptId\"").unwrap();
    let end = start + 1 + real[start + 1..].find([',', '}']).unwrap();
    assert_eq!(out(&output), real[..start].to_owned() + &real[end..]);
}

#[test]
fn a_delivery_that_an_agent_does_not_want_is_told_with_its_clauses() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let output = run(project.path(), &["check", "--prompt", "dev", "--fixture", "push"]);
    assert!(told(&output).contains("labels: wanted [\"agent\"]"), "{}", told(&output));
    let unknown = run(project.path(), &["check", "--prompt", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(told(&unknown).contains("there are: dev"), "{}", told(&unknown));
    let json = run(project.path(), &["check", "--prompt", "dev", "--json"]);
    let shown: Value = serde_json::from_str(&out(&json)).unwrap();
    assert!(shown["prompt"].as_str().unwrap().contains("triggered manually"), "{shown}");
}

#[test]
fn explain_ends_with_its_answer() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let body = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    let file = project.path().join("body.json");
    for (body, arguments, code, first) in [
        (body.to_owned(), &[][..], 0, "yes: one trigger wants it"),
        (body.replace("\"agent\"", "\"bug\""), &[], 3, "no: no trigger wants it"),
        ("[]".to_owned(), &[], 1, "400 "),
        (body.to_owned(), &["--verify"], 1, "401 "),
        (body.to_owned(), &["--source", "nobody"], 1, "404 "),
    ] {
        fs::write(&file, body).unwrap();
        let asked =
            ["explain", "--provider", "github", "-H", "X-GitHub-Event: issues", "--body", "body.json"];
        let output = run(project.path(), &[&asked, arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{}{}", out(&output), told(&output));
        assert!(out(&output).starts_with(first), "{first}: {}", out(&output));
    }
}
