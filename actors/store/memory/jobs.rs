//! Moving jobs.

use std::sync::Arc;

use super::state::{Job, State};
use crate::{
    domain::{Attempt, IdSource, JobId, Parsed, ReceiptId, RunId, Timestamp, WebhookContext},
    store::{
        AttemptOutcome, AttemptRow, Claim, Claimed, ClaimedJob, Finish, Fire, Fired, History, JobState,
        JobTrigger, NewJob, Rescue, Rescued, Retried,
        transitions::{after_attempt, after_loss},
    },
};

impl State {
    pub(super) fn claim(&mut self, claim: &Claim) -> Claimed {
        let mut due: Vec<_> = self
            .waiting(&claim.agent)
            .filter(|job| job.row.due_at <= claim.now)
            .map(|job| (job.row.due_at, job.row.id))
            .collect();
        due.sort_unstable();
        due.truncate(claim.places as usize);
        let jobs = due.into_iter().filter_map(|(_, id)| self.start(id, claim)).collect();
        let next_due = self.waiting(&claim.agent).map(|job| job.row.due_at).min();
        Claimed { jobs, next_due }
    }

    fn start(&mut self, id: JobId, claim: &Claim) -> Option<ClaimedJob> {
        let job = self.jobs.get_mut(&id)?;
        job.row.state = JobState::Executing;
        job.row.attempts += 1;
        job.lease_until = Some(claim.now.plus(claim.lease));
        let attempt = Attempt(job.row.attempts);
        job.attempts.push(AttemptRow { attempt, started_at: claim.now, finished_at: None, outcome: None });
        let receipt = job.row.receipt.and_then(|id| self.receipts.get(&id));
        Some(ClaimedJob {
            run: RunId { job: id, attempt },
            agent: job.row.agent.clone(),
            cause: job.row.cause.clone(),
            receipt: job.row.receipt,
            context: receipt.and_then(|receipt| context(receipt.stored.parsed.as_ref())),
            history: job.history,
            created_at: job.row.created_at,
        })
    }

    fn executing(&mut self, run: RunId) -> Option<&mut Job> {
        self.jobs
            .get_mut(&run.job)
            .filter(|job| job.row.state == JobState::Executing && job.row.attempts == run.attempt.0)
    }

    pub(super) fn renew(&mut self, run: RunId, until: Timestamp) -> bool {
        self.executing(run).map(|job| job.lease_until = Some(until)).is_some()
    }

    pub(super) fn finish(&mut self, finish: &Finish) -> bool {
        let Some(job) = self.executing(finish.run) else { return false };
        let moved = after_attempt(job.history, finish);
        if let Some(attempt) = job.attempts.last_mut() {
            attempt.finished_at = Some(finish.at);
            attempt.outcome = Some(finish.outcome.clone());
        }
        job.row.state = moved.state;
        job.row.reason = moved.reason;
        job.row.due_at = moved.due.unwrap_or(job.row.due_at);
        job.ended_at = moved.due.is_none().then_some(finish.at);
        job.lease_until = None;
        job.history = moved.history;
        true
    }

    pub(super) fn rescue(&mut self, rescue: &Rescue) -> Vec<Rescued> {
        let is_lost = |job: &&Job| {
            job.row.state == JobState::Executing
                && (rescue.all || job.lease_until.is_some_and(|until| until <= rescue.now))
        };
        let lost: Vec<_> = self
            .jobs
            .values()
            .filter(is_lost)
            .map(|job| {
                let run = RunId { job: job.row.id, attempt: Attempt(job.row.attempts) };
                (run, job.row.agent.clone(), job.history)
            })
            .collect();
        lost.into_iter()
            .map(|(run, agent, history)| {
                let disposition = after_loss(history, rescue);
                let outcome = AttemptOutcome::Interrupted;
                let ended = Finish { run, outcome, disposition, at: rescue.now };
                self.finish(&ended);
                Rescued { run, agent, state: after_attempt(history, &ended).state }
            })
            .collect()
    }

    pub(super) fn fire(&mut self, fire: &Fire, ids: &IdSource) -> Fired {
        let last = self.schedules.insert(fire.agent.clone(), fire.due);
        let waits = self.waiting(&fire.agent).any(|job| matches!(job.row.cause, JobTrigger::Schedule { .. }));
        // The same time twice is a change that was committed although its answer got lost.
        if waits || last == Some(fire.due) {
            return Fired::Coalesced;
        }
        let cause = JobTrigger::Schedule { due: fire.due };
        let job = NewJob { agent: fire.agent.clone(), cause, now: fire.now, due: fire.now };
        Fired::Created(self.enqueue(job, ids))
    }

    pub(super) fn enqueue(&mut self, job: NewJob, ids: &IdSource) -> JobId {
        let id = ids.job(job.now);
        self.jobs.insert(id, Job::new(id, job.agent, job.cause, job.now, job.due));
        id
    }

    pub(super) fn retry_job(&mut self, id: JobId, now: Timestamp) -> Retried {
        let Some(job) = self.jobs.get_mut(&id) else { return Retried::Unknown };
        if job.row.state == JobState::Executing || job.row.state.is_waiting() {
            return Retried::NotEnded(job.row.state);
        }
        job.row.state = JobState::Available;
        job.row.due_at = now;
        job.row.reason = None;
        job.ended_at = None;
        job.history = History::default();
        Retried::Yes { agent: job.row.agent.clone() }
    }

    pub(super) fn dismiss(&mut self, id: JobId, now: Timestamp) -> bool {
        let Some(job) = self.jobs.get_mut(&id) else { return false };
        if job.row.state != JobState::Discarded {
            return false;
        }
        let reason = job.row.reason.take();
        job.end(JobState::Cancelled, reason, now);
        true
    }

    /// The jobs that a receipt made, oldest first.
    pub(super) fn jobs_of(&self, receipt: ReceiptId) -> impl Iterator<Item = &Job> {
        self.jobs.values().filter(move |job| job.row.receipt == Some(receipt))
    }
}

fn context(parsed: Option<&Parsed>) -> Option<Arc<WebhookContext>> {
    match parsed {
        Some(Parsed::Context(context)) => Some(Arc::clone(context)),
        _ => None,
    }
}
