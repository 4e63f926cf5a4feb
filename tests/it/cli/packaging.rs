//! What packages need, and what the help promises.

use super::{out, run};

#[test]
fn completions_know_commands_and_their_options() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(folder.path(), &["completions", shell]);
        let script = out(&output);
        assert!(output.status.success(), "{shell}");
        for part in ["dead", "send", "tampered", "previous-secret", "key-file"] {
            assert!(script.contains(part), "{shell} does not know {part}");
        }
    }
    // What the shell itself says of it.
    let script = folder.path().join("herdgate.bash");
    std::fs::write(&script, run(folder.path(), &["completions", "bash"]).stdout).unwrap();
    let checked = std::process::Command::new("bash").arg("-n").arg(&script).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    assert!(run(folder.path(), &["man", pages.to_str().unwrap()]).status.success());
    let help = out(&run(folder.path(), &["--help"]));
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter(|line| !line.starts_with("   "));
    let names: Vec<_> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{help}");
    for name in names.iter().filter(|name| **name != "help") {
        let page = std::fs::read_to_string(pages.join(format!("herdgate-{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{name}");
    }
    assert!(std::fs::read_to_string(pages.join("herdgate.1")).unwrap().contains("Exit codes"));
    assert!(!pages.join("herdgate-reaper.1").exists(), "the reaper is nobody's command");
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["init", "mine"]).status.success());
    for arguments in [
        ["-c", "mine", "check", "--json"],
        ["check", "--json", "--config", "mine"],
        ["--json", "check", "-c", "mine"],
    ] {
        let output = run(folder.path(), &arguments);
        let checked: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(checked["agents"][0]["name"], "hello", "{arguments:?}");
    }
}
