//! A runner in a folder of its own, and ways to wait for what processes do.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use herdgate_actors::{
    domain::{Attempt, JobId, KeepWork, Prices, RunId, RunSpec},
    runner::{Ended, OutcomeKind, ProcessOptions, ProcessRunner, RunFolders, RunRequest, Runner},
};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::roles;

/// Longer than the kernel lets a lease hold up whoever opens its file (`/proc/sys/fs/lease-break-time`,
/// 45 s): a start that hangs so in one test has copies of what is open in the others.
const LEASE_PATIENCE: Duration = Duration::from_secs(120);
/// Far more than anything here takes; only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A runner, its folders and its reaper.
pub(crate) struct House {
    pub(crate) data: tempfile::TempDir,
    pub(crate) folders: RunFolders,
    pub(crate) runner: ProcessRunner,
}

impl House {
    pub(crate) fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let runner = runner(data.path());
        Self { folders: RunFolders::new(&data.path().join("runs")).unwrap(), runner, data }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Runs an order that nobody stops.
    pub(crate) fn start(&self, order: RunRequest) -> Ended {
        self.runner.start(order).ended
    }

    pub(crate) async fn end_of(&self, order: RunRequest) -> OutcomeKind {
        in_time(self.start(order)).await.kind
    }

    pub(crate) fn output(&self, run: RunId) -> String {
        String::from_utf8(self.folders.output(run).unwrap().bytes).unwrap()
    }
}

pub(crate) fn runner(data: &Path) -> ProcessRunner {
    let folders = RunFolders::new(&data.join("runs")).unwrap();
    ProcessRunner::new(folders, ProcessOptions { reaper: roles::reaper(), open_files: None }).unwrap()
}

/// A command line as a test writes it.
pub(crate) fn order(command: &[&str]) -> RunRequest {
    RunRequest {
        run: next_run(),
        agent: "dev".into(),
        spec: Arc::new(RunSpec {
            command: command.iter().map(|text| (*text).to_owned()).collect(),
            preset: None,
            stall_timeout: None,
            prices: Prices::default(),
            cwd: None,
            env: Vec::new(),
            timeout: PATIENCE,
            kill_grace: PATIENCE,
            output_limit: 1024 * 1024,
            instructions: "".into(),
            keep_work: KeepWork::Always,
        }),
        trigger: "manual",
        receipt: None,
        trace: None,
        prompt: "the prompt".to_owned(),
        context: None,
        payload: None,
    }
}

/// A script, with `$1` for the path that it is given.
pub(crate) fn script(text: &str, path: &Path) -> RunRequest {
    order(&["/bin/sh", "-c", text, "sh", path.to_str().unwrap()])
}

pub(crate) fn with_spec(mut order: RunRequest, change: impl FnOnce(&mut RunSpec)) -> RunRequest {
    change(Arc::make_mut(&mut order.spec));
    order
}

fn next_run() -> RunId {
    static LAST: AtomicI64 = AtomicI64::new(0);
    // Several processes of one test run side by side, and strays are found by this id.
    let process = i64::from(std::process::id()) << 24;
    RunId { job: JobId::from_raw(process + LAST.fetch_add(1, Ordering::Relaxed)), attempt: Attempt(1) }
}

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it should have ended long ago")
}

/// A fifo that processes of a run hold open: it tells what they write, and when the last one died.
pub(crate) struct Witness {
    pub(crate) path: PathBuf,
    lines: mpsc::Receiver<String>,
}

impl Witness {
    /// A fifo that nobody reads here.
    pub(crate) fn fifo(path: PathBuf) -> PathBuf {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        path
    }

    pub(crate) fn new(path: PathBuf) -> Self {
        let path = Self::fifo(path);
        let (sender, lines) = mpsc::channel();
        let fifo = path.clone();
        thread::spawn(move || {
            let reader = BufReader::new(File::open(fifo).unwrap());
            for line in reader.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        Self { path, lines }
    }

    /// Waits until a process has written this line.
    pub(crate) fn hear(&self, line: &str) {
        loop {
            let heard = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{line}: {error}"));
            if heard == line {
                return;
            }
        }
    }

    /// Waits until every process that held the fifo is dead.
    pub(crate) fn hear_silence(&self) {
        loop {
            match self.lines.recv_timeout(LEASE_PATIENCE) {
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("a process of the run still lives"),
            }
        }
    }

    /// Whether every process that held the fifo is dead now, or a blink later: the kernel closes a
    /// dead process's files before it reports the death, and the reading thread needs its turn.
    pub(crate) fn is_silent(&self) -> bool {
        let blink = Duration::from_secs(2);
        loop {
            match self.lines.recv_timeout(blink) {
                Ok(_) => {}
                Err(error) => return error == mpsc::RecvTimeoutError::Disconnected,
            }
        }
    }
}

/// Waits for the end of a process that is not a child.
pub(crate) fn wait_for_end(pid: i32) {
    let Ok(process) = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) else { return };
    let mut poll = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let patience = libc::c_int::try_from(PATIENCE.as_millis()).unwrap();
    #[expect(unsafe_code, reason = "polls one descriptor that is open")]
    // SAFETY: one pollfd, as the count says.
    let ready = unsafe { libc::poll(&raw mut poll, 1, patience) };
    assert_eq!(ready, 1, "process {pid} still lives");
}
