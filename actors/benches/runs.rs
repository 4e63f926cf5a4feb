//! How many runs a second, and what each costs.
//!
//! `cargo bench -p herdgate-actors --bench runs` runs `/bin/true` through the runner: alone, among
//! thousands of other processes, and with thousands of descriptors open, which is what a gate has at
//! work. Variables: `RUNS` (per scenario), `AT_ONCE`, `SLEEPERS`, `DESCRIPTORS`.
#![expect(clippy::unwrap_used, reason = "a bench ends by panicking")]

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use herdgate_actors::{
    domain::{Attempt, JobId, KeepWork, Prices, RunId, RunSpec},
    runner::{
        Outcome, OutcomeKind, ProcessOptions, ProcessRunner, ReaperCommand, RunFolders, RunRequest, Runner,
        reaper_main,
    },
};
use tokio::task::JoinSet;

fn main() {
    if std::env::args().any(|argument| argument == "reaper") {
        reaper_main();
        return;
    }
    let runs = setting("RUNS", 3_000);
    let at_once = setting("AT_ONCE", 16);
    raise_descriptors();
    let bare = bare(runs);
    println!("spawned bare, two at once: {bare:.0}/s");

    let data = tempfile::tempdir().unwrap();
    let folders = RunFolders::new(&data.path().join("runs")).unwrap();
    let options = ProcessOptions { reaper: ReaperCommand::this_program().unwrap(), open_files: Some(1024) };
    let runner = ProcessRunner::new(folders, options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scenario = |name: &str, first: i64| {
        let (before, started) = (cpu(), Instant::now());
        runtime.block_on(drive(&runner, first, runs, at_once));
        let rate = f64::from(runs) / started.elapsed().as_secs_f64();
        let (own, children) = cpu();
        let per_run = |after: Duration, before: Duration| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(runs)
        };
        println!(
            "{name}: {rate:.0} runs/s, {:.0} µs of the gate's CPU a run, {:.0} µs of the children's",
            per_run(own, before.0),
            per_run(children, before.1)
        );
    };
    scenario("alone", 1 << 40);
    let sleepers = Sleepers::start(setting("SLEEPERS", 2_000));
    scenario("among other processes", 2 << 40);
    let open: Vec<File> =
        (0..setting("DESCRIPTORS", 5_000)).map(|_| File::open("/dev/null").unwrap()).collect();
    scenario("and with descriptors open", 3 << 40);
    drop((open, sleepers));
}

async fn drive(runner: &ProcessRunner, first: i64, runs: u32, at_once: u32) {
    let spec = Arc::new(RunSpec {
        command: vec!["/bin/true".to_owned()],
        preset: None,
        stall_timeout: None,
        prices: Prices::default(),
        cwd: None,
        env: Vec::new(),
        timeout: Duration::from_secs(60),
        kill_grace: Duration::from_secs(5),
        output_limit: 1 << 20,
        instructions: "what to do\n".repeat(100).into(),
        keep_work: KeepWork::Failed,
    });
    let payload: bytes::Bytes = "x".repeat(8_000).into();
    let mut under_way = JoinSet::<Outcome>::new();
    for number in 0..runs {
        if under_way.len() == at_once as usize {
            assert_eq!(under_way.join_next().await.unwrap().unwrap().kind, OutcomeKind::Completed);
        }
        let job = JobId::from_raw(first + i64::from(number));
        let request = RunRequest {
            run: RunId { job, attempt: Attempt(1) },
            agent: "bench".into(),
            spec: Arc::clone(&spec),
            trigger: "manual",
            receipt: None,
            trace: None,
            prompt: "the prompt\n".repeat(300),
            context: Some("{}".repeat(1_000)),
            payload: Some(payload.clone()),
        };
        under_way.spawn(runner.start(request).ended);
    }
    while let Some(ended) = under_way.join_next().await {
        assert_eq!(ended.unwrap().kind, OutcomeKind::Completed);
    }
}

/// As fast as this machine starts and reaps processes at all.
fn bare(runs: u32) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..runs / 2 {
                    Command::new("/bin/true").env_clear().status().unwrap();
                }
            });
        }
    });
    f64::from(runs) / started.elapsed().as_secs_f64()
}

/// Processes that do nothing; they die with this value. A thread of their own starts them, since what
/// the main thread starts looks as if it were adopted from a run.
struct Sleepers(Option<(mpsc::Sender<()>, std::thread::JoinHandle<()>)>);

impl Sleepers {
    fn start(count: u32) -> Self {
        let (end, ended) = mpsc::channel::<()>();
        let (up, ready) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let sleep = || Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
            let mut sleepers: Vec<Child> = (0..count).map(|_| sleep()).collect();
            up.send(()).unwrap();
            let _ = ended.recv();
            for sleeper in &mut sleepers {
                let _ = sleeper.kill();
                let _ = sleeper.wait();
            }
        });
        ready.recv().unwrap();
        Self(Some((end, thread)))
    }
}

impl Drop for Sleepers {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}

/// CPU time of this process, and of its children that were reaped.
fn cpu() -> (Duration, Duration) {
    let of = |who| {
        #[expect(unsafe_code, reason = "getrusage has no safe form in what is used here")]
        // SAFETY: fills a plain struct of this size.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(who, &raw mut usage);
            usage
        };
        [usage.ru_utime, usage.ru_stime]
            .into_iter()
            .map(|time| {
                Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_usec * 1_000).unwrap())
            })
            .sum()
    };
    (of(libc::RUSAGE_SELF), of(libc::RUSAGE_CHILDREN))
}

fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
