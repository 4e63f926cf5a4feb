//! Both engines under the same random changes.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use proptest::prelude::*;

use super::{
    LIFE, Sample, Subject, at,
    changes::{Change, change, group_of},
    claim_of, wait,
};
use crate::{
    domain::{AgentName, CommitResult, JobId, NewJob, OnConflict, Origin, ReceiptId, RunId, Unique},
    store::{
        AttemptOutcome, Backlog, Bulk, BulkAction, Cancelled, Disposition, Finish, Fired, Inserted, JobRow,
        JobState, Page, Prune, QuarantineReason, Reason, ReceiptQuery, Unrouted, UnroutedQuery,
    },
};

const AGENTS: [&str; 2] = ["dev", "ops"];
const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];
const SOURCES: [&[&str]; 3] = [&["hub"], &["fork"], &["hub", "fork"]];

/// One engine, with its ids replaced by their order, because two engines make different ones.
struct Side {
    store: Subject,
    receipts: Vec<ReceiptId>,
    jobs: Vec<JobId>,
    runs: Vec<RunId>,
}

impl Side {
    fn new(store: Subject) -> Self {
        Self { store, receipts: Vec::new(), jobs: Vec::new(), runs: Vec::new() }
    }

    /// The job's place among all jobs ever seen.
    fn nth(&mut self, id: JobId) -> usize {
        self.jobs.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.jobs.push(id);
            self.jobs.len() - 1
        })
    }

    fn committed(&self, committed: &CommitResult) -> String {
        let original = committed.duplicate_of.map(|id| self.receipts.iter().position(|known| *known == id));
        let created: Vec<_> = committed.created.iter().map(|job| (&job.agent, job.due)).collect();
        format!("{original:?} {created:?} {}", committed.skipped)
    }

    fn put(&mut self, sample: Sample) -> String {
        let (id, committed) = self.store.record(sample);
        self.receipts.push(id);
        self.committed(&committed)
    }

    /// Does it, and tells what came of it.
    fn apply(&mut self, change: &Change, now: i64) -> String {
        let agents = |mask: usize| -> Vec<&'static str> {
            AGENTS.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| *name).collect()
        };
        let engine = std::sync::Arc::clone(&self.store.engine);
        match *change {
            Change::ReceiptBatch { key, sources, agents: mask, parsed, missing, limit, group } => {
                let agents = if parsed { agents(mask) } else { Vec::new() };
                self.put(Sample {
                    sources: SOURCES[sources].to_vec(),
                    parsed,
                    missing: usize::from(missing),
                    queue_limit: limit,
                    group: group_of(group),
                    ..Sample::new(KEYS[key], now).wanted_by(&agents)
                })
            }
            Change::Replay { pick, agents: mask } => {
                let Some(of) = pick_of(&self.receipts, pick) else { return String::new() };
                let sample = Sample::new("a", now).wanted_by(&agents(mask));
                self.put(Sample { origin: Origin::Replay { of }, ..sample })
            }
            Change::Reroute { agents: mask, missing } => {
                let query = UnroutedQuery { before: at(now + 1), max_rows: 1, max_bytes: 0 };
                let open = wait(engine.unrouted(query));
                let Some(Unrouted::Receipt { id, delivery, .. }) = open.first() else { return String::new() };
                wait(engine.routing_taken(*id));
                let key = KEYS.iter().find(|key| **key == delivery.key()).unwrap();
                let sample = Sample {
                    at: delivery.at(),
                    missing: usize::from(missing),
                    ..Sample::new(key, 0).wanted_by(&agents(mask))
                };
                let committed = self.store.reroute(*id, sample);
                self.committed(&committed)
            }
            Change::Enqueue { agent, delay } => {
                self.store.enqueue(AGENTS[agent], now, now + delay);
                String::new()
            }
            Change::Fire { agent } => {
                let fired = engine.fire(self.store.fire(AGENTS[agent], now, now));
                matches!(wait(fired), Fired::Created(_)).to_string()
            }
            Change::Claim { agent, places } => {
                let claimed = wait(engine.claim(claim_of(AGENTS[agent], places, now)));
                let mut told = format!("{:?}", claimed.next_due);
                for job in claimed.jobs {
                    self.runs.push(job.run);
                    let nth = self.nth(job.run.job);
                    let others = job.stands_for;
                    let listed: Vec<_> = others.deliveries.iter().map(|other| self.nth(other.job)).collect();
                    let (attempt, history) = (job.run.attempt, job.history);
                    let _ = write!(told, " {nth} {attempt:?} {history:?} {} {listed:?}", others.count);
                }
                told
            }
            Change::Finish { pick, outcome, disposition } => {
                let Some(run) = pick_of(&self.runs, pick) else { return String::new() };
                let disposition = [
                    Disposition::Complete,
                    Disposition::Retry { at: at(now + 500) },
                    Disposition::PutBack { at: at(now) },
                    Disposition::Discard(Reason::NotRetried),
                ][disposition]
                    .clone();
                let finish = Finish::new(run, outcomes()[outcome].clone(), disposition, at(now));
                wait(engine.finish(finish, None)).ended.to_string()
            }
            Change::Renew { pick } => {
                let Some(run) = pick_of(&self.runs, pick) else { return String::new() };
                wait(engine.renew(vec![run], LIFE, at(now + 60_000))).is_empty().to_string()
            }
            Change::Rescue { all } => {
                let rescued =
                    if all { self.store.rescue_all(now, 3) } else { self.store.rescue_expired(now) };
                let gone: Vec<_> = rescued.iter().map(|gone| (self.nth(gone.run.job), gone.state)).collect();
                format!("{gone:?}")
            }
            Change::Revive { pick } => match pick_of(&self.jobs, pick) {
                Some(job) => format!("{:?}", wait(engine.retry(job, at(now)))),
                None => String::new(),
            },
            Change::Dismiss { pick } => match pick_of(&self.jobs, pick) {
                Some(job) => wait(engine.dismiss(job, at(now))).to_string(),
                None => String::new(),
            },
            Change::Unique { .. }
            | Change::Hold { .. }
            | Change::Cancel { .. }
            | Change::HandOver { .. }
            | Change::DiscardOf { .. }
            | Change::Bulk { .. }
            | Change::Quarantine => self.move_by_hand(change, now),
            Change::Prune { age } => {
                let retention = Duration::from_millis(age.unsigned_abs());
                let pruned =
                    wait(engine.prune(Prune { now: at(now), trusted: None, retention, limit: 1_000 }));
                format!("{} {} {}", pruned.receipts, pruned.runs.len(), pruned.more)
            }
        }
    }

    fn move_by_hand(&mut self, change: &Change, now: i64) -> String {
        let engine = std::sync::Arc::clone(&self.store.engine);
        let picked = |pick: usize| pick_of(&self.jobs, pick);
        match *change {
            Change::Unique { agent, on_conflict, priority, limit } => {
                let on_conflict = [OnConflict::Keep, OnConflict::Replace, OnConflict::Supersede][on_conflict];
                let unique = Some(Unique::Text("the one".to_owned()));
                let job = NewJob { unique, priority, on_conflict, ..self.store.manual(AGENTS[agent], now) };
                match wait(engine.insert(vec![NewJob { limit: Some(limit), ..job }])).remove(0) {
                    Inserted::Created { due, .. } => format!("created {due}"),
                    Inserted::Exists { replaced, .. } => format!("exists {replaced}"),
                    Inserted::Full { .. } => "full".to_owned(),
                    other @ (Inserted::Merged { .. } | Inserted::Suppressed { .. }) => {
                        unreachable!("it has no key: {other:?}")
                    }
                }
            }
            Change::Hold { pick, let_go } => {
                let by = (!let_go).then(|| "a gate".to_owned());
                wait(engine.hold(picked(pick).into_iter().collect(), by)).to_string()
            }
            Change::Cancel { pick } => match picked(pick).map(|job| wait(engine.cancel(job, at(now)))) {
                Some(Cancelled::Executing(run)) => format!("executing {:?}", run.attempt),
                cancelled => format!("{cancelled:?}"),
            },
            Change::HandOver { from } => {
                wait(engine.hand_over(AGENTS[from].into(), AGENTS[1 - from].into(), 2)).to_string()
            }
            Change::DiscardOf { agent } => {
                let discarded = engine.discard_of(AGENTS[agent].into(), Reason::AgentRemoved, at(now), 2);
                wait(discarded).to_string()
            }
            Change::Bulk { retry } => {
                let action = if retry { BulkAction::Retry } else { BulkAction::Dismiss };
                let done =
                    wait(engine.bulk(Bulk { agent: None, action, now: at(now), limit: 2, before: None }));
                format!("{} {}", done.jobs.len(), done.next.is_some())
            }
            Change::Quarantine => {
                let query = UnroutedQuery { before: at(now + 1), max_rows: 1, max_bytes: 0 };
                let open = wait(engine.unrouted(query));
                let reason = QuarantineReason::RoutedTooOften { routings: 5 };
                open.first().is_some_and(|receipt| wait(engine.quarantine(receipt.id(), reason))).to_string()
            }
            _ => unreachable!("the others are applied above"),
        }
    }

    /// Everything that can be asked, without ids.
    fn seen(&mut self) -> String {
        let mut rows = self.store.jobs();
        rows.reverse();
        let backlog = wait(self.store.engine.backlog());
        assert_eq!(sorted(backlog), counted(&rows), "the counts drifted from the jobs");
        let mut told = String::new();
        for row in rows {
            self.nth(row.id);
            let of = row.receipt.and_then(|id| self.receipts.iter().position(|known| *known == id));
            let stand_in = row.stand_in.map(|stand_in| self.nth(stand_in));
            let JobRow { agent, state, reason, trigger, attempts, created_at, due_at, key, .. } = row;
            let _ = writeln!(
                told,
                "{agent} {state} {reason:?} {trigger:?} {attempts} {created_at} {due_at} {key:?} {stand_in:?} {of:?}"
            );
        }
        for agent in AGENTS {
            let superseded = wait(self.store.engine.superseded(agent.into()));
            let superseded: Vec<_> = superseded.into_iter().map(|run| self.nth(run.job)).collect();
            let _ = writeln!(told, "{agent} {superseded:?}");
        }
        let query = ReceiptQuery { page: Page { limit: 1_000, before: None }, ..ReceiptQuery::default() };
        for row in wait(self.store.engine.receipts(query)) {
            let receipt = wait(self.store.engine.receipt(row.id)).unwrap();
            let jobs = receipt.jobs.len();
            let _ = writeln!(
                told,
                "{} {:?} {} {} {:?} {jobs}",
                row.at,
                row.state,
                row.matched,
                receipt.delivery.key(),
                receipt.delivery.body()
            );
        }
        let mut oldest = wait(self.store.engine.oldest_due());
        oldest.sort();
        told + &format!("{oldest:?} {:?}", wait(self.store.engine.cursors()))
    }
}

