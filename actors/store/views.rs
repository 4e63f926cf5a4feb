//! Looking at receipts, jobs and runs.

use std::{fmt, str::FromStr};

use super::{
    Backlog, ChangeQuery, DeadLetters, DeliveryOutcome, JobDetail, JobRow, OutcomeCount, Pending, ReceiptRow,
    ReceiptState, RevisionQuery, RevisionRow, RunRow, Span, StoredReceipt,
};
use crate::domain::{AgentName, AnyId, InvalidId, JobId, JobState, ReceiptId, RunId, SourceName, Timestamp};

/// The half of a store that only looks. A row that cannot be read is shown as such, and is never the
/// end of a listing.
pub trait Views: Send + Sync + 'static {
    /// One receipt with its body, context, verdicts and jobs.
    fn receipt(&self, id: ReceiptId) -> Pending<Option<StoredReceipt>>;

    /// Receipts, newest first, without bodies.
    fn receipts(&self, query: ReceiptQuery) -> Pending<Vec<ReceiptRow>>;

    /// One job with its attempts.
    fn job(&self, id: JobId) -> Pending<Option<JobDetail>>;

    /// Jobs, newest first.
    fn jobs(&self, query: JobQuery) -> Pending<Vec<JobRow>>;

    /// Attempts: those that execute first, then the latest start first.
    fn runs(&self, query: RunQuery) -> Pending<Vec<RunRow>>;

    /// Whatever has this id. A job is found by any of its runs.
    fn find(&self, id: AnyId) -> Pending<Option<Found>>;

    /// Configurations, newest first.
    fn revisions(&self, query: RevisionQuery) -> Pending<Vec<RevisionRow>>;

    /// How many there are, counted up to `cap`: a number that equals it may be larger.
    fn count(&self, of: CountOf, cap: u32) -> Pending<u32>;

    /// Jobs by agent and state, also of agents that are not configured any more; states without a
    /// job are left out.
    fn backlog(&self) -> Pending<Vec<Backlog>>;

    /// When the first waiting job of each agent is due, or was.
    fn oldest_due(&self) -> Pending<Vec<(AgentName, Timestamp)>>;

    /// How the runs ended that were started since then, by agent.
    fn outcomes(&self, since: Timestamp) -> Pending<Vec<OutcomeCount>>;

    /// The last run of each of these agents that has ended.
    fn last_runs(&self, agents: Vec<AgentName>) -> Pending<Vec<RunRow>>;

    /// Dead letters by agent and reason; the state of the query and its page are ignored.
    fn dead_letters(&self, query: JobQuery) -> Pending<Vec<DeadLetters>>;

    /// The last receipt of each source, among the newest ten thousand of all.
    fn last_receipts(&self) -> Pending<Vec<(SourceName, ReceiptId)>>;
}

/// What has an id.
#[derive(Debug, Clone)]
pub enum Found {
    /// A receipt.
    Receipt(Box<StoredReceipt>),
    /// A job.
    Job(Box<JobDetail>),
}

/// What to count: all from the place on that a query names, whatever its limit.
#[derive(Debug, Clone)]
pub enum CountOf {
    /// Receipts.
    Receipts(ReceiptQuery),
    /// Jobs.
    Jobs(JobQuery),
    /// Runs.
    Runs(RunQuery),
    /// Configurations.
    Revisions(RevisionQuery),
    /// What operators changed.
    Changes(ChangeQuery),
}

/// Which part of a listing of receipts or jobs. Ids sort by time, so an id is a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most this many.
    pub limit: u32,
    /// Only those with a smaller id: the last id of the page before.
    pub before: Option<i64>,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 50, before: None }
    }
}

/// Which receipts.
#[derive(Debug, Clone, Default)]
pub struct ReceiptQuery {
    /// Only of this source.
    pub source: Option<SourceName>,
    /// Only in this state.
    pub state: Option<ReceiptState>,
    /// Only those of which this came.
    pub outcome: Option<DeliveryOutcome>,
    /// Only of this event.
    pub event: Option<String>,
    /// Only of this repository.
    pub repo: Option<String>,
    /// Only with this delivery id, or key.
    pub delivery: Option<String>,
    /// Only those that made a job of this agent.
    pub agent: Option<AgentName>,
    /// Only those whose context has this text somewhere; ASCII case does not count.
    pub text: Option<String>,
    /// Only those that arrived then.
    pub span: Span,
    /// Which part.
    pub page: Page,
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only dead letters for this reason, by its name.
    pub reason: Option<String>,
    /// Only caused by deliveries to this source.
    pub source: Option<SourceName>,
    /// Only caused by this event.
    pub event: Option<String>,
    /// Only caused by this repository.
    pub repo: Option<String>,
    /// Only caused by this receipt.
    pub receipt: Option<ReceiptId>,
    /// Only those that were created then.
    pub span: Span,
    /// Which part.
    pub page: Page,
}

/// Which runs.
#[derive(Debug, Clone)]
pub struct RunQuery {
    /// Only of this agent.
    pub agent: Option<AgentName>,
    /// Only caused by deliveries to this source.
    pub source: Option<SourceName>,
    /// Only caused by this receipt.
    pub receipt: Option<ReceiptId>,
    /// Only those that ended with this outcome, as in listings.
    pub outcome: Option<String>,
    /// Only those that execute, or only those that do not.
    pub executing: Option<bool>,
    /// Only those that were started then.
    pub span: Span,
    /// At most this many.
    pub limit: u32,
    /// Only those behind this one.
    pub after: Option<RunCursor>,
}

impl Default for RunQuery {
    fn default() -> Self {
        let span = Span::default();
        Self {
            agent: None,
            source: None,
            receipt: None,
            outcome: None,
            executing: None,
            span,
            limit: 50,
            after: None,
        }
    }
}

/// A place in the listing of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCursor {
    /// Whether the run there executes.
    pub executing: bool,
    /// When it was started.
    pub started_at: Timestamp,
    /// Which one it is.
    pub run: RunId,
}

impl From<&RunRow> for RunCursor {
    fn from(row: &RunRow) -> Self {
        let attempt = &row.attempt;
        Self { executing: attempt.finished_at.is_none(), started_at: attempt.started_at, run: row.run }
    }
}

impl fmt::Display for RunCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.executing { "executing" } else { "ended" };
        write!(f, "{state}.{}.{}", self.started_at.as_millis(), self.run)
    }
}

/// A text that is no place in a listing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place in the list of runs")]
pub struct InvalidCursor(String);

impl FromStr for RunCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let invalid = || InvalidCursor(text.to_owned());
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or_else(invalid);
        let executing = match next()? {
            "executing" => true,
            "ended" => false,
            _ => return Err(invalid()),
        };
        let started_at = Timestamp::from_millis(next()?.parse().map_err(|_| invalid())?);
        let run = next()?.parse().map_err(|_: InvalidId| invalid())?;
        Ok(Self { executing, started_at, run })
    }
}
