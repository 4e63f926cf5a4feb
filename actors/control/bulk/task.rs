//! What is done to which, and how far it is.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{AgentName, JobId, JobState, SourceName, Timestamp},
    store::{DeliveryOutcome, JobQuery, Page, ReceiptQuery, Span},
};

/// So much is read at once.
const PAGE: u32 = 200;

/// What is done to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// Deliveries are routed again, with the filters of now.
    ReplayDeliveries,
    /// Jobs that ended are run again.
    RetryJobs,
    /// Dead letters are marked as seen to.
    DismissJobs,
    /// Jobs that wait are cancelled.
    CancelJobs,
}

/// Which are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFilter {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// Only of this source.
    pub source: Option<SourceName>,
    /// Only of this event.
    pub event: Option<String>,
    /// Only of this repository.
    pub repo: Option<String>,
    /// Only deliveries that say this somewhere.
    pub text: Option<String>,
    /// Only deliveries of which this came.
    pub outcome: Option<DeliveryOutcome>,
    /// Only deliveries with this delivery id, or key.
    pub delivery: Option<String>,
    /// Only jobs in this state.
    pub state: Option<JobState>,
    /// Only dead letters for this reason.
    pub reason: Option<String>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
}

/// A task that is asked for.
#[derive(Debug, Clone)]
pub struct NewBulk {
    /// What to do.
    pub kind: BulkKind,
    /// To which.
    pub filter: BulkFilter,
    /// To no more than so many, the newest.
    pub limit: Option<u64>,
    /// To whom alone deliveries are replayed, as if they matched.
    pub to: Option<AgentName>,
    /// Only count.
    pub is_dry: bool,
    /// At most so many a second; at least one.
    pub per_second: u32,
    /// Who asks.
    pub by: String,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkState {
    /// Only counted.
    Counted,
    /// Under way.
    Running,
    /// Done to all.
    Done,
    /// Somebody ended it.
    Cancelled,
    /// It could not go on.
    Failed,
    /// The gate, or its actor, ended before it was through.
    Interrupted,
}

impl BulkState {
    /// The name as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A task, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkTask {
    /// Its id.
    pub id: JobId,
    /// What is done.
    pub kind: BulkKind,
    /// To which.
    pub filter: BulkFilter,
    /// To no more than so many, the newest.
    #[serde(default)]
    pub limit: Option<u64>,
    /// To whom alone deliveries are replayed, as if they matched.
    #[serde(default)]
    pub to: Option<AgentName>,
    /// Who asked for it.
    pub by: String,
    /// Where it stands.
    pub state: BulkState,
    /// How many there were when it began.
    pub total: u64,
    /// To how many it was done.
    pub done: u64,
    /// To how many it could not be done any more.
    pub skipped: u64,
    /// How many jobs that made.
    #[serde(default)]
    pub jobs: u64,
    /// What the last of those said, or why it ended early.
    pub problem: Option<String>,
    /// At most so many a second.
    pub per_second: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl BulkTask {
    /// A task that begins now.
    pub(super) fn new(id: JobId, wanted: NewBulk, now: Timestamp) -> Self {
        let NewBulk { kind, filter, limit, to, is_dry, per_second, by } = wanted;
        Self {
            id,
            kind,
            filter,
            limit,
            to,
            by,
            state: if is_dry { BulkState::Counted } else { BulkState::Running },
            total: 0,
            done: 0,
            skipped: 0,
            jobs: 0,
            problem: None,
            per_second: per_second.max(1),
            started_at: now,
            ended_at: is_dry.then_some(now),
        }
    }

    /// The deliveries that are meant, from a place on.
    pub(super) fn receipts(&self, before: Option<i64>) -> ReceiptQuery {
        let filter = self.filter.clone();
        ReceiptQuery {
            source: filter.source,
            outcome: filter.outcome,
            event: filter.event,
            repo: filter.repo,
            agent: filter.agent,
            delivery: filter.delivery,
            text: filter.text,
            span: self.span(),
            page: Page { limit: PAGE, before },
            ..ReceiptQuery::default()
        }
    }

    /// The jobs that are meant and stand so, from a place on.
    pub(super) fn jobs(&self, state: JobState, before: Option<i64>) -> JobQuery {
        let filter = self.filter.clone();
        JobQuery {
            agent: filter.agent,
            state: Some(state),
            reason: filter.reason,
            source: filter.source,
            event: filter.event,
            repo: filter.repo,
            receipt: None,
            span: self.span(),
            page: Page { limit: PAGE, before },
        }
    }

    /// In which states jobs are for which this makes sense, and was asked for.
    pub(super) fn states(&self) -> Vec<JobState> {
        let sensible: &[JobState] = match self.kind {
            BulkKind::ReplayDeliveries => &[],
            BulkKind::RetryJobs | BulkKind::DismissJobs => &[JobState::Discarded],
            BulkKind::CancelJobs => {
                &[JobState::Available, JobState::Scheduled, JobState::Retryable, JobState::Held]
            }
        };
        match self.filter.state {
            // Whatever has ended can be run again, where somebody says so.
            Some(state) if self.kind == BulkKind::RetryJobs && state.is_ended() => vec![state],
            Some(state) => sensible.iter().copied().filter(|sensible| *sensible == state).collect(),
            None => sensible.to_vec(),
        }
    }

    /// Whether it was done to as many as may be.
    pub(super) fn is_at_its_limit(&self) -> bool {
        self.limit.is_some_and(|limit| self.done + self.skipped >= limit)
    }

    /// Nothing that came after it began is meant.
    fn span(&self) -> Span {
        let until = self.filter.until.map_or(self.started_at, |until| until.min(self.started_at));
        Span { since: self.filter.since, until: Some(until) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(kind: BulkKind, state: Option<JobState>) -> BulkTask {
        let filter = BulkFilter { state, ..BulkFilter::default() };
        let wanted = NewBulk {
            kind,
            filter,
            limit: None,
            to: None,
            is_dry: false,
            per_second: 0,
            by: "ann".to_owned(),
        };
        BulkTask::new(JobId::from_raw(1), wanted, Timestamp::from_millis(1000))
    }

    #[test]
    fn only_jobs_for_which_it_makes_sense_are_meant() {
        assert_eq!(task(BulkKind::RetryJobs, None).states(), [JobState::Discarded]);
        assert_eq!(task(BulkKind::RetryJobs, Some(JobState::Cancelled)).states(), [JobState::Cancelled]);
        assert_eq!(task(BulkKind::RetryJobs, Some(JobState::Executing)).states(), []);
        assert_eq!(task(BulkKind::CancelJobs, None).states().len(), 4);
        assert_eq!(task(BulkKind::CancelJobs, Some(JobState::Held)).states(), [JobState::Held]);
    }

    #[test]
    fn what_comes_after_the_beginning_is_not_meant() {
        let mut task = task(BulkKind::ReplayDeliveries, None);
        assert_eq!(task.receipts(None).span.until, Some(Timestamp::from_millis(1000)));
        task.filter.until = Some(Timestamp::from_millis(10));
        assert_eq!(task.receipts(None).span.until, Some(Timestamp::from_millis(10)));
        assert_eq!(task.per_second, 1);
    }
}
