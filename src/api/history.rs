//! A job with its runs, and a run with its job.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    jobs::Job,
    runs::{Phase, Run},
};

/// A job and its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobDetail {
    /// The job.
    pub job: Job,
    /// Its attempts, the oldest first.
    pub attempts: Vec<Run>,
}

/// A run with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunDetail {
    /// The run.
    pub run: Run,
    /// Its job.
    pub job: Job,
    /// Every attempt of its job, the oldest first.
    pub attempts: Vec<Run>,
    /// How far one that is under way has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// What it has printed so far, where its files are still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<u64>,
    /// What it was told to do, where its files are still there; cut at 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}
