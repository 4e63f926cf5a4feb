//! What the SQLite store does on this machine.
//!
//! ```text
//! cargo bench -p herdgate-actors --bench store            # 100,000 deliveries, a million jobs
//! cargo bench -p herdgate-actors --bench store -- 20000 100000
//! ```
//!
//! The first part has many deliveries of 8 KB under way at once, each with one match, as the gate
//! has under load. The second fills a backlog and asks what it costs to open, claim and count.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made has no result")]

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::sync_channel,
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use herdgate_actors::{
    domain::{
        AgentName, Delivery, DeliveryParts, Event, Headers, JobTrigger, Match, NewJob, NodeId, NodeLife,
        Origin, Parsed, ProviderName, ReceiptBatch, ReceiptSink, Timestamp, Verdict, fact,
    },
    store::{
        AttemptOutcome, Claim, Disposition, Finish, JobQuery, Page, Pending, Queue, SqliteEngine,
        SqliteOptions, Upkeep, Views,
    },
};

/// Deliveries under way at once.
const IN_FLIGHT: usize = 2_048;
const CALLERS: u64 = 2;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let deliveries = numbers.next().unwrap_or(100_000);
    let jobs = numbers.next().unwrap_or(1_000_000);
    // Beside the build, because /tmp may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    record(&folder.path().join("deliveries.db"), deliveries);
    backlog(&folder.path().join("backlog.db"), jobs);
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000 + i64::try_from(millis).unwrap())
}

fn wait<T>(pending: Pending<T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pending).unwrap()
}

fn open(path: &Path, meter: impl Fn(usize, Duration) + Send + Sync + 'static) -> Arc<SqliteEngine> {
    let options = SqliteOptions { meter: Arc::new(meter), ..SqliteOptions::default() };
    Arc::new(SqliteEngine::open(path, options).unwrap())
}

fn record(path: &Path, deliveries: u64) {
    let (groups, busy) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let engine = {
        let (groups, busy) = (Arc::clone(&groups), Arc::clone(&busy));
        open(path, move |_, took| {
            groups.fetch_add(1, Ordering::Relaxed);
            busy.fetch_add(u64::try_from(took.as_micros()).unwrap(), Ordering::Relaxed);
        })
    };
    let begun = Instant::now();
    let mut longest_log = 0;
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let engine = Arc::clone(&engine);
                scope.spawn(move || deliver(&engine, caller, deliveries / CALLERS))
            })
            .collect();
        while callers.iter().any(|caller| !caller.is_finished()) {
            let log = std::fs::metadata(path.with_extension("db-wal")).map_or(0, |log| log.len());
            longest_log = longest_log.max(log);
            thread::sleep(Duration::from_millis(5));
        }
    });
    let took = begun.elapsed();
    let groups = groups.load(Ordering::Relaxed);
    println!(
        "deliveries: {:.0}/s ({deliveries} in {took:.2?}), {} a group, writer busy {:.0} %, log up to {} MiB, file {} MiB",
        deliveries as f64 / took.as_secs_f64(),
        deliveries / groups.max(1),
        busy.load(Ordering::Relaxed) as f64 / took.as_secs_f64() / 10_000.0,
        longest_log >> 20,
        std::fs::metadata(path).unwrap().len() >> 20,
    );
    wait(engine.close());
}

/// Sends deliveries, never more than a share of [`IN_FLIGHT`] unanswered.
fn deliver(engine: &SqliteEngine, caller: u64, deliveries: u64) {
    let window = IN_FLIGHT / usize::try_from(CALLERS).unwrap();
    let (take, places) = sync_channel::<()>(window);
    let places = Arc::new(Mutex::new(places));
    let mut random = fastrand::Rng::with_seed(caller);
    for number in 0..deliveries {
        take.send(()).unwrap();
        let places = Arc::clone(&places);
        let record = sample(&mut random, engine, at(number / 20));
        engine.record(
            record,
            Box::new(move |committed| {
                assert_eq!(committed.unwrap().created.len(), 1);
                places.lock().unwrap().recv().unwrap();
            }),
        );
    }
    for _ in 0..window {
        take.send(()).unwrap(); // all places free: all answered
    }
}

