//! An engine under test, and short ways to talk to it.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use tempfile::TempDir;

use crate::{
    domain::{
        AttemptOutcome, CommitResult, Debounce, DedupeKey, Delivery, DeliveryParts, Disposition, Event,
        GroupKey, Headers, IdSource, JobId, JobState, JobTrigger, LedgerError, Match, NewJob, NodeId,
        NodeLife, Origin, Parsed, ProviderName, ReceiptBatch, ReceiptId, RunId, SourceName, Timestamp,
        TriggerMismatch, Unparsable, Verdict, VerifiedBy, WhenBusy, fact,
    },
    store::{
        Claim, Claimed, Finish, Fire, JobQuery, JobRow, MemoryEngine, Page, Pending, Rescue, RescueScope,
        Rescued, SqliteEngine, SqliteOptions, Store, Unrouted, UnroutedQuery,
    },
};

/// Who executes what the tests claim.
pub(in crate::store) const LIFE: NodeLife = life(7);

pub(in crate::store) const fn life(life: u64) -> NodeLife {
    NodeLife { node: NodeId::new(0).unwrap(), life }
}

pub(in crate::store) const WINDOW: Duration = Duration::from_hours(1);

/// So many milliseconds after the beginning of a day in 2026.
pub(in crate::store) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000 + millis)
}

pub(in crate::store) fn wait<T>(pending: Pending<T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(pending).unwrap()
}

pub(in crate::store) struct Subject {
    pub(in crate::store) engine: Arc<dyn Store>,
    folder: Option<TempDir>,
}

impl Subject {
    pub(in crate::store) fn memory() -> Self {
        Self { engine: Arc::new(MemoryEngine::new(WINDOW)), folder: None }
    }

    pub(in crate::store) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions { dedupe_window: WINDOW, ..SqliteOptions::default() };
        let engine = SqliteEngine::open(&folder.path().join("test.db"), options).unwrap();
        Self { engine: Arc::new(engine), folder: Some(folder) }
    }

    /// As after a restart of the process; an engine in memory just goes on.
    pub(in crate::store) fn restarted(self) -> Self {
        let Self { engine, folder } = self;
        let Some(folder) = folder else { return Self { engine, folder } };
        drop(engine);
        let options = SqliteOptions { dedupe_window: WINDOW, ..SqliteOptions::default() };
        let engine = SqliteEngine::open(&folder.path().join("test.db"), options).unwrap();
        Self { engine: Arc::new(engine), folder: Some(folder) }
    }

    pub(in crate::store) fn try_record(&self, record: ReceiptBatch) -> Result<CommitResult, LedgerError> {
        let (answer, answered) = mpsc::channel();
        self.engine.record(record, Box::new(move |committed| answer.send(committed).unwrap()));
        answered.recv().unwrap()
    }

    pub(in crate::store) fn record(&self, sample: Sample) -> (ReceiptId, CommitResult) {
        let id = self.engine.ids().receipt(sample.at);
        (id, self.try_record(sample.batch(id, &self.engine.ids())).unwrap())
    }

    pub(in crate::store) fn reroute(&self, id: ReceiptId, sample: Sample) -> CommitResult {
        let sample = Sample { origin: Origin::Reroute, ..sample };
        self.try_record(sample.batch(id, &self.engine.ids())).unwrap()
    }

    pub(in crate::store) fn manual(&self, agent: &str, now: i64) -> NewJob {
        NewJob::new(self.engine.ids().job(at(now)), agent.into(), JobTrigger::Manual, at(now))
    }

    pub(in crate::store) fn enqueue(&self, agent: &str, now: i64, due: i64) -> JobId {
        let job = NewJob { not_before: Some(at(due)), ..self.manual(agent, now) };
        let id = job.id;
        wait(self.engine.insert(vec![job]));
        id
    }

    pub(in crate::store) fn fire(&self, agent: &str, due: i64, now: i64) -> Fire {
        let id = self.engine.ids().job(at(now));
        Fire { due: at(due), job: NewJob::of_schedule(id, agent.into(), at(due), at(now)) }
    }

    pub(in crate::store) fn unrouted(&self, before: i64) -> Vec<Unrouted> {
        let query = UnroutedQuery { before: at(before), max_rows: 10, max_bytes: 1 << 30 };
        wait(self.engine.unrouted(query))
    }

    /// As a later life of the node does when it starts.
    pub(in crate::store) fn rescue_all(&self, now: i64, max_interruptions: u32) -> Vec<Rescued> {
        let scope = RescueScope::EarlierLives(life(8));
        wait(self.engine.rescue(Rescue { now: at(now), scope, max_interruptions }))
    }

    /// As the rescue of another life does.
    pub(in crate::store) fn rescue_expired(&self, now: i64) -> Vec<Rescued> {
        let scope = RescueScope::ExpiredLeases { except: life(8) };
        wait(self.engine.rescue(Rescue { now: at(now), scope, max_interruptions: 3 }))
    }

    pub(in crate::store) fn renew(&self, run: RunId, until: i64) -> bool {
        wait(self.engine.renew(vec![run], LIFE, at(until))).is_empty()
    }

    pub(in crate::store) fn claim(&self, agent: &str, places: u32, now: i64) -> Claimed {
        wait(self.engine.claim(claim_of(agent, places, now)))
    }

    /// Claims one job and ends its attempt.
    pub(in crate::store) fn run(
        &self,
        agent: &str,
        now: i64,
        outcome: AttemptOutcome,
        disposition: Disposition,
    ) -> JobId {
        let run = self.claim(agent, 1, now).jobs[0].run;
        assert!(wait(self.engine.finish(Finish::new(run, outcome, disposition, at(now)), None)).ended);
        run.job
    }

    pub(in crate::store) fn complete(&self, agent: &str, now: i64) -> JobId {
        self.run(agent, now, AttemptOutcome::Completed, Disposition::Complete)
    }

    pub(in crate::store) fn state(&self, job: JobId) -> JobState {
        wait(self.engine.job(job)).unwrap().job.state
    }

    pub(in crate::store) fn jobs(&self) -> Vec<JobRow> {
        wait(self.engine.jobs(JobQuery { page: Page { limit: 1_000, before: None }, ..JobQuery::default() }))
    }
}

