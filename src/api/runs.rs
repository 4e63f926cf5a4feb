//! Runs: the attempts of jobs.

use herdgate_actors::{
    domain::{AgentName, AttemptOutcome, JobId, ReceiptId, RunId, SourceName},
    store::RunRow,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ids::{Id, RunKey},
    jobs::Trigger,
    list::Listed,
    reports::Report,
    time::Time,
};

/// Which runs: those under way come first, then the latest start.
pub type RunsQuery = Listed<RunsFilter>;

/// Which of them; all that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct RunsFilter {
    /// Only of this agent.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Only those under way, or that ended so.
    #[param(inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Only caused by deliveries to this source.
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Only caused by this delivery.
    #[param(value_type = Option<Id>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
}

/// Where a run stands, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Under way.
    Executing,
    /// Exit 0.
    Completed,
    /// Another exit code.
    Failed,
    /// Its program says that the work is not done, or nothing at all, whatever its exit code.
    NotDone,
    /// The same, and another attempt would meet the same.
    GaveUp,
    /// Silent for too long.
    Stalled,
    /// The service of its model takes no more for now.
    RateLimited,
    /// Ended by a signal that the gate did not send.
    Killed,
    /// Took longer than its timeout.
    TimedOut,
    /// Asked for another try.
    TryAgain,
    /// The gate ended it, or died.
    Interrupted,
    /// Could not be started.
    NotStarted,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Its id.
    #[schema(value_type = RunKey)]
    pub id: RunId,
    /// Its job.
    #[schema(value_type = Id)]
    pub job: JobId,
    /// Which try of the job it is, counted from 1.
    pub attempt: u32,
    /// Whose.
    #[schema(value_type = String)]
    pub agent: AgentName,
    /// Why its job exists.
    pub trigger: Trigger,
    /// The delivery that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    pub receipt: Option<ReceiptId>,
    /// Where it stands, or how it ended.
    pub state: State,
    /// The exit code of one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended one that was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why it ended so, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it was started.
    pub started_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// How long it ran. Absent while it does, and where nobody was there to see its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// What it told of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// How far a run that is under way has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It runs.
    Running,
    /// It was told to end.
    Stopping,
    /// It is over, and that is being written down.
    Recording,
}

/// Which part of a log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only the last so many bytes. Where it is absent, and there is no `Range`, all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<u64>,
    /// Go on until the run ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub follow: bool,
}

/// What was done to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunChanged {
    /// Which.
    #[schema(value_type = RunKey)]
    pub run: RunId,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Executing,
        Self::Completed,
        Self::Failed,
        Self::NotDone,
        Self::GaveUp,
        Self::Stalled,
        Self::RateLimited,
        Self::Killed,
        Self::TimedOut,
        Self::TryAgain,
        Self::Interrupted,
        Self::NotStarted,
    ];

    /// The name as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executing => "executing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::NotDone => "not_done",
            Self::GaveUp => "gave_up",
            Self::Stalled => "stalled",
            Self::RateLimited => "rate_limited",
            Self::Killed => "killed",
            Self::TimedOut => "timed_out",
            Self::TryAgain => "try_again",
            Self::Interrupted => "interrupted",
            Self::NotStarted => "not_started",
        }
    }

    /// Whether it ended, and its work is not done.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Failed
            | Self::NotDone
            | Self::GaveUp
            | Self::Stalled
            | Self::Killed
            | Self::TimedOut
            | Self::NotStarted => true,
            Self::Executing | Self::Completed | Self::RateLimited | Self::TryAgain | Self::Interrupted => {
                false
            }
        }
    }

    /// How an attempt ended; under way where it has not.
    pub const fn of(outcome: Option<&AttemptOutcome>) -> Self {
        match outcome {
            None => Self::Executing,
            Some(AttemptOutcome::Completed) => Self::Completed,
            Some(AttemptOutcome::Failed { .. }) => Self::Failed,
            Some(AttemptOutcome::NotDone { .. }) => Self::NotDone,
            Some(AttemptOutcome::GaveUp { .. }) => Self::GaveUp,
            Some(AttemptOutcome::Stalled) => Self::Stalled,
            Some(AttemptOutcome::RateLimited { .. }) => Self::RateLimited,
            Some(AttemptOutcome::Killed { .. }) => Self::Killed,
            Some(AttemptOutcome::TimedOut) => Self::TimedOut,
            Some(AttemptOutcome::Snooze) => Self::TryAgain,
            Some(AttemptOutcome::Interrupted) => Self::Interrupted,
            Some(AttemptOutcome::NotStarted { .. }) => Self::NotStarted,
        }
    }
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        let attempt = row.attempt;
        let outcome = attempt.outcome.as_ref();
        let (exit_code, signal) = match outcome {
            Some(AttemptOutcome::Failed { code }) => (Some(*code), None),
            Some(AttemptOutcome::Killed { signal }) => (None, Some(*signal)),
            _ => (None, None),
        };
        // Nobody saw when an interrupted run ended.
        let seen = !matches!(outcome, Some(AttemptOutcome::Interrupted));
        let took = attempt.finished_at.filter(|_| seen).map(|end| end.since(attempt.started_at));
        Self {
            id: row.run,
            job: row.run.job,
            attempt: row.run.attempt.0,
            agent: row.agent,
            trigger: row.trigger.into(),
            receipt: row.receipt,
            state: State::of(outcome),
            exit_code,
            signal,
            detail: outcome.and_then(AttemptOutcome::detail),
            started_at: attempt.started_at.into(),
            finished_at: attempt.finished_at.map(Time),
            took_ms: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            report: Report::of(attempt.report),
        }
    }
}
