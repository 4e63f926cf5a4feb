//! Secrets go into their files, and nowhere else.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;

use super::{out, run, run_with, told};

const SECRET: &str = "a secret that nobody shall see";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["init", "."]).status.success());
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_secret_from_standard_input_is_its_owners_alone_and_never_shown() {
    let folder = project();
    let output = run_with(folder.path(), &["creds", "add", "sentry", "acme"], &format!("{SECRET}\r\n"));
    assert!(output.status.success(), "{}", told(&output));
    let path = folder.path().join("credentials/sentry_client_secret/acme/secret");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{SECRET}\n"));
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let listed = run(folder.path(), &["creds", "ls"]);
    for output in [&output, &listed] {
        assert!(!out(output).contains(SECRET) && !told(output).contains(SECRET));
    }
    let listed = out(&listed);
    assert!(listed.contains("sentry_client_secret") && listed.contains("no source"), "{listed}");
    assert!(
        listed.lines().any(|line| line.contains("github_webhook_secret") && line.contains("my-github")),
        "{listed}"
    );
}

#[test]
fn a_rotation_keeps_the_one_before_and_the_gate_accepts_both() {
    let folder = project();
    let kept =
        fs::read_to_string(folder.path().join("credentials/github_webhook_secret/default/secret")).unwrap();
    let refused = run_with(folder.path(), &["creds", "add", "github"], SECRET);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told(&refused).contains("--rotate"), "{}", told(&refused));
    let rotated = run_with(folder.path(), &["creds", "add", "github", "--rotate"], SECRET);
    assert!(rotated.status.success() && out(&rotated).contains("my-github"), "{}", out(&rotated));
    let previous = folder.path().join("credentials/github_webhook_secret/default/secret_previous");
    assert_eq!(fs::read_to_string(&previous).unwrap(), kept);
    let checked = out(&run(folder.path(), &["check"]));
    assert!(checked.contains("current and previous secret"), "{checked}");
    let removed = run(folder.path(), &["creds", "rm", "github", "--previous", "--yes"]);
    assert!(removed.status.success() && !previous.exists(), "{}", told(&removed));
    assert!(out(&run(folder.path(), &["creds", "ls", "--json"])).lines().all(|line| {
        let stored: Value = serde_json::from_str(line).unwrap();
        stored["field"] == "secret" && stored["exposed"] == false
    }));
}

#[test]
fn nothing_is_deleted_unasked_and_nothing_empty_is_taken() {
    let folder = project();
    let unasked = run(folder.path(), &["creds", "rm", "github"]);
    assert_eq!(unasked.status.code(), Some(2));
    assert!(told(&unasked).contains("--yes") && told(&unasked).contains("my-github"), "{}", told(&unasked));
    assert!(folder.path().join("credentials/github_webhook_secret/default/secret").exists());
    let empty = run_with(folder.path(), &["creds", "add", "github", "other"], " \n");
    assert_eq!(empty.status.code(), Some(2));
    assert!(!folder.path().join("credentials/github_webhook_secret/other").exists());
    let unknown = run(folder.path(), &["creds", "rm", "github", "nobody", "--yes"]);
    assert!(told(&unknown).contains("default/secret"), "{}", told(&unknown));
    let untyped = run_with(folder.path(), &["creds", "add", "github_tokn"], SECRET);
    assert!(told(&untyped).contains("github_webhook_secret"), "{}", told(&untyped));
    let base64 = run_with(folder.path(), &["creds", "add", "standard"], "not base 64!");
    assert!(told(&base64).contains("no Base64"), "{}", told(&base64));
}

#[test]
fn a_secret_of_our_own_making_is_in_its_file_alone() {
    let folder = project();
    let output = run(folder.path(), &["creds", "add", "linear", "--generate"]);
    let path = folder.path().join("credentials/linear_webhook_secret/default/secret");
    let made = fs::read_to_string(path).unwrap();
    assert_eq!(made.trim().len(), 64);
    assert!(output.status.success() && !out(&output).contains(made.trim()), "{}", out(&output));
}
