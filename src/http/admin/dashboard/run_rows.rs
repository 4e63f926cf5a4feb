//! Runs as tables show them.

use std::time::Duration;

use herdgate_actors::domain::Timestamp;

use super::{
    job_rows::cause,
    links::encoded,
    words::{ShortId, When, lasted},
};
use crate::api::runs::{Run, State};

/// A run in a table.
pub(super) struct RunLine {
    pub(super) id: String,
    pub(super) short: ShortId,
    pub(super) link: String,
    pub(super) agent: String,
    pub(super) agent_link: String,
    pub(super) class: &'static str,
    pub(super) word: String,
    pub(super) detail: String,
    pub(super) cause: String,
    pub(super) receipt: Option<String>,
    pub(super) attempt: u32,
    pub(super) started: When,
    /// How long it ran, where somebody saw its end.
    pub(super) took: Option<String>,
    /// Since when it runs, while it does.
    pub(super) runs_for: Option<When>,
    pub(super) is_running: bool,
}

impl RunLine {
    pub(super) fn new(run: &Run, now: Timestamp) -> Self {
        let is_running = run.state == State::Executing;
        Self {
            id: run.id.to_string(),
            short: ShortId::new(run.id),
            link: format!("/dashboard/runs/{}", run.id),
            agent: run.agent.to_string(),
            agent_link: format!("/dashboard/agents/{}", encoded(run.agent.as_str())),
            class: run.state.as_str(),
            word: run.state.as_str().replace('_', " "),
            detail: run
                .detail
                .as_deref()
                .and_then(|detail| detail.lines().next())
                .unwrap_or_default()
                .to_owned(),
            cause: cause(&run.trigger),
            receipt: run.receipt.map(|receipt| receipt.to_string()),
            attempt: run.attempt,
            started: When::new(run.started_at.0, now),
            took: run.took_ms.map(|took| lasted(Duration::from_millis(took))),
            runs_for: is_running.then(|| When::since(run.started_at.0, now)),
            is_running,
        }
    }
}
