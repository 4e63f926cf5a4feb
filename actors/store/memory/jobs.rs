//! Making jobs, and moving them by hand.

use super::state::{Job, State};
use crate::{
    domain::{AgentName, History, JobId, JobState, NewJob, Reason, ReceiptId, RunId, Timestamp},
    store::{
        Bulk, BulkAction, BulkDone, Cancelled, Fire, Fired, Inserted, Retried,
        rules::{JobKey, Placement, Takeover, coalesces, key_of, place},
    },
};

impl State {
    pub(super) fn insert(&mut self, job: &NewJob, key: &JobKey, is_alone: bool) -> Inserted {
        let Ok(placement) = place(job, key, is_alone, self);
        match placement {
            Placement::Exists(known) => Inserted::Exists { job: known, replaced: false },
            Placement::Replace(known, state, due) => {
                if let Some(earlier) = self.jobs.get_mut(&known) {
                    let new = Job::new(job, state, due);
                    earlier.row.trigger = new.row.trigger;
                    earlier.row.receipt = new.row.receipt;
                    earlier.row.state = state;
                    earlier.row.due_at = due;
                    earlier.row.held_by = None;
                    earlier.priority = new.priority;
                    earlier.input = new.input;
                    earlier.trace = new.trace;
                }
                Inserted::Exists { job: known, replaced: true }
            }
            Placement::Merge { into, takes_over, state, due, takeover } => {
                self.merge(job, key, into, takes_over.then_some((state, due)));
                self.take_over(into, &takeover, job.created_at);
                Inserted::Merged { job: into, due }
            }
            Placement::Suppress(by) => {
                self.suppress(job, by);
                Inserted::Suppressed { job: job.id, by }
            }
            Placement::Create { state, due, reason, supersedes, takeover } => {
                if let Some(earlier) = supersedes.and_then(|earlier| self.jobs.get_mut(&earlier)) {
                    earlier.end(JobState::Cancelled, None, job.created_at);
                    earlier.key = None;
                }
                let mut new = Job::new(job, state, due);
                let is_full = reason.is_some();
                if is_full {
                    new.end(state, reason, job.created_at);
                } else {
                    new.key.clone_from(&key.text);
                    new.keep_until = key.keep_until;
                }
                self.jobs.insert(job.id, new);
                self.take_over(job.id, &takeover, job.created_at);
                if is_full { Inserted::Full { job: job.id } } else { Inserted::Created { job: job.id, due } }
            }
        }
    }

    /// Makes `heir` stand for others of its key.
    fn take_over(&mut self, heir: JobId, takeover: &Takeover, now: Timestamp) {
        for ended in &takeover.ended {
            if let Some(job) = self.jobs.get_mut(ended) {
                job.end(JobState::Cancelled, Some(Reason::Superseded), now);
                job.row.stand_in = Some(heir);
            }
            self.inherit(*ended, heir);
        }
        if let Some(job) = takeover.stopped.and_then(|stopped| self.jobs.get_mut(&stopped)) {
            job.row.stand_in = Some(heir);
        }
    }

    /// What a job stood for, its heir stands for.
    pub(super) fn inherit(&mut self, ended: JobId, heir: JobId) {
        for job in self.jobs.values_mut().filter(|job| job.row.stand_in == Some(ended)) {
            job.row.stand_in = Some(heir);
        }
    }

    fn merge(&mut self, job: &NewJob, key: &JobKey, into: JobId, swap: Option<(JobState, Timestamp)>) {
        let mut merged = Job::new(job, JobState::Cancelled, job.created_at);
        merged.key.clone_from(&key.text);
        merged.keep_until = key.keep_until;
        if let (Some(into), Some((state, due))) = (self.jobs.get_mut(&into), swap) {
            std::mem::swap(&mut into.key, &mut merged.key);
            std::mem::swap(&mut into.keep_until, &mut merged.keep_until);
            std::mem::swap(&mut into.row.trigger, &mut merged.row.trigger);
            std::mem::swap(&mut into.row.receipt, &mut merged.row.receipt);
            std::mem::swap(&mut into.input, &mut merged.input);
            std::mem::swap(&mut into.priority, &mut merged.priority);
            std::mem::swap(&mut into.trace, &mut merged.trace);
            (into.row.state, into.row.due_at) = (state, due);
        }
        merged.end(JobState::Cancelled, Some(Reason::Superseded), job.created_at);
        merged.row.stand_in = Some(into);
        self.jobs.insert(job.id, merged);
    }

    fn suppress(&mut self, job: &NewJob, by: JobId) {
        let mut new = Job::new(job, JobState::Cancelled, job.created_at);
        new.end(JobState::Cancelled, Some(Reason::Busy), job.created_at);
        new.row.stand_in = Some(by);
        self.jobs.insert(job.id, new);
    }

    pub(super) fn insert_all(&mut self, jobs: &[NewJob]) -> Vec<Inserted> {
        let one = |job: &NewJob| {
            let Ok(key) = key_of(job, None, self);
            self.insert(job, &key, false)
        };
        jobs.iter().map(one).collect()
    }

