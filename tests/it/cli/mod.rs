//! The command line, as people and scripts use it.

mod creds;
mod many;
mod mcp;
mod operate;
mod packaging;
mod prompt;
mod remote;
mod send;
mod terminal;
mod tls;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program, in a folder and with nothing of the tester's own configuration.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_herdgate"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder.join("xdg"))
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["HERDGATE_CONFIG", "HERDGATE_URL", "HERDGATE_KEY", "HERDGATE_KEY_FILE"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs it with something on its standard input.
fn run_with(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What was said beside the output, without the breaks of lines that fit it to a width.
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).replace(['│', '×', '╰', '─', '▶'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
