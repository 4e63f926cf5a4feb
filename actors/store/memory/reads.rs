//! What is asked.

use std::collections::BTreeMap;

use super::{
    receipts::readable,
    state::{Job, Receipt, State},
};
use crate::{
    domain::{AgentName, JobId, Origin, ReceiptId, RunId, Timestamp},
    store::{
        Backlog, JobDetail, JobQuery, JobRow, JobState, Page, ReceiptQuery, ReceiptRow, RunQuery, RunRow,
        ScheduleCursor, StoredReceipt,
    },
};

impl Page {
    fn has(&self, id: i64) -> bool {
        self.before.is_none_or(|before| id < before)
    }
}

impl State {
    pub(super) fn receipt(&self, id: ReceiptId) -> Option<StoredReceipt> {
        let mut stored = readable(&self.receipts.get(&id)?.stored);
        stored.jobs = self.jobs_of(id).map(|job| job.row.clone()).collect();
        Some(stored)
    }

    pub(super) fn list_receipts(&self, query: &ReceiptQuery) -> Vec<ReceiptRow> {
        self.receipts
            .values()
            .rev()
            .filter(|receipt| query.page.has(receipt.stored.id.get()))
            .filter(|receipt| query.state.is_none_or(|state| state == receipt.stored.state))
            .filter(|receipt| {
                query.source.as_ref().is_none_or(|source| receipt.stored.delivery.sources.contains(source))
            })
            .take(query.page.limit as usize)
            .map(Receipt::row)
            .collect()
    }

    pub(super) fn job(&self, id: JobId) -> Option<JobDetail> {
        let job = self.jobs.get(&id)?;
        Some(JobDetail { job: job.row.clone(), attempts: job.attempts.clone() })
    }

    pub(super) fn list_jobs(&self, query: &JobQuery) -> Vec<JobRow> {
        self.jobs
            .values()
            .rev()
            .filter(|job| query.page.has(job.row.id.get()))
            .filter(|job| query.state.is_none_or(|state| state == job.row.state))
            .filter(|job| query.agent.as_ref().is_none_or(|agent| *agent == job.row.agent))
            .take(query.page.limit as usize)
            .map(|job| job.row.clone())
            .collect()
    }

    pub(super) fn list_runs(&self, query: &RunQuery) -> Vec<RunRow> {
        self.jobs
            .values()
            .rev()
            .filter(|job| query.page.has(job.row.id.get()))
            .filter(|job| query.agent.as_ref().is_none_or(|agent| *agent == job.row.agent))
            .filter(|job| query.receipt.is_none_or(|receipt| Some(receipt) == job.row.receipt))
            .flat_map(Job::runs)
            .take(query.page.limit as usize)
            .collect()
    }

    pub(super) fn cursors(&self) -> Vec<ScheduleCursor> {
        let cursors = self.schedules.iter();
        cursors
            .map(|(agent, last_fired)| ScheduleCursor { agent: agent.clone(), last_fired: *last_fired })
            .collect()
    }

    pub(super) fn backlog(&self) -> Vec<Backlog> {
        let mut counts: BTreeMap<(AgentName, JobState), u64> = BTreeMap::new();
        for job in self.jobs.values() {
            *counts.entry((job.row.agent.clone(), job.row.state)).or_default() += 1;
        }
        counts.into_iter().map(|((agent, state), jobs)| Backlog { agent, state, jobs }).collect()
    }

    pub(super) fn oldest_due(&self) -> Vec<(AgentName, Timestamp)> {
        let mut oldest: BTreeMap<AgentName, Timestamp> = BTreeMap::new();
        for job in self.jobs.values().filter(|job| job.row.state.is_waiting()) {
            let due = oldest.entry(job.row.agent.clone()).or_insert(job.row.due_at);
            *due = (*due).min(job.row.due_at);
        }
        oldest.into_iter().collect()
    }
}

impl Receipt {
    fn row(&self) -> ReceiptRow {
        let stored = readable(&self.stored);
        let context = match &stored.parsed {
            Some(crate::domain::Parsed::Context(context)) => Some(context),
            _ => None,
        };
        ReceiptRow {
            id: stored.id,
            at: stored.delivery.at,
            provider: stored.delivery.provider,
            event: context.map(|context| context.event.clone()),
            action: context.and_then(|context| context.action.clone()),
            repo: context.and_then(|context| context.repo.clone()),
            sources: stored.delivery.sources,
            state: stored.state,
            matched: self.matched,
            duplicate_of: stored.duplicate_of,
            replay_of: match stored.origin {
                Origin::Replay { of } => Some(of),
                Origin::Request | Origin::Reroute => None,
            },
        }
    }
}

impl Job {
    /// Its attempts, newest first.
    fn runs(&self) -> impl Iterator<Item = RunRow> {
        self.attempts.iter().rev().map(|attempt| RunRow {
            run: RunId { job: self.row.id, attempt: attempt.attempt },
            agent: self.row.agent.clone(),
            cause: self.row.cause.clone(),
            receipt: self.row.receipt,
            attempt: attempt.clone(),
        })
    }
}
