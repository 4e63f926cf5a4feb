//! `herdgate … | head -1`: whoever stops reading ends a command in silence.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project, until};

#[test]
fn a_reader_that_goes_away_ends_every_command_in_silence() {
    let config = "[[webhooks]]\nsource = \"github\"\n[retry]\nattempts = 1\n";
    // More than a pipe holds, so that the command is still writing when nobody reads any more.
    let script = "yes line | head -c 300000; exit 1";
    let project = (0..300).fold(Project::new("").agent("dev", config, script), |project, number| {
        project.agent(&format!("other-{number}"), "schedule = \"@yearly\"\n[[webhooks]]\nsource = \"github\"\nlabels = [\"never\"]\nevents = [\"never\"]\n", "true")
    });
    let gate = Gate::serve(&project);
    let labeled = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    let receipt = gate.github("issues", "one", labeled).json()["receipt"].as_str().unwrap().to_owned();
    until("the run ends", || project.herdgate(&["runs", "--json"]).contains("\"exit_code\":1"));
    let body = project.path().join("body.json");
    std::fs::write(&body, labeled).unwrap();
    let body = body.to_str().unwrap();
    let commands: [&[&str]; 26] = [
        &["runs"],
        &["runs", "--json"],
        &["logs", &receipt],
        &["logs", &receipt, "--raw"],
        &["show", &receipt],
        &["dead", "list"],
        &["dead"],
        &["status"],
        &["agents"],
        &["agents", "dev"],
        &["deliveries"],
        &["jobs"],
        &["sources"],
        &["pause", "dev"],
        &["dead", "replay", "--agent", "dev"],
        &["replay", &receipt],
        &["trigger", "dev"],
        &["send", "github"],
        &["send", "github", "push"],
        &["check"],
        &["healthcheck"],
        &["completions", "bash"],
        &["man"],
        &["creds", "ls"],
        &["check", "--prompt", "dev", "--fixture", "issues.labeled", "--quiet"],
        &["explain", "--provider", "github", "--header", "X-GitHub-Event: issues", "--body", body],
    ];
    for arguments in commands {
        let mut child = Command::new(env!("CARGO_BIN_EXE_herdgate"))
            .args(arguments)
            .env("HERDGATE_CONFIG", project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        let status = child.wait().unwrap();
        assert!(!told.contains("panicked") && !told.contains("Broken pipe"), "{arguments:?}: {told}");
        assert!(told.is_empty(), "{arguments:?}: {told}");
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
}
