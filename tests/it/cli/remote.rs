//! Another machine: a URL and a key are all that is needed, and no secret of the project.

use std::{fs, net::TcpListener, path::Path};

use serde_json::Value;

use super::{command, out, run, told};
use crate::support::{Gate, Project, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

/// A gate with a run that has ended, and a folder that knows nothing of it.
fn elsewhere() -> (Project, Gate, tempfile::TempDir, String) {
    let project = Project::new("").agent("dev", LABELED, "echo the output");
    let gate = Gate::serve(&project);
    let sent = run(project.path(), &["send", "github", "issues.labeled", "--json"]);
    let receipt =
        serde_json::from_str::<Value>(&out(&sent)).unwrap()["answer"]["receipt"].as_str().unwrap().to_owned();
    until("the run ends", || project.herdgate(&["runs"]).contains("completed"));
    let folder = tempfile::tempdir().unwrap();
    fs::copy(project.data().join("api-key"), folder.path().join("gate.key")).unwrap();
    (project, gate, folder, receipt)
}

fn configured(folder: &Path, text: &str) {
    let file = folder.join("xdg/herdgate/herdgate.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

#[test]
fn a_url_and_a_key_are_all_that_is_needed() {
    let (_project, gate, folder, receipt) = elsewhere();
    let url = format!("http://{}/", gate.admin);
    for (arguments, part) in [
        (&["status"][..], "ready"),
        (&["agents"], "dev"),
        (&["agents", "dev"], "labels agent"),
        (&["deliveries"], "issues.labeled"),
        (&["jobs"], "completed"),
        (&["runs"], "completed"),
        (&["sources"], "its secret"),
        (&["show", &receipt], "Wanted by dev"),
        (&["logs", &receipt], "the output"),
        (&["dead"], "no dead letters"),
        (&["replay", &receipt], "replayed as receipt"),
        (&["pause", "dev"], "dev is paused"),
        (&["status"], "agent dev is paused"),
        (&["resume", "dev"], "dev goes on"),
        (&["scale", "dev", "3"], "3 runs at once"),
        (&["trigger", "dev"], "waits for its run"),
    ] {
        let output = run(folder.path(), &[arguments, &["--url", &url, "--key-file", "gate.key"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        assert!(out(&output).contains(part), "{arguments:?}: {}", out(&output));
    }
}

#[test]
fn the_environment_or_a_file_of_the_user_may_say_where() {
    let (_project, gate, folder, _) = elsewhere();
    let url = format!("http://{}", gate.admin);
    let key = fs::read_to_string(folder.path().join("gate.key")).unwrap();
    let said = command(folder.path(), &["agents"])
        .env("HERDGATE_URL", &url)
        .env("HERDGATE_KEY", key.trim())
        .output();
    assert!(out(&said.unwrap()).contains("dev"));

    let nowhere = run(folder.path(), &["agents"]);
    assert_eq!(nowhere.status.code(), Some(1));
    for part in ["--url", "HERDGATE_URL", "herdgate.toml", "herdgate serve"] {
        assert!(told(&nowhere).contains(part), "{part}: {}", told(&nowhere));
    }

    fs::create_dir_all(folder.path().join("xdg/herdgate")).unwrap();
    fs::copy(folder.path().join("gate.key"), folder.path().join("xdg/herdgate/home.key")).unwrap();
    configured(
        folder.path(),
        &format!("gate = \"home\"\n[gates.home]\nurl = \"{url}\"\nkey_file = \"home.key\"\n"),
    );
    assert!(out(&run(folder.path(), &["agents"])).contains("dev"));
    assert!(out(&run(folder.path(), &["--gate", "home", "agents"])).contains("dev"));
    let unknown = run(folder.path(), &["agents", "--gate", "work"]);
    assert!(told(&unknown).contains("there are: home"), "{}", told(&unknown));
    let verbose = run(folder.path(), &["agents", "-v"]);
    assert!(told(&verbose).contains(&url) && told(&verbose).contains("home.key"), "{}", told(&verbose));
    assert!(!told(&verbose).contains(key.trim()));
    configured(folder.path(), "gate = \"home\"\n[gates.home]\nurll = \"x\"\n");
    assert!(told(&run(folder.path(), &["agents"])).contains("urll"));
}

#[test]
fn a_key_that_is_not_taken_is_told_with_the_place_it_is_from() {
    let (project, gate, folder, _) = elsewhere();
    fs::write(folder.path().join("wrong"), "another key").unwrap();
    let url = format!("http://{}", gate.admin);
    let output = run(folder.path(), &["agents", "--url", &url, "--key-file", "wrong"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).contains("does not take this key") && told(&output).contains("wrong"),
        "{}",
        told(&output)
    );
    assert!(!told(&output).contains("401"), "{}", told(&output));
    let public = format!("http://{}", gate.public);
    let output = run(folder.path(), &["agents", "--url", &public, "--key-file", "gate.key"]);
    assert!(told(&output).contains("no control API of a gate"), "{}", told(&output));
    drop(gate);
    let output = run(project.path(), &["agents", "--url", &url, "--key-file", "api-key"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
}

#[test]
fn a_key_goes_only_where_it_belongs() {
    let (project, _gate, folder, _) = elsewhere();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let url = format!("http://{}", stranger.local_addr().unwrap());
    configured(folder.path(), "[gates.home]\nurl = \"http://127.0.0.1:1\"\nkey = \"k\"\n");
    for folder in [project.path(), folder.path()] {
        let output = run(folder, &["agents", "--url", &url]);
        assert_eq!(output.status.code(), Some(1));
        assert!(told(&output).contains("no key is found"), "{}", told(&output));
    }
    assert!(stranger.accept().is_err(), "it was asked");
}
