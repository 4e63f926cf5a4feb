//! Doing a task, one thing after the other.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use super::{BulkKind, BulkState, BulkTask, NewBulk};
use crate::{
    control::{error::ControlError, handle::Control},
    domain::{JobId, JobState, ReceiptId},
    store::{CountOf, StoreError},
};

/// Nobody needs a larger number.
const COUNTED: u32 = 1_000_000;
/// How long it waits for a gate that is too busy, and how often.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
const BUSY_TRIES: u32 = 10;
/// Progress is told this often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// How many a task would be done to that began now.
///
/// # Errors
/// The store refused.
pub async fn count_for(control: &Control, wanted: NewBulk) -> Result<u64, StoreError> {
    let now = control.clock.now();
    count(control, &BulkTask::new(control.store.ids().job(now), wanted, now)).await
}

/// How many are meant.
pub(super) async fn count(control: &Control, task: &BulkTask) -> Result<u64, StoreError> {
    let most = task.limit.unwrap_or(u64::MAX);
    let count = async |of| control.store.count(of, COUNTED).await.map(u64::from);
    if task.kind == BulkKind::ReplayDeliveries {
        return Ok(count(CountOf::Receipts(task.receipts(None))).await?.min(most));
    }
    let mut total = 0;
    for state in task.states() {
        total += count(CountOf::Jobs(task.jobs(state, None))).await?;
    }
    Ok(total.min(most))
}

/// Does a task to its end, and tells how far it is.
pub(super) struct Worker<'a> {
    pub(super) control: &'a Control,
    pub(super) task: BulkTask,
    pub(super) cancelled: watch::Receiver<bool>,
    pub(super) tell: &'a dyn Fn(&BulkTask),
    pub(super) begun: Instant,
    pub(super) told: Instant,
}

/// Why a task ends before it is through.
enum Early {
    Cancelled,
    AtItsLimit,
    Failed(ControlError),
}

impl Worker<'_> {
    /// The task as it has ended.
    pub(super) async fn run(mut self) -> BulkTask {
        let ended = if self.task.kind == BulkKind::ReplayDeliveries {
            self.deliveries().await
        } else {
            self.jobs().await
        };
        self.task.state = match ended {
            Ok(()) | Err(Early::AtItsLimit) => BulkState::Done,
            Err(Early::Cancelled) => BulkState::Cancelled,
            Err(Early::Failed(error)) => {
                self.task.problem = Some(error.to_string());
                BulkState::Failed
            }
        };
        self.task.ended_at = Some(self.control.clock.now());
        self.task
    }

    async fn deliveries(&mut self) -> Result<(), Early> {
        let mut before = None;
        loop {
            let rows = self.control.store.receipts(self.task.receipts(before)).await.map_err(failed)?;
            let Some(last) = rows.last() else { return Ok(()) };
            before = Some(last.id.get());
            for row in &rows {
                self.one(Target::Delivery(row.id)).await?;
            }
        }
    }

    async fn jobs(&mut self) -> Result<(), Early> {
        for state in self.task.states() {
            self.jobs_in(state).await?;
        }
        Ok(())
    }

    async fn jobs_in(&mut self, state: JobState) -> Result<(), Early> {
        let mut before = None;
        loop {
            let rows = self.control.store.jobs(self.task.jobs(state, before)).await.map_err(failed)?;
            let Some(last) = rows.last() else { return Ok(()) };
            before = Some(last.id.get());
            for row in &rows {
                self.one(Target::Job(row.id)).await?;
            }
        }
    }

    async fn one(&mut self, target: Target) -> Result<(), Early> {
        if self.task.is_at_its_limit() {
            return Err(Early::AtItsLimit);
        }
        self.keep_to_the_rate().await?;
        match self.patiently(target).await {
            Ok(jobs) => {
                self.task.done += 1;
                self.task.jobs += jobs;
            }
            Err(error @ ControlError::Store(_)) => return Err(Early::Failed(error)),
            // Somebody else was faster, or the gate stays busy.
            Err(error) => {
                self.task.skipped += 1;
                self.task.problem = Some(error.to_string());
            }
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            (self.tell)(&self.task);
        }
        Ok(())
    }

    async fn keep_to_the_rate(&mut self) -> Result<(), Early> {
        let so_far = self.task.done + self.task.skipped;
        let seconds = so_far as f64 / f64::from(self.task.per_second);
        let due = self.begun + Duration::from_secs_f64(seconds);
        tokio::select! {
            biased;
            _ = self.cancelled.wait_for(|cancelled| *cancelled) => Err(Early::Cancelled),
            () = tokio::time::sleep_until(due) => Ok(()),
        }
    }

    async fn patiently(&self, target: Target) -> Result<u64, ControlError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.act(target).await {
                Err(ControlError::Busy) if tries < BUSY_TRIES => tokio::time::sleep(BUSY_PAUSE).await,
                done => return done,
            }
        }
    }

    /// Does it to one; how many jobs that made.
    async fn act(&self, target: Target) -> Result<u64, ControlError> {
        let control = self.control;
        match (target, self.task.kind, &self.task.to) {
            (Target::Delivery(id), _, Some(agent)) => control.replay_to(id, agent.clone()).await.map(|_| 1),
            (Target::Delivery(id), ..) => control.replay(id).await.map(|made| u64::from(made.matched)),
            (Target::Job(id), BulkKind::RetryJobs, _) => control.retry(id).await.map(|()| 0),
            (Target::Job(id), BulkKind::CancelJobs, _) => control.cancel(id).await.map(|()| 0),
            (Target::Job(id), ..) => control.dismiss(id).await.map(|()| 0),
        }
    }
}

#[derive(Clone, Copy)]
enum Target {
    Delivery(ReceiptId),
    Job(JobId),
}

fn failed(error: StoreError) -> Early {
    Early::Failed(error.into())
}
