//! A delivery, or a tick, becomes a run.

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project, named, sign};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

#[test]
fn a_signed_delivery_of_each_provider_becomes_a_run_with_its_context() {
    let project =
        ["github", "sentry", "linear", "mintlify"].iter().fold(Project::new(""), |project, source| {
            let trigger = format!("[[webhooks]]\nsource = \"{source}\"\n");
            project.agent(source, &trigger, "grep -c '^{\"source\":\"'$HERDGATE_AGENT > $REPORTS")
        });
    let gate = Gate::serve(&project);
    for (provider, sample, header) in [
        (ProviderName::new("github"), "issues.labeled", "x-hub-signature-256"),
        (ProviderName::new("sentry"), "event_alert.triggered", "sentry-hook-signature"),
        (ProviderName::new("linear"), "Issue.create", "linear-signature"),
        (ProviderName::new("mintlify"), "build.failed", "x-mintlify-signature"),
    ] {
        let sample = samples::find(provider, sample).unwrap();
        let prefix = if provider == ProviderName::new("github") { "sha256=" } else { "" };
        let signature = format!("{prefix}{}", sign(sample.body.as_bytes()));
        let headers = sample.headers("first");
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push((header, &signature));
        let answer = gate.post(&format!("/webhooks/{provider}"), &headers, sample.body.as_bytes());
        assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
        assert_eq!(answer.json()["matched"], 1, "{provider}");
        assert_eq!(project.report(), "1", "{provider}");
    }
}

#[test]
fn the_run_gets_what_is_documented_and_nothing_else() {
    let project = Project::new("").agent(
        "dev",
        LABELED,
        "{ env | cut -d= -f1 | sort | tr '\\n' ' '; head -c 16 \"$HERDGATE_PAYLOAD_FILE\" | tr -d '\\n'; } > $REPORTS; echo > $REPORTS",
    );
    let gate = Gate::serve_with(&project, &[("SECRET_OF_THE_GATE", "x"), ("TZ", "UTC"), ("LANG", "C")]);
    gate.github("issues", "one", labeled());
    let report = project.report();
    assert!(!report.contains("SECRET_OF_THE_GATE"), "{report}");
    for name in
        ["HERDGATE_RUN_ID", "HERDGATE_AGENT", "HERDGATE_TRIGGER", "HERDGATE_ATTEMPT", "HERDGATE_CONTEXT_FILE"]
    {
        assert!(report.contains(name), "{name} is missing: {report}");
    }
    assert!(report.contains(&named("one", labeled())[..16]), "the payload is not what was sent: {report}");
}

#[test]
fn filters_decide_and_the_receipt_says_why() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let push = samples::find(ProviderName::new("github"), "push").unwrap();
    let answer = gate.github("push", "one", push.body);
    assert_eq!(answer.json()["matched"], 0);
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    let shown = gate.admin("GET", &format!("/api/v1/deliveries/{receipt}")).json();
    assert_eq!(shown["today"][0]["agent"], "dev");
    let failed = &shown["today"][0]["refusals"][0]["failed"];
    let fields: Vec<_> = failed.as_array().unwrap().iter().map(|clause| &clause["field"]).collect();
    assert_eq!(fields, ["events", "labels"], "{shown}");
    assert_eq!(failed[0]["actual"], "push");
    let told = project.herdgate(&["show", &receipt]);
    let answer = "No agent wanted it. The nearest was dev: events should be issues, was push";
    assert!(told.starts_with(answer), "{told}");
}

#[test]
fn a_form_is_verified_over_its_raw_bytes_and_read() {
    let project = Project::new("").agent("dev", LABELED, "grep -o '\"number\":42' > $REPORTS");
    let gate = Gate::serve(&project);
    let encoded: String = labeled().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let body = format!("payload={encoded}");
    let signature = format!("sha256={}", sign(body.as_bytes()));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-github-event", "issues"),
        ("x-github-delivery", "form"),
        ("x-hub-signature-256", signature.as_str()),
    ];
    assert_eq!(gate.post("/webhooks/github", &headers, body.as_bytes()).json()["matched"], 1);
    assert_eq!(project.report(), "\"number\":42");
}

