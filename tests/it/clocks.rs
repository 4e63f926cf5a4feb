//! Clocks that are set while the gate runs: nothing stops, nothing is doubled.
//!
//! The gate runs under libfaketime, which shifts its wall clock as a file says and leaves the
//! monotonic one alone: as NTP after a wrong boot date does, or a suspend, or an operator.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, PATIENCE, Project};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nlabels = [\"agent\"]\n";
const EACH_SECOND: &str = "schedule = \"* * * * * *\"\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

/// Where distributions keep the library.
fn libfaketime() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64"];
    folders
        .iter()
        .map(|folder| Path::new(folder).join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists())
}

/// A gate whose clock can be set, with an agent that ticks each second.
struct Shifted {
    project: Project,
    gate: Gate,
    shift: PathBuf,
    /// How often each run reported.
    reports: HashMap<String, u32>,
}

impl Shifted {
    /// `None` where the library is not there; the summary says so.
    fn start(test: &str, agents: impl FnOnce(Project) -> Project) -> Option<Self> {
        let Some(library) = libfaketime() else {
            herdgate_skip::cannot_run(test, "libfaketime is missing");
            return None;
        };
        let project = agents(Project::new("").agent("ticks", EACH_SECOND, "echo tick $RUN > $REPORTS"));
        let shift = project.path().join("shift");
        fs::write(&shift, "+0\n").unwrap();
        let gate = Gate::serve_with(
            &project,
            &[
                ("LD_PRELOAD", library.to_str().unwrap()),
                ("FAKETIME_TIMESTAMP_FILE", shift.to_str().unwrap()),
                ("FAKETIME_NO_CACHE", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                ("DONT_FAKE_MONOTONIC", "1"),
            ],
        );
        Some(Self { project, gate, shift, reports: HashMap::new() })
    }

    /// Sets the clock to so many seconds beside the real time.
    fn set(&self, seconds: i64) {
        let next = self.shift.with_extension("next");
        fs::write(&next, format!("{seconds:+}\n")).unwrap();
        fs::rename(next, &self.shift).unwrap();
    }

    /// The next report whose first word is `word`; all are counted.
    fn wait_for(&mut self, word: &str) {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "no {word}, only {:?}", self.reports);
            let report = self.project.report();
            *self.reports.entry(report.clone()).or_default() += 1;
            if report.split(' ').next() == Some(word) {
                return;
            }
        }
    }

    /// As many seconds of the gate's life.
    fn ticks(&mut self, ticks: u32) {
        (0..ticks).for_each(|_| self.wait_for("tick"));
    }

    fn deliver(&self, id: &str) {
        let answer = self.gate.github("issues", id, labeled());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["matched"], 1);
    }

    fn nothing_is_doubled(&self) {
        let doubled: Vec<_> = self.reports.iter().filter(|(_, times)| **times > 1).collect();
        assert!(doubled.is_empty(), "{doubled:?}");
        let runs = self.gate.list("runs?agent=dev");
        for run in &runs {
            assert_eq!(run["state"], "completed", "{run}");
        }
        let begun = self.reports.keys().filter(|report| report.starts_with("begin ")).count();
        assert_eq!(runs.len(), begun);
    }

    fn log_has(&self, message: &str) {
        assert!(self.gate.log().iter().any(|line| line.contains(message)), "`{message}` is not in the log");
    }
}

#[test]
fn a_clock_set_back_an_hour_stops_nothing_and_doubles_nothing() {
    let dev = |project: Project| {
        project.agent("dev", LABELED, "echo begin $RUN > $REPORTS; echo end $RUN > $REPORTS")
    };
    let test = "clocks::a_clock_set_back_an_hour_stops_nothing_and_doubles_nothing";
    let Some(mut shifted) = Shifted::start(test, dev) else { return };
    shifted.ticks(2);
    shifted.deliver("before");
    shifted.wait_for("end");

    shifted.set(-3600);
    shifted.ticks(3);
    shifted.deliver("after");
    shifted.wait_for("end");
    shifted.ticks(3);

    shifted.nothing_is_doubled();
    shifted.log_has("the clock went back");
}

#[test]
fn a_job_that_fails_after_the_clock_was_set_back_gets_its_second_try() {
    let test = "clocks::a_job_that_fails_after_the_clock_was_set_back_gets_its_second_try";
    let dev = |project: Project| {
        let script = "echo try-$HERDGATE_ATTEMPT > $REPORTS; test $HERDGATE_ATTEMPT = 2";
        project.agent("dev", &format!("{LABELED}[retry]\nbackoff = \"1s\"\n"), script)
    };
    let Some(mut shifted) = Shifted::start(test, dev) else { return };
    shifted.set(-3600);
    shifted.ticks(3);
    shifted.deliver("one");
    shifted.wait_for("try-1");
    shifted.wait_for("try-2");
}

#[test]
fn a_job_that_waits_for_another_try_gets_it_when_the_clock_is_set_back_meanwhile() {
    let test = "clocks::a_job_that_waits_for_another_try_gets_it_when_the_clock_is_set_back_meanwhile";
    let dev = |project: Project| {
        let script = "echo try $HERDGATE_ATTEMPT > $REPORTS; test $HERDGATE_ATTEMPT = 2";
        project.agent("dev", &format!("{LABELED}[retry]\nbackoff = \"5s\"\n"), script)
    };
    let Some(mut shifted) = Shifted::start(test, dev) else { return };
    shifted.deliver("one");
    shifted.wait_for("try");
    let waits = || shifted.gate.list("jobs?agent=dev&state=retryable").len() == 1;
    crate::support::until("it waits for its second try", waits);
    shifted.set(-3600);
    let begun = std::time::Instant::now();
    shifted.wait_for("try");
    assert!(begun.elapsed() < crate::support::PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn a_clock_that_leaps_ahead_during_a_run_ends_no_run_and_doubles_nothing() {
    for (leap, test) in [(240, "four minutes"), (24 * 3600, "a day")] {
        let dev = |project: Project| {
            let go_on = project.path().join("go-on");
            let made = std::process::Command::new("mkfifo").arg(&go_on).status().unwrap();
            assert!(made.success());
            let script = format!(
                "echo begin $RUN > $REPORTS; read line < {}; echo end $RUN > $REPORTS",
                go_on.display()
            );
            project.agent("dev", LABELED, &script)
        };
        let name = format!("clocks::a_clock_that_leaps_ahead ({test})");
        let Some(mut shifted) = Shifted::start(&name, dev) else { return };
        shifted.deliver("one");
        shifted.wait_for("begin");

        shifted.set(leap);
        // Enough for several looks at leases, which are each two seconds.
        shifted.ticks(8);
        fs::write(shifted.project.path().join("go-on"), "\n").unwrap();
        shifted.wait_for("end");
        shifted.ticks(2);

        shifted.nothing_is_doubled();
        shifted.log_has("the clock leapt ahead");
    }
}
