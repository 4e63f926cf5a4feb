//! How far schedules have come.

use super::Pending;
use crate::domain::{AgentName, JobId, NewJob, Timestamp};

/// What is remembered of schedules.
pub trait Cursors: Send + Sync + 'static {
    /// How far every agent's schedule has come.
    fn cursors(&self) -> Pending<Vec<ScheduleCursor>>;

    /// Moves a cursor and makes the job of that time, in one change.
    fn fire(&self, fire: Fire) -> Pending<Fired>;
}

/// What is remembered of an agent's schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleCursor {
    /// Whose.
    pub agent: AgentName,
    /// The last time that came due and was recorded.
    pub last_fired: Timestamp,
}

/// A schedule that came due.
#[derive(Debug, Clone)]
pub struct Fire {
    /// The time that came due: the latest one, where several did.
    pub due: Timestamp,
    /// Its job; [`NewJob::of_schedule`] makes one.
    pub job: NewJob,
}

/// What became of a [`Fire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fired {
    /// A job waits.
    Created(JobId),
    /// One was waiting already; the cursor moved all the same.
    Coalesced,
}
