//! Bulk actions.

use herdgate_actors::{
    control::{BulkFilter, BulkKind, BulkState, BulkTask},
    domain::JobId,
};

use super::Reads;
use crate::api::{
    bulk::{Action, Bulk, Filter, State},
    page::Page,
    problem::{Kind, Problem},
};

impl Reads {
    /// Every bulk action that is remembered, the newest first.
    pub fn bulks(&self) -> Page<Bulk> {
        Page::whole(self.bulks.list().into_iter().map(bulk_of).collect())
    }

    /// One bulk action.
    ///
    /// # Errors
    /// There is none.
    pub fn bulk(&self, id: JobId) -> Result<Bulk, Problem> {
        let task = self.bulks.get(id);
        task.map(bulk_of)
            .ok_or_else(|| Problem::new(Kind::UnknownBulk, format!("there is no bulk action {id}")))
    }
}

/// A task, as it is shown.
pub fn bulk_of(task: BulkTask) -> Bulk {
    let BulkFilter { agent, source, event, repo, outcome, delivery, text, state, reason, since, until } =
        task.filter;
    let filter = Filter {
        all: false,
        agent,
        source,
        event,
        repo,
        text,
        outcome: outcome.map(Into::into),
        delivery_id: delivery,
        state: state.map(Into::into),
        reason,
        since: since.map(Into::into),
        until: until.map(Into::into),
    };
    let all = filter == Filter::default();
    Bulk {
        id: task.id,
        action: match task.kind {
            BulkKind::ReplayDeliveries => Action::ReplayDeliveries,
            BulkKind::RetryJobs => Action::RetryJobs,
            BulkKind::DismissJobs => Action::DismissJobs,
            BulkKind::CancelJobs => Action::CancelJobs,
        },
        filter: Filter { all, ..filter },
        limit: task.limit,
        to: task.to,
        by: task.by,
        state: match task.state {
            BulkState::Counted => State::Counted,
            BulkState::Running => State::Running,
            BulkState::Done => State::Done,
            BulkState::Cancelled => State::Cancelled,
            BulkState::Failed => State::Failed,
            BulkState::Interrupted => State::Interrupted,
        },
        total: task.total,
        done: task.done,
        skipped: task.skipped,
        jobs: task.jobs,
        problem: task.problem,
        per_second: task.per_second,
        started_at: task.started_at.into(),
        ended_at: task.ended_at.map(Into::into),
    }
}
