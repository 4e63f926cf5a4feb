//! Deleting what is older than it needs to be kept.

use super::state::State;
use crate::{
    domain::{ReceiptId, RunId, Timestamp},
    store::{Prune, Pruned, ReceiptState, rules::trusted_now},
};

impl State {
    pub(super) fn prune(&mut self, prune: &Prune) -> Pruned {
        let newest = self.newest();
        let now = trusted_now(prune.now, newest, prune.trusted);
        let before = now.minus(prune.retention);
        self.revisions.prune(before);
        let limit = prune.limit as usize;
        let (jobs, runs) = self.prune_jobs(before, now, limit);
        let mut receipts = 0;
        for _ in 0..2 {
            // Duplicates go first, and then the originals whose bodies they shared.
            receipts += self.prune_receipts(before, limit - receipts);
        }
        let expired: Vec<_> = self
            .keys
            .iter()
            .filter(|(_, owner)| owner.until < now)
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect();
        for key in &expired {
            self.keys.remove(key);
        }
        let old: Vec<_> = self
            .changes
            .values()
            .filter(|change| change.at < before)
            .map(|change| change.id)
            .take(limit)
            .collect();
        for id in &old {
            self.changes.remove(id);
        }
        let more = [jobs, receipts, expired.len(), old.len()].contains(&limit);
        Pruned { receipts: receipts as u64, runs, more, newest }
    }

    fn newest(&self) -> Option<Timestamp> {
        let receipt = self.receipts.values().next_back().map(|receipt| receipt.stored.delivery.at());
        let job = self.jobs.values().next_back().map(|job| job.row.created_at);
        let end = self.jobs.values().filter_map(|job| job.ended_at).max();
        receipt.into_iter().chain(job).chain(end).max()
    }

    fn prune_jobs(&mut self, before: Timestamp, now: Timestamp, limit: usize) -> (usize, Vec<RunId>) {
        let mut ended: Vec<_> = self
            .jobs
            .values()
            .filter(|job| job.keep_until.is_none_or(|until| until < now))
            .filter_map(|job| job.ended_at.filter(|at| *at < before).map(|at| (at, job.row.id)))
            .collect();
        ended.sort_unstable();
        ended.truncate(limit);
        let mut runs = Vec::new();
        for (_, id) in &ended {
            if let Some(job) = self.jobs.remove(id) {
                runs.extend(job.attempts.iter().map(|row| RunId { job: *id, attempt: row.attempt }));
            }
        }
        (ended.len(), runs)
    }

    fn prune_receipts(&mut self, before: Timestamp, limit: usize) -> usize {
        let mut old: Vec<(Timestamp, ReceiptId)> = self
            .receipts
            .values()
            .filter(|receipt| {
                let stored = &receipt.stored;
                !matches!(stored.state, ReceiptState::Unrouted | ReceiptState::Gapped)
                    && stored.delivery.at() < before
                    && self.jobs_of(stored.id).next().is_none()
                    && !self.lends_body(stored.id)
            })
            .map(|receipt| (receipt.stored.delivery.at(), receipt.stored.id))
            .collect();
        old.sort_unstable();
        old.truncate(limit);
        for (_, id) in &old {
            self.receipts.remove(id);
        }
        old.len()
    }

    fn lends_body(&self, id: ReceiptId) -> bool {
        self.receipts.values().any(|later| later.shares_body && later.stored.duplicate_of == Some(id))
    }
}
