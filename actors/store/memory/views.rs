//! What is asked.

use std::{cmp::Reverse, collections::BTreeMap};

use super::state::{Job, Receipt, State};
use crate::{
    domain::{
        AgentName, AnyId, JobId, JobState, JobTrigger, Origin, Parsed, Reason, ReceiptId, RunId, SourceName,
        Timestamp, fact,
    },
    store::{
        Backlog, CountOf, DeliveryOutcome, Found, JobDetail, JobQuery, JobRow, Page, ReceiptQuery,
        ReceiptRow, RunCursor, RunQuery, RunRow, ScheduleCursor, Span, StoredReceipt,
    },
};

impl Page {
    fn has(&self, id: i64) -> bool {
        self.before.is_none_or(|before| id < before)
    }
}

impl Span {
    pub(super) fn has(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// Whether a filter lets a value pass.
fn passes<T: PartialEq + ?Sized>(filter: Option<&T>, value: Option<&T>) -> bool {
    filter.is_none() || filter == value
}

/// The source of the delivery that caused a job.
const fn source_of(row: &JobRow) -> Option<&SourceName> {
    match &row.trigger {
        JobTrigger::Webhook { source, .. } => Some(source),
        _ => None,
    }
}

impl State {
    pub(super) fn receipt(&self, id: ReceiptId) -> Option<StoredReceipt> {
        let mut stored = self.receipts.get(&id)?.stored.clone();
        stored.jobs = self.jobs_of(id).map(|job| job.row.clone()).collect();
        Some(stored)
    }

    fn receipts_of<'a>(&'a self, query: &'a ReceiptQuery) -> impl Iterator<Item = ReceiptRow> + 'a {
        self.receipts
            .values()
            .rev()
            .filter(|receipt| {
                let delivery = &receipt.stored.delivery;
                let named = |id: &String| delivery.key() == id || delivery.key().ends_with(&format!(":{id}"));
                query.source.as_ref().is_none_or(|source| delivery.sources().contains(source))
                    && query.span.has(delivery.at())
                    && query.delivery.as_ref().is_none_or(named)
            })
            .map(Receipt::row)
            .filter(|row| {
                passes(query.state.as_ref(), Some(&row.state))
                    && passes(query.outcome.as_ref(), Some(&DeliveryOutcome::of(row)))
                    && passes(query.event.as_ref(), row.event.as_ref())
                    && passes(query.repo.as_ref(), row.repo.as_ref())
                    && query.text.as_ref().is_none_or(|text| self.says(row.id, text))
                    && query
                        .agent
                        .as_ref()
                        .is_none_or(|agent| self.jobs_of(row.id).any(|job| job.row.agent == *agent))
            })
    }

    fn says(&self, id: ReceiptId, text: &str) -> bool {
        let context = match self.receipts.get(&id).and_then(|receipt| receipt.stored.parsed.as_ref()) {
            Some(Parsed::Event(event)) => serde_json::to_string(event).unwrap_or_default(),
            _ => return false,
        };
        let quoted = serde_json::Value::from(text).to_string();
        context.to_ascii_lowercase().contains(&quoted[1..quoted.len() - 1].to_ascii_lowercase())
    }

    pub(super) fn list_receipts(&self, query: &ReceiptQuery) -> Vec<ReceiptRow> {
        let rows = self.receipts_of(query).filter(|row| query.page.has(row.id.get()));
        rows.take(query.page.limit as usize).collect()
    }

    pub(super) fn job(&self, id: JobId) -> Option<JobDetail> {
        let job = self.jobs.get(&id)?;
        Some(JobDetail { job: job.row.clone(), attempts: job.attempts.clone() })
    }

    pub(super) fn find(&self, id: AnyId) -> Option<Found> {
        let raw = match id {
            AnyId::Run(run) => return self.job(run.job).map(|found| Found::Job(Box::new(found))),
            AnyId::ReceiptOrJob(raw) => raw,
        };
        let receipt = self.receipt(ReceiptId::from_raw(raw)).map(|receipt| Found::Receipt(Box::new(receipt)));
        receipt.or_else(|| self.job(JobId::from_raw(raw)).map(|found| Found::Job(Box::new(found))))
    }

    pub(super) fn jobs_by<'a>(&'a self, query: &'a JobQuery) -> impl Iterator<Item = &'a JobRow> {
        self.jobs.values().rev().map(|job| &job.row).filter(|row| {
            let receipt = row.receipt.and_then(|id| self.receipts.get(&id)).map(Receipt::row);
            let event = receipt.as_ref().and_then(|receipt| receipt.event.as_ref());
            let repo = receipt.as_ref().and_then(|receipt| receipt.repo.as_ref());
            passes(query.state.as_ref(), Some(&row.state))
                && passes(query.agent.as_ref(), Some(&row.agent))
                && passes(query.reason.as_deref(), row.reason.as_ref().map(Reason::as_str))
                && passes(query.source.as_ref(), source_of(row))
                && passes(query.receipt.as_ref(), row.receipt.as_ref())
                && passes(query.event.as_ref(), event)
                && passes(query.repo.as_ref(), repo)
                && query.span.has(row.created_at)
        })
    }

    pub(super) fn list_jobs(&self, query: &JobQuery) -> Vec<JobRow> {
        let rows = self.jobs_by(query).filter(|row| query.page.has(row.id.get()));
        rows.take(query.page.limit as usize).cloned().collect()
    }

    pub(super) fn runs_by(&self, query: &RunQuery) -> Vec<RunRow> {
        let mut runs: Vec<_> = self
            .jobs
            .values()
            .filter(|job| passes(query.agent.as_ref(), Some(&job.row.agent)))
            .filter(|job| passes(query.receipt.as_ref(), job.row.receipt.as_ref()))
            .filter(|job| passes(query.source.as_ref(), source_of(&job.row)))
            .flat_map(Job::runs)
            .filter(|run| {
                let outcome = run.attempt.outcome.as_ref().map(|outcome| outcome.as_str().to_owned());
                let executing = run.attempt.finished_at.is_none();
                passes(query.outcome.as_ref(), outcome.as_ref())
                    && query.executing.is_none_or(|wanted| wanted == executing)
                    && query.span.has(run.attempt.started_at)
            })
            .collect();
        runs.sort_by_key(|run| Reverse(place(&RunCursor::from(run))));
        runs
    }

    pub(super) fn list_runs(&self, query: &RunQuery) -> Vec<RunRow> {
        let mut runs = self.runs_by(query);
        if let Some(after) = &query.after {
            runs.retain(|run| place(&RunCursor::from(run)) < place(after));
        }
        runs.truncate(query.limit as usize);
        runs
    }

    pub(super) fn count(&self, of: &CountOf, cap: u32) -> u32 {
        let count = match of {
            CountOf::Receipts(query) => {
                self.receipts_of(query).filter(|row| query.page.has(row.id.get())).count()
            }
            CountOf::Revisions(query) => self.revisions.of(*query).count(),
            CountOf::Changes(query) => self.changes_by(query).count(),
            CountOf::Jobs(query) => self.jobs_by(query).filter(|row| query.page.has(row.id.get())).count(),
            CountOf::Runs(query) => self.list_runs(&RunQuery { limit: u32::MAX, ..query.clone() }).len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX).min(cap)
    }

    pub(super) fn cursors(&self) -> Vec<ScheduleCursor> {
        let cursors = self.cursors.iter();
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
        let mut first: BTreeMap<(AgentName, bool), (i8, Timestamp)> = BTreeMap::new();
        let waiting = self.jobs.values().filter(|job| job.row.state.is_waiting());
        for job in waiting.filter(|job| job.row.state != JobState::Held && self.comes_first(job)) {
            let is_available = job.row.state == JobState::Available;
            let priority = if is_available { -job.priority } else { 0 };
            let place = (priority, job.row.due_at);
            let known = first.entry((job.row.agent.clone(), is_available)).or_insert(place);
            *known = (*known).min(place);
        }
        let mut oldest: BTreeMap<AgentName, Timestamp> = BTreeMap::new();
        for ((agent, _), (_, due)) in first {
            let known = oldest.entry(agent).or_insert(due);
            *known = (*known).min(due);
        }
        oldest.into_iter().collect()
    }
}

fn place(cursor: &RunCursor) -> (bool, Timestamp, RunId) {
    (cursor.executing, cursor.started_at, cursor.run)
}

impl Receipt {
    pub(super) fn row(&self) -> ReceiptRow {
        let stored = &self.stored;
        let said = match &stored.parsed {
            Some(Parsed::Event(event)) => Some(event),
            _ => None,
        };
        ReceiptRow {
            id: stored.id,
            at: stored.delivery.at(),
            provider: stored.delivery.provider(),
            event: said.map(|said| said.header.event.clone()),
            action: said.and_then(|said| said.header.action.clone()),
            repo: said.and_then(|said| said.facts.text(fact::REPO).map(str::to_owned)),
            title: said.and_then(|said| said.facts.text(fact::TITLE).map(str::to_owned)),
            sources: stored.delivery.sources().to_vec(),
            state: stored.state,
            matched: self.matched,
            duplicate_of: stored.duplicate_of,
            replay_of: match stored.origin {
                Origin::Replay { of } => Some(of),
                Origin::Request | Origin::Reroute => None,
            },
            quarantine: stored.quarantine.clone(),
        }
    }
}

impl Job {
    fn runs(&self) -> impl Iterator<Item = RunRow> {
        self.attempts.iter().map(|attempt| RunRow {
            run: RunId { job: self.row.id, attempt: attempt.attempt },
            agent: self.row.agent.clone(),
            trigger: self.row.trigger.clone(),
            receipt: self.row.receipt,
            attempt: attempt.clone(),
        })
    }
}