fn outcomes() -> [AttemptOutcome; 7] {
    [
        AttemptOutcome::Completed,
        AttemptOutcome::Failed { code: 1 },
        AttemptOutcome::Killed { signal: 9 },
        AttemptOutcome::TimedOut,
        AttemptOutcome::Snooze,
        AttemptOutcome::Interrupted,
        AttemptOutcome::NotStarted { error: "gone".to_owned() },
    ]
}

fn pick_of<T: Copy>(items: &[T], pick: usize) -> Option<T> {
    items.get(pick.checked_rem(items.len())?).copied()
}

fn sorted(backlog: Vec<Backlog>) -> BTreeMap<(AgentName, JobState), u64> {
    backlog.into_iter().map(|entry| ((entry.agent, entry.state), entry.jobs)).collect()
}

fn counted(rows: &[JobRow]) -> BTreeMap<(AgentName, JobState), u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry((row.agent.clone(), row.state)).or_default() += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_does_what_the_memory_engine_does(
        changes in prop::collection::vec((change(), 0..2_000_000_i64), 1..60)
    ) {
        let mut memory = Side::new(Subject::memory());
        let mut sqlite = Side::new(Subject::sqlite());
        let mut now = 0;
        for (change, pause) in changes {
            now += pause / if pause % 3 == 0 { 1 } else { 1_000 };
            let expected = memory.apply(&change, now);
            prop_assert_eq!(sqlite.apply(&change, now), expected, "{:?}", change);
            prop_assert_eq!(sqlite.seen(), memory.seen(), "after {:?}", change);
        }
    }
}
