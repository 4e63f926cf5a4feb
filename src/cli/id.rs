//! What an operator copies from a listing: a receipt, a job or a run.

use std::str::FromStr;

use herdgate_actors::domain::{JobId, ReceiptId, RunId};

/// An id, of which only the store knows what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnyId {
    /// A receipt or a job: both look alike.
    Record(ReceiptId, JobId),
    /// One attempt of a job.
    Run(RunId),
}

/// A text that is no id of any kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a receipt or a job, which have 13 letters and digits like `0srk4t5zr0000`, or a run, like `0srk4t5zr0001-1`"
)]
pub(super) struct NoId;

impl FromStr for AnyId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        if let Ok(run) = text.parse() {
            return Ok(Self::Run(run));
        }
        match (text.parse(), text.parse()) {
            (Ok(receipt), Ok(job)) => Ok(Self::Record(receipt, job)),
            _ => Err(NoId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_jobs_and_runs_are_told_apart_as_far_as_they_can_be() {
        assert!(matches!("0srk4t5zr0000".parse(), Ok(AnyId::Record(..))));
        assert!(matches!("0SRK4T5ZR0000-12".parse(), Ok(AnyId::Run(run)) if run.attempt.0 == 12));
        for text in ["", "0srk4t5zr000", "0srk4t5zr0000-", "0srk4t5zr0000-x", "0srk4t5zr000u", "latest"] {
            assert_eq!(text.parse::<AnyId>(), Err(NoId), "{text}");
        }
    }
}
