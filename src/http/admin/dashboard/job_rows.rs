//! Jobs as tables show them.

use herdgate_actors::domain::{JobState, Timestamp};

use super::{
    links::encoded,
    words::{ShortId, When},
};
use crate::api::jobs::{Job, Trigger};

/// A job in a table.
pub(super) struct JobLine {
    pub(super) id: String,
    pub(super) short: ShortId,
    pub(super) link: String,
    pub(super) agent: String,
    pub(super) agent_link: String,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    /// What holds it, or why it is a dead letter.
    pub(super) why: String,
    /// The job that stands for it.
    pub(super) stand_in: Option<ShortId>,
    pub(super) stand_in_link: String,
    pub(super) key: Option<String>,
    pub(super) cause: String,
    pub(super) receipt: Option<String>,
    pub(super) attempts: u32,
    pub(super) made: When,
    pub(super) due: When,
    pub(super) can_cancel: bool,
    pub(super) can_retry: bool,
    pub(super) can_dismiss: bool,
}

impl JobLine {
    pub(super) fn new(job: &Job, now: Timestamp) -> Self {
        let why = job.reason.as_ref().map(|reason| reason.detail.clone());
        let held = job.held_by.as_ref().map(|by| format!("by {by}"));
        let state = JobState::from(job.state);
        Self {
            id: job.id.to_string(),
            short: ShortId::new(job.id),
            link: format!("/dashboard/jobs/{}", job.id),
            agent: job.agent.to_string(),
            agent_link: format!("/dashboard/agents/{}", encoded(job.agent.as_str())),
            class: state.as_str(),
            word: state.as_str(),
            why: why.or(held).unwrap_or_default(),
            stand_in: job.stand_in.map(ShortId::new),
            stand_in_link: job.stand_in.map(|id| format!("/dashboard/jobs/{id}")).unwrap_or_default(),
            key: job.key.clone(),
            cause: cause(&job.trigger),
            receipt: job.receipt.map(|receipt| receipt.to_string()),
            attempts: job.attempts,
            made: When::new(job.created_at.0, now),
            due: When::new(job.due_at.0, now),
            can_cancel: !state.is_ended(),
            can_retry: state.is_ended(),
            can_dismiss: state == JobState::Discarded,
        }
    }
}

/// Why a job exists, in words.
pub(super) fn cause(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Webhook { source, .. } => format!("delivery to {source}"),
        Trigger::Schedule { due } => format!("schedule, due {}", due.0.to_utc().format("%Y-%m-%d %H:%M UTC")),
        Trigger::Manual => "by hand".to_owned(),
        Trigger::Unreadable => "not readable".to_owned(),
    }
}
