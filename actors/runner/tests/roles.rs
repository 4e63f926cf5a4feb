//! Processes that a test needs beside itself: a reaper, and a gate that may be killed.
//!
//! Each is this very test program, told by a variable to run one test only and to play a role in it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write, stdin},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

use herdgate_actors::runner::{ReaperCommand, Runner, forbid_inspection, reaper_main};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{in_time, runner, script};

const ROLE: &str = "HERDGATE_TEST_ROLE";
const DATA: &str = "HERDGATE_TEST_DATA";
const SCRIPT: &str = "HERDGATE_TEST_SCRIPT";
const TEST: [&str; 3] = ["--exact", "roles::a_process_plays_the_role_it_was_given", "--nocapture"];

#[test]
fn a_process_plays_the_role_it_was_given() {
    match std::env::var(ROLE).as_deref() {
        Ok("reaper") => drop(reaper_main()),
        Ok("gate") => play_the_gate(),
        _ => {}
    }
}

/// A reaper has an environment of its own, so its role comes by way of `env`.
pub(crate) fn reaper() -> ReaperCommand {
    let program = std::env::current_exe().unwrap();
    let role = format!("{ROLE}=reaper");
    let args = [role.as_ref(), program.as_os_str()].into_iter().chain(TEST.map(OsStr::new));
    ReaperCommand::new("/usr/bin/env", args)
}

/// A gate in a process of its own, with one run.
pub(crate) struct Gate {
    process: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) reaper: i32,
}

impl Gate {
    /// Starts a gate that runs a script, with `$1` for `path`.
    pub(crate) fn start(data: &Path, text: &str, path: &Path) -> Self {
        Self::start_with(data, text, path, |_| ())
    }

    /// The same, with more to do before it is a process.
    pub(crate) fn start_with(
        data: &Path,
        text: &str,
        path: &Path,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(TEST)
            .arg(path)
            .env(ROLE, "gate")
            .env(DATA, data)
            .env(SCRIPT, text)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        prepare(&mut command);
        let mut process = command.spawn().unwrap();
        let words = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut gate = Self { process, words, answers, reaper: 0 };
        gate.reaper = gate.answer();
        gate
    }

    /// Has the gate lose its reaper and find another.
    pub(crate) fn lose_reaper(&mut self) {
        writeln!(self.words, "lose the reaper").unwrap();
        self.reaper = self.answer();
    }

    /// `kill -9` of gate and reaper, so that neither gets to act.
    pub(crate) fn kill_both(self) {
        let reaper = Pid::from_raw(self.reaper).unwrap();
        kill_process(reaper, Signal::STOP).unwrap();
        self.kill();
        kill_process(reaper, Signal::KILL).unwrap();
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The reaper's pid; libtest's own lines are passed over.
    fn answer(&mut self) -> i32 {
        let mut lines = self.answers.by_ref().lines().map(Result::unwrap);
        lines.find_map(|line| line.split_once("reaper is ")?.1.parse().ok()).expect("the gate lives")
    }
}

fn play_the_gate() {
    let path = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let witness = std::env::args_os().next_back().unwrap();
    // As the program does; what follows must work all the same.
    forbid_inspection().unwrap();
    let runner = runner(&path(DATA));
    let order = script(&std::env::var(SCRIPT).unwrap(), Path::new(&witness));
    let run = runner.start(order).ended;
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(in_time(run))
    });
    println!("reaper is {}", runner.reaper_pid());
    for _ in stdin().lines() {
        let before = runner.reaper_pid();
        kill_process(Pid::from_raw(before).unwrap(), Signal::KILL).unwrap();
        while runner.reaper_pid() == before {
            thread::yield_now();
        }
        println!("reaper is {}", runner.reaper_pid());
    }
}