/// A claim of a minute.
pub(in crate::store) fn claim_of(agent: &str, places: u32, now: i64) -> Claim {
    let lease = Duration::from_mins(1);
    Claim { agent: agent.into(), places, now: at(now), lease, by: LIFE, except: Vec::new() }
}

/// A record in the making.
#[derive(Clone)]
pub(in crate::store) struct Sample {
    pub(in crate::store) key: &'static str,
    pub(in crate::store) keys: Vec<DedupeKey>,
    /// Windows of its sources.
    pub(in crate::store) own_windows: Vec<(SourceName, Duration)>,
    pub(in crate::store) sources: Vec<&'static str>,
    pub(in crate::store) agents: Vec<&'static str>,
    pub(in crate::store) refused: Vec<&'static str>,
    pub(in crate::store) queue_limit: u32,
    /// What it is about, and how its jobs stand to others of that key.
    pub(in crate::store) group: Option<(&'static str, WhenBusy, Option<Debounce>)>,
    pub(in crate::store) at: Timestamp,
    pub(in crate::store) origin: Origin,
    pub(in crate::store) parsed: bool,
    pub(in crate::store) problem: Option<&'static str>,
    pub(in crate::store) missing: usize,
    pub(in crate::store) body: Bytes,
}

impl Sample {
    /// A delivery to the source `hub` that nobody wants.
    pub(in crate::store) fn new(key: &'static str, now: i64) -> Self {
        Self {
            key,
            keys: Vec::new(),
            own_windows: Vec::new(),
            sources: vec!["hub"],
            agents: Vec::new(),
            refused: Vec::new(),
            queue_limit: 100,
            group: None,
            at: at(now),
            origin: Origin::Request,
            parsed: true,
            problem: None,
            missing: 0,
            body: Bytes::from_static(b"{\"action\":\"opened\"}"),
        }
    }

    /// `agents` want it.
    pub(in crate::store) fn wanted_by(self, agents: &[&'static str]) -> Self {
        Self { agents: agents.to_vec(), ..self }
    }

    /// It is about the subject `key`.
    pub(in crate::store) fn about(self, key: &'static str, when_busy: WhenBusy) -> Self {
        Self { group: Some((key, when_busy, None)), ..self }
    }

    /// And becomes one job with others that come within so many milliseconds.
    pub(in crate::store) fn gathered(self, quiet: u64, max: u64) -> Self {
        let debounce = Debounce { quiet: Duration::from_millis(quiet), max: Duration::from_millis(max) };
        Self { group: self.group.map(|(key, when_busy, _)| (key, when_busy, Some(debounce))), ..self }
    }

    pub(in crate::store) fn batch(self, id: ReceiptId, ids: &IdSource) -> ReceiptBatch {
        let source = self.sources[0];
        let wants = |agent: &&'static str| {
            Verdict::Matched(Match {
                agent: (*agent).into(),
                trigger: 1,
                trigger_id: None,
                source: source.into(),
            })
        };
        let job = |agent: &&'static str| {
            let trigger = JobTrigger::Webhook { source: source.into(), trigger: 1, trigger_id: None };
            let new =
                NewJob::of_delivery(ids.job(self.at), (*agent).into(), trigger, source.into(), id, self.at);
            let limit = Some(self.queue_limit);
            match self.group {
                None => NewJob { limit, ..new },
                Some((key, when_busy, debounce)) => {
                    let group_key = Some(GroupKey(key.to_owned()));
                    NewJob { group_key, when_busy, debounce, limit, ..new }
                }
            }
        };
        let jobs = self.agents.iter().map(job).collect();
        let keys = std::iter::once(self.key.into()).chain(self.keys).collect();
        let refuses = |agent: &&'static str| Verdict::NotMatched {
            agent: (*agent).into(),
            mismatches: vec![TriggerMismatch { trigger: 0, failed: Vec::new() }],
        };
        let verdicts = self.agents.iter().map(wants).chain(self.refused.iter().map(refuses)).collect();
        let event = || {
            let mut event = Event::new(ProviderName::new("github"), "issues");
            event.header.action = Some("opened".to_owned());
            event.facts.set(fact::REPO, Some("acme/app"));
            Parsed::Event(Arc::new(event))
        };
        let mut headers = Headers::default();
        headers.push("x-github-event", "issues");
        ReceiptBatch {
            id,
            origin: self.origin,
            delivery: Arc::new(
                Delivery::new(DeliveryParts {
                    provider: ProviderName::new("github"),
                    sources: self.sources.iter().map(|source| (*source).into()).collect(),
                    verified_by: self.sources.iter().map(|_| VerifiedBy::Previous).collect(),
                    headers,
                    body: self.body,
                    at: self.at,
                    keys,
                    own_windows: self.own_windows,
                })
                .unwrap(),
            ),
            parsed: match self.problem {
                Some(problem) => Some(Parsed::Unparsable(Unparsable(problem.to_owned()))),
                None => self.parsed.then(event),
            },
            verdicts,
            jobs,
            missing: self.missing,
            revision: crate::domain::Revision(3),
        }
    }
}
