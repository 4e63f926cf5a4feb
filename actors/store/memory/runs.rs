//! Attempts: claimed, renewed, ended, rescued.

use std::cmp::Reverse;

use super::state::{Job, Receipt, State};
use crate::{
    domain::{
        AgentName, Attempt, AttemptOutcome, JobId, JobState, NodeLife, Parsed, Reason, ReceiptId, RunId,
        StandsFor, StoodFor, Timestamp,
    },
    store::{
        AttemptRow, Claim, Claimed, ClaimedDelivery, ClaimedJob, ClockBack, Finish, Finished, Rescue,
        RescueScope, Rescued,
        rules::{after_attempt, after_loss},
    },
};

impl State {
    pub(super) fn claim(&mut self, claim: &Claim) -> Claimed {
        let places = claim.places as usize;
        let order = |job: &Job| (Reverse(job.priority), job.row.due_at, job.row.id);
        let mut next: Vec<_> = self.available(claim).map(order).collect();
        next.sort_unstable();
        next.truncate(places);
        let mut later: Vec<_> =
            self.later(claim).filter(|job| job.row.due_at <= claim.now).map(order).collect();
        later.sort_unstable_by_key(|(_, due, id)| (*due, *id));
        later.truncate(places);
        next.extend(later);
        next.sort_unstable();
        next.truncate(places);
        let jobs = next.into_iter().filter_map(|(_, _, id)| self.start(id, claim)).collect();
        let available = self.available(claim).map(order).min().map(|(_, due, _)| due.min(claim.now));
        let later = self.later(claim).map(|job| job.row.due_at).min();
        Claimed { jobs, next_due: available.into_iter().chain(later).min(), unreadable: Vec::new() }
    }