/// A delivery of 8 KB that one of ten agents wants.
fn sample(random: &mut fastrand::Rng, engine: &SqliteEngine, at: Timestamp) -> ReceiptBatch {
    let key = format!("{:032x}", random.u128(..));
    let mut body = String::with_capacity(9_000);
    body.push_str("{\"action\":\"opened\",\"commits\":[");
    while body.len() < 8_000 {
        use std::fmt::Write;
        let (id, author) = (random.u128(..), random.u32(..999));
        let _ = write!(
            body,
            "{{\"id\":\"{id:032x}\",\"message\":\"Fix the thing number {author}\",\"author\":{{\"name\":\"dev-{author}\",\
             \"email\":\"dev-{author}@example.com\"}},\"url\":\"https://example.com/acme/app/commit/{id:032x}\"}},"
        );
    }
    body.push_str("null]}");
    let mut event = Event::new(ProviderName::new("github"), "push");
    event.header.sender = Some("dev".to_owned());
    event.facts.set(fact::REPO, Some("acme/app"));
    event.facts.set(fact::TITLE, Some("Fix the thing"));
    let mut headers = Headers::with_capacity(2);
    headers.push("x-github-event", "push");
    headers.push("x-github-delivery", key.as_str());
    let agent = AgentName::from(format!("agent-{}", random.u8(..10)));
    let (id, job) = (engine.ids().receipt(at), engine.ids().job(at));
    let wants = Match { agent: agent.clone(), trigger: 0, trigger_id: None, source: "my-github".into() };
    let trigger = JobTrigger::Webhook { source: "my-github".into(), trigger: 0, trigger_id: None };
    let job = NewJob {
        limit: Some(u32::MAX),
        ..NewJob::of_delivery(job, agent, trigger, "my-github".into(), id, at)
    };
    ReceiptBatch {
        id,
        origin: Origin::Request,
        delivery: Arc::new(
            Delivery::new(DeliveryParts {
                provider: ProviderName::new("github"),
                sources: vec!["my-github".into()],
                verified_by: vec![herdgate_actors::domain::VerifiedBy::Current],
                headers,
                body: Bytes::from(body),
                at,
                keys: vec![key.into()],
                own_windows: Vec::new(),
            })
            .unwrap(),
        ),
        parsed: Some(Parsed::Event(Arc::new(event))),
        verdicts: vec![Verdict::Matched(wants)],
        jobs: vec![job],
        missing: 0,
        revision: herdgate_actors::domain::Revision(1),
    }
}

fn backlog(path: &Path, jobs: u64) {
    let engine = open(path, |_, _| {});
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let filled = Instant::now();
    runtime.block_on(async {
        let mut waiting = std::collections::VecDeque::new();
        for number in 0..jobs {
            let agent = format!("agent-{}", number % 100).into();
            let id = engine.ids().job(at(number));
            let job = NewJob::new(id, agent, JobTrigger::Manual, at(number));
            waiting.push_back(engine.insert(vec![job]));
            if waiting.len() > IN_FLIGHT {
                waiting.pop_front().unwrap().await.unwrap();
            }
        }
        for last in waiting {
            last.await.unwrap();
        }
    });
    println!("backlog: {jobs} jobs of 100 agents added in {:.2?}", filled.elapsed());
    wait(engine.close());
    drop(engine);

    let begun = Instant::now();
    let engine = open(path, |_, _| {});
    wait(engine.probe());
    println!("open: {:.2?}", begun.elapsed());

    let now = at(jobs);
    let agent = || "agent-7".into();
    let lease = Duration::from_mins(1);
    let by = NodeLife { node: NodeId::default(), life: 1 };
    let next = |places| Claim { agent: agent(), places, now, lease, by, except: Vec::new() };
    let claim = |places| engine.claim(next(places));
    timed("claim 1", || drop(wait(claim(1))));
    timed("claim 16", || drop(wait(claim(16))));
    timed("claim 1 and complete it", || {
        let run = wait(claim(1)).jobs[0].run;
        let (outcome, disposition) = (AttemptOutcome::Completed, Disposition::Complete);
        wait(engine.finish(Finish::new(run, outcome, disposition, now), None));
    });
    let mut run = wait(claim(1)).jobs[0].run;
    timed("complete one and claim the next in one change", || {
        let (outcome, disposition) = (AttemptOutcome::Completed, Disposition::Complete);
        let ended = Finish::new(run, outcome, disposition, now);
        run = wait(engine.finish(ended, Some(next(1)))).claimed.unwrap().jobs[0].run;
    });
    timed("backlog", || drop(wait(engine.backlog())));
    timed("oldest due", || drop(wait(engine.oldest_due())));
    let page = Page::default();
    timed("newest jobs of an agent", || {
        drop(wait(engine.jobs(JobQuery { agent: Some(agent()), page, ..JobQuery::default() })));
    });
    timed("newest jobs of an agent without any", || {
        drop(wait(engine.jobs(JobQuery { agent: Some("nobody".into()), page, ..JobQuery::default() })));
    });
    wait(engine.close());
}

fn timed(what: &str, mut act: impl FnMut()) {
    const TIMES: u32 = 20;
    let begun = Instant::now();
    for _ in 0..TIMES {
        act();
    }
    println!("{what}: {:.2?}", begun.elapsed() / TIMES);
}