#[test]
fn a_source_in_the_url_is_tried_alone() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let signature = format!("sha256={}", sign(labeled().as_bytes()));
    let headers = [("x-github-event", "issues"), ("x-hub-signature-256", signature.as_str())];
    assert_eq!(gate.post("/webhooks/github/github", &headers, labeled().as_bytes()).json()["matched"], 1);
    assert_eq!(gate.post("/webhooks/github/nobody", &headers, labeled().as_bytes()).status, 404);
}

#[test]
fn a_schedule_fires_and_counts_as_such() {
    let project =
        Project::new("").agent("clock", "schedule = \"* * * * * *\"\n", "echo $HERDGATE_TRIGGER > $REPORTS");
    let gate = Gate::serve(&project);
    assert_eq!(project.report(), "schedule");
    assert_eq!(project.report(), "schedule");
    assert!(
        gate.metric("herdgate_runs_total{agent=\"clock\",trigger=\"schedule\",outcome=\"completed\"}") >= 1.0
    );
}

#[test]
fn no_more_runs_than_scale_are_alive_and_the_rest_waits() {
    let config = format!("scale = 2\n{LABELED}");
    // Each run says that it is there, and ends when it is let go.
    let script = "mkfifo $HERDGATE_RUN_ID.go; echo $PWD/$HERDGATE_RUN_ID.go > $REPORTS; read line < $HERDGATE_RUN_ID.go";
    let project = Project::new("").agent("dev", &config, script);
    let gate = Gate::serve(&project);
    for number in 0..5 {
        gate.github("issues", &number.to_string(), labeled());
    }
    for _ in 0..5 {
        let go = project.report();
        assert!(gate.metric("herdgate_executing{agent=\"dev\"}") <= 2.0);
        std::fs::write(go, "go\n").unwrap();
    }
}

#[test]
fn the_project_wide_scale_holds_for_all_agents_together() {
    let script = "mkfifo go; echo $PWD/go > $REPORTS; read line < go";
    let project = ["a", "b", "c"]
        .iter()
        .fold(Project::new("scale = 1\n"), |project, name| project.agent(name, LABELED, script));
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "one", labeled()).json()["matched"], 3);
    for _ in 0..3 {
        let go = project.report();
        let executing: f64 = ["a", "b", "c"]
            .iter()
            .map(|name| gate.metric(&format!("herdgate_executing{{agent=\"{name}\"}}")))
            .sum();
        assert!(executing <= 1.0, "{executing} runs at once");
        std::fs::write(go, "go\n").unwrap();
    }
}

#[test]
fn every_metric_that_operators_are_promised_is_there() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled());
    project.report();
    let page = gate.admin("GET", "/metrics").text();
    for name in [
        "herdgate_mailbox_depth{actor=\"agent\",name=\"dev\"}",
        "herdgate_mailbox_capacity{actor=\"agent\",name=\"dev\"}",
        "herdgate_mailbox_wait_seconds_bucket{actor=\"agent\"",
        "herdgate_mailbox_accepted_total{actor=\"agent\",name=\"dev\"} 1",
        "herdgate_mailbox_rejected_total{actor=\"agent\",name=\"dev\"} 0",
        "herdgate_actor_restarts_total{actor=\"agent\",name=\"dev\"} 0",
        "herdgate_backlog_jobs{agent=\"dev\"",
        "herdgate_executing{agent=\"dev\"}",
        "herdgate_scale{agent=\"dev\"} 1",
        "herdgate_oldest_waiting_seconds{agent=\"dev\"}",
        "herdgate_deliveries_total{type=\"github\",source=\"github\",outcome=\"accepted\",reason=\"\"} 1",
        "herdgate_delivery_bytes_total{source=\"github\"}",
        "herdgate_answer_seconds_bucket{source=\"github\"",
        "herdgate_store_commit_seconds_bucket",
        "herdgate_store_group_size_bucket",
    ] {
        assert!(page.contains(name), "{name} is missing from:\n{page}");
    }
}

#[test]
fn the_log_of_a_run_carries_its_receipt() {
    let project = Project::new("").agent("dev", LABELED, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let receipt = gate.github("issues", "one", labeled()).json()["receipt"].as_str().unwrap().to_owned();
    project.report();
    let mut gate = gate;
    gate.signal(rustix::process::Signal::TERM);
    assert!(gate.wait().success());
    let log = gate.log();
    let started = log.iter().find(|line| line.contains("run started")).expect("a log line");
    assert!(started.contains(&receipt), "{started}");
}
