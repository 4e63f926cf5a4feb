//! What a terminal shows, by way of a real one.

use std::{
    fs::File,
    io::Read,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    process::Stdio,
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use super::command;
use crate::support::{Gate, Project, until};

/// Runs a command on a terminal of so many columns; what it shows there, without the returns that a
/// terminal adds.
pub(super) fn on_terminal(columns: u16, folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&controller, size).unwrap();
    let path = ptsname(&controller, Vec::new()).unwrap();
    let terminal: OwnedFd = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut command = command(folder, arguments);
    let stdio = || Stdio::from(terminal.as_fd().try_clone_to_owned().unwrap());
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(env.iter().copied());
    command.stdout(stdio()).stderr(stdio());
    let mut child = command.spawn().unwrap();
    drop(command);
    drop(terminal);
    let mut shown = Vec::new();
    // Reading ends with an error once nobody has the other side open.
    let _ = File::from(controller).read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n[retry]\nattempts = 1\n";

#[test]
fn a_table_fits_the_terminal_and_says_what_it_left_out() {
    let project = Project::new("").agent("an-agent-with-quite-a-long-name", LABELED, "exit 7");
    let _gate = Gate::serve(&project);
    assert!(super::run(project.path(), &["send", "github", "issues.labeled"]).status.success());
    until("the run ends", || project.herdgate(&["runs"]).contains("exit 7"));
    let runs = |columns, arguments: &[&str]| {
        on_terminal(columns, project.path(), &[&["runs"], arguments].concat(), &[("NO_COLOR", "1")])
    };
    let narrow = runs(60, &[]);
    assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
    assert!(narrow.contains('…') && narrow.contains("--wide"), "{narrow}");
    let wide = runs(60, &["--wide"]);
    assert!(wide.contains("an-agent-with-quite-a-long-name") && !wide.contains("--wide"), "{wide}");
    assert!(!runs(200, &[]).contains("--wide"));
}

#[test]
fn colours_are_for_terminals_whose_user_wants_them() {
    let project = Project::new("").agent("dev", LABELED, "exit 7");
    let _gate = Gate::serve(&project);
    assert!(super::run(project.path(), &["send", "github", "issues.labeled"]).status.success());
    until("the run ends", || project.herdgate(&["runs"]).contains("exit 7"));
    std::fs::write(project.path().join("broken.toml"), "[gatewy]\n").unwrap();
    for arguments in
        [&["runs"][..], &["creds", "ls"], &["check", "--config", "broken.toml"], &["show", "0000000000001"]]
    {
        let coloured = on_terminal(120, project.path(), arguments, &[]);
        assert!(coloured.contains('\u{1b}'), "{arguments:?}: {coloured}");
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = on_terminal(120, project.path(), arguments, &[(name, value)]);
            assert!(!plain.contains('\u{1b}'), "{arguments:?} with {name}: {plain:?}");
        }
    }
}

#[test]
fn times_are_near_by_and_dates_on_request() {
    let project = Project::new("").agent("dev", LABELED, "exit 7");
    let _gate = Gate::serve(&project);
    assert!(super::run(project.path(), &["send", "github", "issues.labeled"]).status.success());
    until("the run ends", || project.herdgate(&["runs"]).contains("exit 7"));
    let runs = |arguments: &[&str], zone: &str| {
        let mut command = command(project.path(), &[&["runs"], arguments].concat());
        super::out(&command.env("TZ", zone).output().unwrap())
    };
    let near = runs(&[], "UTC");
    assert!(near.contains(" ago") || near.contains(" now"), "{near}");
    assert!(
        runs(&["--absolute"], "Asia/Tokyo").contains(" +09:00"),
        "{}",
        runs(&["--absolute"], "Asia/Tokyo")
    );
    let utc = runs(&["--utc"], "Asia/Tokyo");
    assert!(utc.contains('Z') && utc.contains('T') && !utc.contains("+09:00"), "{utc}");
}
