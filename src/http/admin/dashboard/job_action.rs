//! What can be done to a job.

use herdgate_actors::domain::JobId;
use serde::Deserialize;

use super::visitor::Operator;
use crate::{
    api::jobs::JobChanged,
    http::admin::api::{Answer, Named, NoParams, Params, jobs},
};

/// As forms name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum JobAction {
    /// It ends, with its run where it has one.
    Cancel,
    /// It runs once more.
    Retry,
    /// It is marked as seen to.
    Dismiss,
}

impl JobAction {
    /// Does it.
    pub(super) async fn on(self, operator: &Operator, job: JobId) -> Answer<JobChanged> {
        let ((admin, caller), named, none) = (operator.asks(), Named(job), Params(NoParams {}));
        match self {
            Self::Cancel => jobs::cancel(admin, caller, named, none).await,
            Self::Retry => jobs::retry(admin, caller, named, none).await,
            Self::Dismiss => jobs::dismiss(admin, caller, named, none).await,
        }
    }

    /// What happened to one, in a sentence.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Cancel => "Cancelled.",
            Self::Retry => "It is run again.",
            Self::Dismiss => "Dismissed: marked as seen to.",
        }
    }

    /// What happened to several: `3 jobs cancelled`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancelled",
            Self::Retry => "run again",
            Self::Dismiss => "dismissed",
        }
    }
}
