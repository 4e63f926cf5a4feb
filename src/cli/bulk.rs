//! What is done to many, one after the other, with progress.

use herdgate_actors::domain::{JobId, ReceiptId};

use super::{gate::Gate, print::note, progress::Progress};
use crate::{
    api::{deliveries::Replay, problem::Kind},
    client::ApiError,
};

/// What is done to each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Each {
    /// It runs again.
    Retry,
    /// It is marked as seen to.
    Dismiss,
}

impl Each {
    /// What will happen.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Retry => "run again",
            Self::Dismiss => "be dismissed",
        }
    }

    /// What has happened to so many.
    pub(super) fn done(self, jobs: usize) -> &'static str {
        match (self, jobs) {
            (Self::Retry, 1) => "runs again",
            (Self::Retry, _) => "run again",
            (Self::Dismiss, 1) => "is dismissed",
            (Self::Dismiss, _) => "are dismissed",
        }
    }
}

/// Does it to one job.
pub(super) fn to_one(gate: &Gate, each: Each, job: JobId) -> miette::Result<()> {
    change(gate, each, job).map_err(|error| gate.words(&error))
}

fn change(gate: &Gate, each: Each, job: JobId) -> Result<(), ApiError> {
    match each {
        Each::Retry => gate.try_ask(|api| api.retry(job)).map(|_| ()),
        Each::Dismiss => gate.try_ask(|api| api.dismiss(job)).map(|_| ()),
    }
}

/// Does it to all of them; those to which it was done. One that somebody else was quicker with is told
/// of and stops nothing.
pub(super) fn to_each(gate: &Gate, each: Each, jobs: &[JobId]) -> miette::Result<Vec<JobId>> {
    let mut done = Vec::new();
    let mut progress = Progress::new();
    for (index, job) in jobs.iter().enumerate() {
        progress.tell(|| format!("{index} of {} done", jobs.len()));
        match change(gate, each, *job) {
            Ok(()) => done.push(*job),
            Err(error) if is_its_own(&error) => note(&format!("job {job}: {error}")),
            Err(error) => return Err(gate.words(&error)),
        }
    }
    Ok(done)
}

/// Replays deliveries, the oldest first, as they came; the receipts that this made.
pub(super) fn replay(gate: &Gate, deliveries: &[ReceiptId], to: &Replay) -> miette::Result<(usize, u64)> {
    let (mut replayed, mut jobs) = (0, 0);
    let mut progress = Progress::new();
    for (index, receipt) in deliveries.iter().rev().enumerate() {
        progress.tell(|| format!("{index} of {} replayed", deliveries.len()));
        match gate.try_ask(|api| api.replay(*receipt, to)) {
            Ok(made) => {
                replayed += 1;
                jobs += u64::from(made.matched);
            }
            Err(error) if is_its_own(&error) => note(&format!("receipt {receipt}: {error}")),
            Err(error) => return Err(gate.words(&error)),
        }
    }
    Ok((replayed, jobs))
}

/// Whether a problem concerns this one alone.
fn is_its_own(error: &ApiError) -> bool {
    matches!(error.kind(), Some(Kind::WrongState | Kind::UnknownJob | Kind::UnknownDelivery))
}
