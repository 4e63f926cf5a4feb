//! Kills the gate again and again, and holds what it promised against what happened.
//!
//! Clients deliver to it while it is killed from outside at random moments, or kills itself at a
//! random pass of a failpoint around the commit or a job's move. The agents write a ledger. In the
//! end every delivery that was answered 200 must have run for every agent, none twice as two jobs,
//! and nothing may be stuck.
//!
//! `HERDGATE_CRASH_ROUNDS=300 cargo test --test it crash -- --nocapture` is the long version;
//! `HERDGATE_CRASH_SEED` repeats one.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;
use herdgate_actors::{
    domain::RunId,
    store::{JobDetail, JobQuery, JobState, Page, Pending, SqliteReader, Views},
};

use crate::support::{Gate, Project, within};

const AGENTS: [&str; 3] = ["a", "b", "c"];
const CLIENTS: usize = 4;
const POINTS: [&str; 6] =
    ["store.commit.before", "store.commit.after", "store.record", "store.claim", "store.finish", "run.start"];
/// For how long nothing may move before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the backlog, so that looking does not take the machine from the work.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the clients know.
#[derive(Default)]
struct Story {
    next: AtomicU64,
    sent: AtomicU64,
    answered: Mutex<BTreeSet<String>>,
}

#[test]
fn what_was_answered_runs_once_per_agent_however_often_the_gate_is_killed() {
    let rounds = number("HERDGATE_CRASH_ROUNDS").unwrap_or(8);
    let seed = number("HERDGATE_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}, {rounds} rounds");
    let mut jitter = Rng::with_seed(seed);
    let project = project();
    let story = Story::default();
    let mut by_failpoint = 0;
    for _ in 0..rounds {
        let points = jitter.bool().then(|| {
            by_failpoint += 1;
            format!("{}=kill@{}", POINTS[jitter.usize(..POINTS.len())], jitter.u32(1..60))
        });
        let kill_after = Duration::from_millis(jitter.u64(50..900));
        live(&project, &story, points.as_deref().unwrap_or_default(), kill_after);
    }
    let ledger = last_life(&project);
    let answered = story.answered.lock().unwrap().clone();
    let jobs = jobs(&project);
    check(&answered, &ledger, &jobs);
    println!(
        "{rounds} kills ({by_failpoint} at failpoints), {} requests, {} deliveries answered, {} jobs, {} runs, {} of them interrupted: nothing lost, nothing twice, nothing stuck",
        story.sent.load(Ordering::Relaxed),
        answered.len(),
        jobs.len(),
        jobs.iter().map(|job| job.attempts.len()).sum::<usize>(),
        jobs.iter().map(|job| job.attempts.len() - 1).sum::<usize>(),
    );
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Agents that write down which run served which delivery.
fn project() -> Project {
    let script = "id=$(sed -n 's/.*\"delivery_id\":\"\\([^\"]*\\)\".*/\\1/p' \"$HERDGATE_CONTEXT_FILE\")\n\
                  echo \"$HERDGATE_AGENT $id $RUN\" >> ../../../../ledger";
    AGENTS.iter().fold(Project::new(""), |project, name| {
        project.agent(name, "scale = 4\n[[webhooks]]\nsource = \"github\"\n", script)
    })
}

/// One life of the gate, with its clients, to its violent end.
fn live(project: &Project, story: &Story, points: &str, kill_after: Duration) {
    let Some(gate) = Gate::try_serve(project, &[("HERDGATE_FAILPOINTS", points)]) else {
        // It can kill itself before it is ready: it works off what it finds.
        return;
    };
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| deliver_until(&over, &gate, story));
        }
        within(kill_after, || !gate.is_alive());
        gate.kill_now();
        over.store(true, Ordering::Relaxed);
    });
    gate.kill();
}

