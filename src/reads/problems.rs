//! What the store and the control actor say, as problems.

use herdgate_actors::{
    control::ControlError,
    domain::{InvalidId, JobId, ReceiptId, RunId},
    store::StoreError,
};

use crate::api::problem::{Kind, Problem};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(Kind::Unavailable, error.to_string())
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let kind = match &error {
            ControlError::UnknownAgent { .. } => Kind::UnknownAgent,
            ControlError::UnknownReceipt(_) => Kind::UnknownDelivery,
            ControlError::UnknownJob(_) | ControlError::NoDeadLetter(_) => Kind::UnknownJob,
            ControlError::NotRunning(_) => Kind::UnknownRun,
            ControlError::Configured(_)
            | ControlError::NoEvent(_)
            | ControlError::NotEnded { .. }
            | ControlError::Ended { .. } => Kind::WrongState,
            ControlError::Store(_) | ControlError::Busy => Kind::Unavailable,
        };
        let problem = Self::new(kind, error.to_string());
        match error {
            ControlError::UnknownAgent { known, .. } => problem.knowing(known),
            _ => problem,
        }
    }
}

/// No such delivery is kept.
pub(super) fn no_delivery(id: ReceiptId) -> Problem {
    ControlError::UnknownReceipt(id).into()
}

/// No such job is kept.
pub(super) fn no_job(id: JobId) -> Problem {
    ControlError::UnknownJob(id).into()
}

/// No such run is kept.
pub(super) fn no_run(id: RunId) -> Problem {
    Problem::new(Kind::UnknownRun, format!("there is no run {id}"))
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::new(Kind::InvalidRequest, error.to_string())
    }
}