    fn available<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = &'a Job> {
        self.claimable(claim).filter(|job| job.row.state == JobState::Available)
    }

    fn later<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = &'a Job> {
        self.claimable(claim).filter(|job| matches!(job.row.state, JobState::Scheduled | JobState::Retryable))
    }

    fn claimable<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = &'a Job> {
        self.waiting_of(&claim.agent)
            .filter(|job| job.row.key.as_ref().is_none_or(|group| !claim.except.contains(group)))
            .filter(|job| self.comes_first(job))
    }

    /// Whether it is the oldest of its key that waits, and none of them executes.
    pub(super) fn comes_first(&self, job: &Job) -> bool {
        let Some(key) = &job.row.key else { return true };
        self.of_agent(&job.row.agent).filter(|other| other.row.key.as_ref() == Some(key)).all(|other| {
            match other.row.state {
                JobState::Executing => false,
                JobState::Available | JobState::Scheduled | JobState::Retryable => other.row.id >= job.row.id,
                JobState::Held | JobState::Completed | JobState::Discarded | JobState::Cancelled => true,
            }
        })
    }

    pub(super) fn superseded(&self, agent: &AgentName) -> Vec<RunId> {
        let executing = self.of_agent(agent).filter(|job| job.row.state == JobState::Executing);
        let superseded = executing.filter(|job| job.row.stand_in.is_some());
        superseded.map(|job| RunId { job: job.row.id, attempt: Attempt(job.row.attempts) }).collect()
    }

    fn stands_for(&self, id: JobId) -> StandsFor {
        let merged = self
            .jobs
            .values()
            .filter(|job| job.row.stand_in == Some(id) && job.row.reason == Some(Reason::Superseded));
        let mut deliveries: Vec<_> = merged
            .map(|job| {
                let row = job.row.receipt.and_then(|receipt| self.receipts.get(&receipt)).map(Receipt::row);
                StoodFor {
                    job: job.row.id,
                    receipt: job.row.receipt,
                    at: row.as_ref().map_or(job.row.created_at, |row| row.at),
                    action: row.as_ref().and_then(|row| row.action.clone()),
                    event: row.and_then(|row| row.event),
                }
            })
            .collect();
        deliveries.sort_unstable_by_key(|delivery| (delivery.at, delivery.job));
        let count = deliveries.len();
        let deliveries = deliveries.split_off(count.saturating_sub(StandsFor::LISTED));
        StandsFor { count: count as u64, deliveries }
    }

    fn start(&mut self, id: JobId, claim: &Claim) -> Option<ClaimedJob> {
        let stands_for = self.stands_for(id);
        let job = self.jobs.get_mut(&id)?;
        job.row.state = JobState::Executing;
        job.row.attempts += 1;
        job.lease = Some((claim.now.plus(claim.lease), claim.by));
        let attempt = Attempt(job.row.attempts);
        job.attempts.push(AttemptRow::begun(attempt, claim.now));
        Some(ClaimedJob {
            run: RunId { job: id, attempt },
            agent: job.row.agent.clone(),
            trigger: job.row.trigger.clone(),
            receipt: job.row.receipt,
            input: job.input.clone(),
            group_key: job.row.key.clone(),
            stands_for,
            trace: job.trace,
            history: job.history,
            created_at: job.row.created_at,
            delivered: job.row.receipt.and_then(|receipt| self.delivered(receipt)),
        })
    }

    fn delivered(&self, receipt: ReceiptId) -> Option<ClaimedDelivery> {
        let stored = &self.receipts.get(&receipt)?.stored;
        let context = match &stored.parsed {
            Some(Parsed::Event(event)) => serde_json::to_vec(event).ok(),
            _ => None,
        };
        Some(ClaimedDelivery {
            provider: stored.delivery.provider(),
            context: context.map(Into::into),
            headers: serde_json::to_vec(stored.delivery.headers()).unwrap_or_default().into(),
        })
    }

    pub(super) fn follow_clock(&mut self, back: ClockBack) -> u64 {
        let mut moved = 0;
        for job in self.jobs.values_mut() {
            let waits = matches!(job.row.state, JobState::Scheduled | JobState::Retryable);
            if !waits || job.row.due_at <= back.now {
                continue;
            }
            let written = job.attempts.iter().filter_map(|attempt| attempt.finished_at).max();
            let written = written.map_or(job.row.created_at, |at| at.max(job.row.created_at));
            let by = back.by.unwrap_or_else(|| written.since(back.now));
            if !by.is_zero() {
                job.row.due_at = job.row.due_at.minus(by).max(back.now);
                moved += 1;
            }
        }
        moved
    }

    fn executing(&mut self, run: RunId) -> Option<&mut Job> {
        self.jobs
            .get_mut(&run.job)
            .filter(|job| job.row.state == JobState::Executing && job.row.attempts == run.attempt.0)
    }

    pub(super) fn renew(&mut self, runs: Vec<RunId>, by: NodeLife, until: Timestamp) -> Vec<RunId> {
        let mut gone = runs;
        gone.retain(|run| match self.executing(*run).and_then(|job| job.lease.as_mut()) {
            Some((lease, holder)) if *holder == by => {
                *lease = until;
                false
            }
            _ => true,
        });
        gone
    }

    pub(super) fn finish(&mut self, finish: &Finish, then: Option<&Claim>) -> Finished {
        let ended = self.end(finish).is_some();
        Finished { ended, claimed: then.map(|next| self.claim(next)) }
    }

    fn end(&mut self, finish: &Finish) -> Option<JobState> {
        let job = self.executing(finish.run)?;
        let moved = after_attempt(job.history, job.row.stand_in.is_some(), finish);
        let heir = job.row.stand_in.filter(|_| moved.reason == Some(Reason::Superseded));
        if let Some(attempt) = job.attempts.last_mut() {
            attempt.finished_at = Some(finish.at);
            attempt.outcome = Some(finish.outcome.clone());
            attempt.report = finish.report.clone();
        }
        job.row.state = moved.state;
        job.row.reason = moved.reason;
        job.row.stand_in = heir;
        job.row.due_at = moved.due.unwrap_or(job.row.due_at);
        job.ended_at = moved.due.is_none().then_some(finish.at);
        job.lease = None;
        job.history = moved.history;
        if let Some(heir) = heir {
            self.inherit(finish.run.job, heir);
        }
        Some(moved.state)
    }

    pub(super) fn rescue(&mut self, rescue: &Rescue) -> Vec<Rescued> {
        let is_lost = |(until, holder): (Timestamp, NodeLife)| match rescue.scope {
            RescueScope::EarlierLives(by) => holder.node == by.node && holder.life != by.life,
            RescueScope::ExpiredLeases { except } => until <= rescue.now && holder != except,
        };
        let lost: Vec<_> = self
            .jobs
            .values()
            .filter(|job| job.row.state == JobState::Executing && job.lease.is_some_and(is_lost))
            .map(|job| {
                let run = RunId { job: job.row.id, attempt: Attempt(job.row.attempts) };
                (run, job.row.agent.clone(), job.history)
            })
            .collect();
        lost.into_iter()
            .filter_map(|(run, agent, history)| {
                let disposition = after_loss(history, rescue);
                let ended = Finish::new(run, AttemptOutcome::Interrupted, disposition, rescue.now);
                let state = self.end(&ended)?;
                Some(Rescued { run, agent, state })
            })
            .collect()
    }
}
