//! A project: config.toml, and an agent's file after a line of dashes.
#![no_main]

use std::fs;

use herdgate::config::{self, Env, ColorMode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (project, agent) = input.split_once("\n---\n").unwrap_or((input, ""));
    let folder = tempfile::tempdir().expect("a folder");
    let agents = folder.path().join("agents/a");
    fs::create_dir_all(&agents).expect("a folder");
    fs::write(folder.path().join("config.toml"), project).expect("a file");
    fs::write(agents.join("agent-config.toml"), agent).expect("a file");
    fs::write(agents.join("ACTIONS.md"), "Do.").expect("a file");
    if let Err(problems) = config::Project::at(folder.path()).with_env(Env::default()).load() {
        let _ = problems.render(ColorMode::Plain, 100);
    }
});