    pub(super) fn fire(&mut self, fire: &Fire) -> Fired {
        let last = self.cursors.insert(fire.job.agent.clone(), fire.due);
        if coalesces(last, fire.due) {
            return Fired::Coalesced;
        }
        let Ok(key) = key_of(&fire.job, None, self);
        match self.insert(&fire.job, &key, true) {
            Inserted::Created { job, .. } => Fired::Created(job),
            Inserted::Merged { .. }
            | Inserted::Suppressed { .. }
            | Inserted::Exists { .. }
            | Inserted::Full { .. } => Fired::Coalesced,
        }
    }

    pub(super) fn cancel(&mut self, id: JobId, now: Timestamp) -> Cancelled {
        let Some(job) = self.jobs.get_mut(&id) else { return Cancelled::Unknown };
        match job.row.state {
            JobState::Executing => {
                let attempt = crate::domain::Attempt(job.row.attempts);
                Cancelled::Executing(RunId { job: id, attempt })
            }
            state if state.is_ended() => Cancelled::Ended(state),
            _ => {
                let reason = job.row.reason.take();
                job.end(JobState::Cancelled, reason, now);
                Cancelled::Yes
            }
        }
    }

    pub(super) fn retry(&mut self, id: JobId, now: Timestamp) -> Retried {
        let Some(job) = self.jobs.get_mut(&id) else { return Retried::Unknown };
        if !job.row.state.is_ended() {
            return Retried::NotEnded(job.row.state);
        }
        job.row.state = JobState::Available;
        job.row.due_at = now;
        job.row.reason = None;
        job.row.stand_in = None;
        job.ended_at = None;
        job.history = History::default();
        Retried::Yes { agent: job.row.agent.clone() }
    }

    pub(super) fn dismiss(&mut self, id: JobId, now: Timestamp) -> bool {
        let Some(job) = self.jobs.get_mut(&id) else { return false };
        if job.row.state != JobState::Discarded && !job.row.state.is_waiting() {
            return false;
        }
        let reason = job.row.reason.take();
        job.end(JobState::Cancelled, reason, now);
        true
    }

    pub(super) fn bulk(&mut self, bulk: &Bulk) -> BulkDone {
        let letters: Vec<_> = self
            .jobs
            .values()
            .rev()
            .filter(|job| job.row.state == JobState::Discarded)
            .filter(|job| bulk.agent.as_ref().is_none_or(|agent| *agent == job.row.agent))
            .filter(|job| bulk.before.is_none_or(|before| job.row.id < before))
            .take(bulk.limit as usize)
            .map(|job| (job.row.id, job.row.agent.clone()))
            .collect();
        for (id, _) in &letters {
            match bulk.action {
                BulkAction::Retry => drop(self.retry(*id, bulk.now)),
                BulkAction::Dismiss => drop(self.dismiss(*id, bulk.now)),
            }
        }
        let is_full = letters.len() >= bulk.limit as usize;
        let next = letters.last().map(|(last, _)| *last).filter(|_| is_full);
        BulkDone { jobs: letters, next }
    }

    pub(super) fn hold(&mut self, jobs: &[JobId], by: Option<&str>) -> u64 {
        let mut moved = 0;
        for id in jobs {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let may = match by {
                Some(_) => job.row.state.is_waiting(),
                None => job.row.state == JobState::Held,
            };
            if may {
                job.row.state = if by.is_some() { JobState::Held } else { JobState::Available };
                job.row.held_by = by.map(str::to_owned);
                moved += 1;
            }
        }
        moved
    }

    pub(super) fn hand_over(&mut self, from: &AgentName, to: &AgentName, limit: u32) -> u64 {
        let taken = |job: &Job| job.key.is_some() && self.of_agent(to).any(|other| other.key == job.key);
        let moving: Vec<_> = self
            .waiting_of(from)
            .filter(|job| !taken(job))
            .take(limit as usize)
            .map(|job| job.row.id)
            .collect();
        for id in &moving {
            if let Some(job) = self.jobs.get_mut(id) {
                job.row.agent = to.clone();
            }
        }
        moving.len() as u64
    }

    pub(super) fn discard_of(
        &mut self,
        agent: &AgentName,
        reason: &Reason,
        now: Timestamp,
        limit: u32,
    ) -> u64 {
        let waiting: Vec<_> = self.waiting_of(agent).take(limit as usize).map(|job| job.row.id).collect();
        for id in &waiting {
            if let Some(job) = self.jobs.get_mut(id) {
                job.end(JobState::Discarded, Some(reason.clone()), now);
            }
        }
        waiting.len() as u64
    }

    /// The jobs that a receipt made, oldest first.
    pub(super) fn jobs_of(&self, receipt: ReceiptId) -> impl Iterator<Item = &Job> {
        self.jobs.values().filter(move |job| job.row.receipt == Some(receipt))
    }
}
