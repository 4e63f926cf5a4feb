//! Receipts, their dedupe marks and their jobs.

use std::{convert::Infallible, time::Duration};

use super::state::{Job, Receipt, State};
use crate::{
    domain::{CommitResult, Created, IdSource, Match, Origin, ReceiptBatch, ReceiptId, Timestamp, Verdict},
    store::{
        JobState, JobTrigger, Reason, ReceiptState, StoredReceipt,
        keys::{self, Owner},
    },
};

impl State {
    pub(super) fn record(&mut self, record: ReceiptBatch, ids: &IdSource, window: Duration) -> CommitResult {
        match record.origin {
            Origin::Request => {
                let duplicate_of = self.mark(&record, window);
                let owner = duplicate_of.map_or(Owner::ThisReceipt, Owner::OfMark);
                self.insert(record, ids, owner, duplicate_of)
            }
            Origin::Replay { .. } => self.insert(record, ids, Owner::Replay, None),
            Origin::Reroute => self.fill_in(record, ids),
        }
    }

    fn insert(
        &mut self,
        record: ReceiptBatch,
        ids: &IdSource,
        owner: Owner,
        duplicate_of: Option<ReceiptId>,
    ) -> CommitResult {
        let state = ReceiptState::of(&record);
        let mut committed = self.create_jobs(&record, owner, ids);
        committed.duplicate_of = duplicate_of;
        let original = duplicate_of.and_then(|id| self.receipts.get(&id));
        let same_body = |original: &Receipt| {
            !original.shares_body && original.stored.delivery.body == record.delivery.body
        };
        let shares_body =
            committed.created.is_empty() && state == ReceiptState::Routed && original.is_some_and(same_body);
        let stored = StoredReceipt {
            id: record.id,
            delivery: record.delivery.as_ref().clone(),
            origin: record.origin,
            state,
            parsed: record.parsed,
            verdicts: record.verdicts,
            duplicate_of,
            jobs: Vec::new(),
        };
        let matched = count(&committed);
        self.receipts.insert(stored.id, Receipt { stored, routings: 0, matched, shares_body });
        committed
    }

    fn fill_in(&mut self, record: ReceiptBatch, ids: &IdSource) -> CommitResult {
        let known = self.receipts.get(&record.id).map(|known| &known.stored);
        // Pruned meanwhile, or closed once more without having been parsed: nothing to add.
        let (Some(known), true) = (known, record.parsed.is_some()) else { return CommitResult::default() };
        let owner = match known.origin {
            Origin::Replay { .. } => Owner::Replay,
            Origin::Request | Origin::Reroute => Owner::OfMark(known.duplicate_of.unwrap_or(record.id)),
        };
        let committed = self.create_jobs(&record, owner, ids);
        if let Some(receipt) = self.receipts.get_mut(&record.id) {
            receipt.matched += count(&committed);
            receipt.stored.state = ReceiptState::of(&record);
            receipt.stored.parsed = record.parsed;
            receipt.stored.verdicts = record.verdicts;
        }
        committed
    }

    /// Takes the delivery's marks for this receipt, or finds who has them.
    fn mark(&mut self, record: &ReceiptBatch, window: Duration) -> Option<ReceiptId> {
        let delivery = &record.delivery;
        let mut first = None;
        for source in &delivery.sources {
            let key = (source.clone(), delivery.key.clone());
            match self.cursors.get(&key) {
                Some((receipt, at)) if *at >= delivery.at.minus(window) => first = first.or(Some(*receipt)),
                _ => {
                    self.cursors.insert(key, (record.id, delivery.at));
                }
            }
        }
        first
    }

    fn create_jobs(&mut self, record: &ReceiptBatch, owner: Owner, ids: &IdSource) -> CommitResult {
        let mut committed = CommitResult::default();
        for verdict in &record.verdicts {
            let Verdict::Matched(matched) = verdict else { continue };
            match self.create(record, matched, owner, ids) {
                Some(created) => committed.created.push(created),
                None => committed.skipped += 1,
            }
        }
        committed
    }

    fn create(
        &mut self,
        record: &ReceiptBatch,
        matched: &Match,
        owner: Owner,
        ids: &IdSource,
    ) -> Option<Created> {
        let Match { agent, trigger, source, queue_limit } = matched;
        let now = record.delivery.at;
        let mark = (source.clone(), record.delivery.key.clone());
        let marked = || Ok::<_, Infallible>(self.cursors.get(&mark).map(|(owner, _)| *owner));
        let Ok(key) = keys::job(record.id, source, owner, marked);
        if self.jobs.values().any(|job| job.row.agent == *agent && job.key.as_ref() == Some(&key)) {
            return None;
        }
        let is_full = self.waiting(agent).count() >= *queue_limit as usize;
        let cause = JobTrigger::Webhook { source: source.clone(), trigger: *trigger };
        let mut job = Job::new(ids.job(now), agent.clone(), cause, now, now);
        job.row.receipt = Some(record.id);
        if is_full {
            job.end(JobState::Discarded, Some(Reason::QueueFull { limit: *queue_limit }), now);
        } else {
            job.key = Some(key);
        }
        let created = Created { agent: agent.clone(), job: job.row.id, due: now };
        self.jobs.insert(job.row.id, job);
        (!is_full).then_some(created)
    }

    pub(super) fn unrouted(
        &mut self,
        before: Timestamp,
        max_routings: u32,
        limit: u32,
    ) -> Vec<StoredReceipt> {
        let open = self.receipts.values_mut().filter(|receipt| {
            matches!(receipt.stored.state, ReceiptState::Unrouted | ReceiptState::Gapped)
                && receipt.stored.delivery.at < before
                && receipt.routings < max_routings
        });
        open.take(limit as usize)
            .map(|receipt| {
                receipt.routings += 1;
                readable(&receipt.stored)
            })
            .collect()
    }
}

fn count(committed: &CommitResult) -> u32 {
    u32::try_from(committed.created.len()).unwrap_or(u32::MAX)
}

/// A receipt as it is read back: a match's queue limit is not stored.
pub(super) fn readable(stored: &StoredReceipt) -> StoredReceipt {
    let mut stored = stored.clone();
    for verdict in &mut stored.verdicts {
        if let Verdict::Matched(matched) = verdict {
            matched.queue_limit = 0;
        }
    }
    stored
}
