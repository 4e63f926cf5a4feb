//! Processes that a test needs beside itself: a warden, and a gate that may be killed.
//!
//! Each is this very test program, told by a variable to run one test only and to play a role in it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write, stdin},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

use herdgate_actors::runner::{Runner, WardenCommand, warden_main};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{in_time, runner, script};

const ROLE: &str = "HERDGATE_TEST_ROLE";
const DATA: &str = "HERDGATE_TEST_DATA";
const SCRIPT: &str = "HERDGATE_TEST_SCRIPT";
const TEST: [&str; 3] = ["--exact", "roles::a_process_plays_the_role_it_was_given", "--nocapture"];

#[test]
fn a_process_plays_the_role_it_was_given() {
    match std::env::var(ROLE).as_deref() {
        Ok("warden") => drop(warden_main()),
        Ok("gate") => play_the_gate(),
        _ => {}
    }
}

/// A warden's environment is empty, so its role comes by way of `env`.
pub(crate) fn warden() -> WardenCommand {
    let program = std::env::current_exe().unwrap();
    let role = format!("{ROLE}=warden");
    let args = [role.as_ref(), program.as_os_str()].into_iter().chain(TEST.map(OsStr::new));
    WardenCommand::new("/usr/bin/env", args)
}

/// A gate in a process of its own, with one run.
pub(crate) struct Gate {
    process: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) warden: i32,
}

impl Gate {
    /// Starts a gate that runs a script, with `$1` for `path`.
    pub(crate) fn start(data: &Path, text: &str, path: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(TEST)
            .arg(path)
            .env(ROLE, "gate")
            .env(DATA, data)
            .env(SCRIPT, text)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let words = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut gate = Self { process, words, answers, warden: 0 };
        gate.warden = gate.answer();
        gate
    }

    /// Has the gate lose its warden and find another.
    pub(crate) fn lose_warden(&mut self) {
        writeln!(self.words, "lose the warden").unwrap();
        self.warden = self.answer();
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The warden's pid; libtest's own lines are passed over.
    fn answer(&mut self) -> i32 {
        let mut lines = self.answers.by_ref().lines().map(Result::unwrap);
        lines.find_map(|line| line.split_once("warden is ")?.1.parse().ok()).expect("the gate lives")
    }
}

fn play_the_gate() {
    let path = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let witness = std::env::args_os().next_back().unwrap();
    let (runner, warden) = runner(&path(DATA));
    let order = script(&std::env::var(SCRIPT).unwrap(), Path::new(&witness));
    let run = runner.start(order).ended;
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(in_time(run))
    });
    println!("warden is {}", warden.pid());
    for _ in stdin().lines() {
        let before = warden.pid();
        kill_process(Pid::from_raw(before).unwrap(), Signal::KILL).unwrap();
        while warden.pid() == before {
            thread::yield_now();
        }
        println!("warden is {}", warden.pid());
    }
}