fn deliver_until(over: &AtomicBool, gate: &Gate, story: &Story) {
    let mut id = None;
    while !over.load(Ordering::Relaxed) {
        // What got no answer is delivered again, as providers do; sometimes also what got one.
        let name = id.take().unwrap_or_else(|| format!("d{}", story.next.fetch_add(1, Ordering::Relaxed)));
        story.sent.fetch_add(1, Ordering::Relaxed);
        match gate.try_github("issues", &name, r#"{"action":"opened","issue":{"number":1}}"#) {
            Some(200) => {
                story.answered.lock().unwrap().insert(name.clone());
                id = (fastrand::u8(..10) == 0).then_some(name);
            }
            _ => id = Some(name),
        }
    }
}

/// Lets the gate work everything off, and reads what the agents wrote.
fn last_life(project: &Project) -> BTreeMap<(String, String), BTreeSet<RunId>> {
    let gate = Gate::serve(project);
    let mut moved = (f64::MAX, Instant::now());
    loop {
        let page = gate.admin("GET", "/metrics").text();
        let left: f64 = ["available", "scheduled", "retryable", "executing"]
            .iter()
            .flat_map(|state| {
                AGENTS.map(|agent| format!("herdgate_backlog_jobs{{agent=\"{agent}\",state=\"{state}\"}} "))
            })
            .filter_map(|series| {
                page.lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok())
            })
            .sum();
        if left == 0.0 {
            break;
        }
        if left < moved.0 {
            moved = (left, Instant::now());
        }
        if moved.1.elapsed() > PATIENCE {
            let stuck: Vec<_> =
                jobs(project).into_iter().filter(|job| job.job.state != JobState::Completed).collect();
            panic!(
                "{left} jobs are stuck: {stuck:#?}\n{:#?}",
                gate.log().iter().rev().take(40).collect::<Vec<_>>()
            );
        }
        thread::sleep(LOOK_EVERY);
    }
    assert_eq!(gate.list("deliveries?outcome=unrouted").len(), 0, "receipts wait to be routed");
    read_ledger(&project.path().join("ledger"))
}

fn read_ledger(path: &Path) -> BTreeMap<(String, String), BTreeSet<RunId>> {
    let mut ledger = BTreeMap::<_, BTreeSet<_>>::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let [agent, id, run] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("a torn line: {line}") };
        ledger.entry((agent.to_owned(), id.to_owned())).or_default().insert(run.parse().unwrap());
    }
    ledger
}

/// Every job there is.
fn jobs(project: &Project) -> Vec<JobDetail> {
    let reader = SqliteReader::open(&project.data().join("herdgate.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let query = JobQuery { page: Page { limit: 500, before }, ..JobQuery::default() };
        let page = wait(&runtime, reader.jobs(query));
        let Some(last) = page.last() else { return all };
        before = Some(last.id.get());
        all.extend(page.iter().map(|job| wait(&runtime, reader.job(job.id)).unwrap()));
    }
}

fn wait<T>(runtime: &tokio::runtime::Runtime, pending: Pending<T>) -> T {
    runtime.block_on(pending).unwrap()
}

fn check(
    answered: &BTreeSet<String>,
    ledger: &BTreeMap<(String, String), BTreeSet<RunId>>,
    jobs: &[JobDetail],
) {
    assert!(!answered.is_empty(), "not a single delivery was answered");
    for id in answered {
        for agent in AGENTS {
            let runs = ledger.get(&(agent.to_owned(), id.clone()));
            assert!(runs.is_some(), "{id} was answered 200 and never ran for {agent}");
        }
    }
    for ((agent, id), runs) in ledger {
        let jobs: BTreeSet<_> = runs.iter().map(|run| run.job).collect();
        assert_eq!(jobs.len(), 1, "{id} became several jobs of {agent}: {runs:?}");
    }
    for detail in jobs {
        assert_eq!(detail.job.state, JobState::Completed, "{detail:?}");
        assert_eq!(detail.attempts.len(), detail.job.attempts as usize, "{detail:?}");
        assert!(detail.attempts.iter().all(|attempt| attempt.finished_at.is_some()), "{detail:?}");
    }
    let attempts: BTreeMap<_, _> = jobs.iter().map(|detail| (detail.job.id, detail.job.attempts)).collect();
    for run in ledger.values().flatten() {
        let counted = attempts.get(&run.job).copied().unwrap_or_default();
        assert!(run.attempt.0 <= counted, "{run} ran and was not counted");
    }
}
