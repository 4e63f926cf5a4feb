//! Deleting what is older than it needs to be kept.

use super::state::State;
use crate::{
    domain::{ReceiptId, RunId, Timestamp},
    store::Pruned,
};

impl State {
    pub(super) fn prune(&mut self, before: Timestamp, marks_before: Timestamp, limit: u32) -> Pruned {
        let limit = limit as usize;
        let (jobs, runs) = self.prune_jobs(before, limit);
        let mut receipts = 0;
        for _ in 0..2 {
            // Duplicates go first, and then the originals whose bodies they shared.
            receipts += self.prune_receipts(before, limit - receipts);
        }
        let old_marks: Vec<_> = self
            .cursors
            .iter()
            .filter(|(_, (_, at))| *at < marks_before)
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect();
        for key in &old_marks {
            self.cursors.remove(key);
        }
        Pruned { receipts: receipts as u64, runs, more: [jobs, receipts, old_marks.len()].contains(&limit) }
    }

    fn prune_jobs(&mut self, before: Timestamp, limit: usize) -> (usize, Vec<RunId>) {
        let mut ended: Vec<_> = self
            .jobs
            .values()
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
        let old: Vec<ReceiptId> = self
            .receipts
            .values()
            .filter(|receipt| {
                let id = receipt.stored.id;
                id.made_at() < before
                    && receipt.stored.delivery.at < before
                    && self.jobs_of(id).next().is_none()
                    && !self.lends_body(id)
            })
            .map(|receipt| receipt.stored.id)
            .take(limit)
            .collect();
        for id in &old {
            self.receipts.remove(id);
        }
        old.len()
    }

    fn lends_body(&self, id: ReceiptId) -> bool {
        self.receipts.values().any(|later| later.shares_body && later.stored.duplicate_of == Some(id))
    }
}
