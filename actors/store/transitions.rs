//! How a job moves: the rules that every engine shares.

use super::records::{AttemptOutcome, Disposition, Finish, History, JobState, Reason, Rescue};
use crate::domain::Timestamp;

/// Where a job stands after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transition {
    pub(super) state: JobState,
    /// Its new time, where it waits again.
    pub(super) due: Option<Timestamp>,
    /// Why, where it is a dead letter.
    pub(super) reason: Option<Reason>,
    /// This attempt counted.
    pub(super) history: History,
}

/// Moves a job whose attempt ended.
pub(super) fn after_attempt(mut history: History, finish: &Finish) -> Transition {
    let count = match &finish.outcome {
        AttemptOutcome::Completed => None,
        AttemptOutcome::Interrupted => Some(&mut history.interruptions),
        AttemptOutcome::Snooze => Some(&mut history.snoozes),
        AttemptOutcome::Failed { .. }
        | AttemptOutcome::Killed { .. }
        | AttemptOutcome::TimedOut
        | AttemptOutcome::NotStarted { .. } => Some(&mut history.failures),
    };
    if let Some(count) = count {
        *count = count.saturating_add(1);
    }
    let (state, due, reason) = match &finish.disposition {
        Disposition::Complete => (JobState::Completed, None, None),
        Disposition::Retry { at } => (waiting(finish, *at), Some(*at), None),
        Disposition::Discard(reason) => (JobState::Discarded, None, Some(reason.clone())),
    };
    Transition { state, due, reason, history }
}

/// How a job waits for its next attempt.
fn waiting(finish: &Finish, at: Timestamp) -> JobState {
    match finish.outcome {
        AttemptOutcome::Interrupted if at <= finish.at => JobState::Available,
        AttemptOutcome::Interrupted | AttemptOutcome::Snooze => JobState::Scheduled,
        _ => JobState::Retryable,
    }
}

/// What happens to a job whose run is gone.
pub(super) fn after_loss(history: History, rescue: &Rescue) -> Disposition {
    let interruptions = history.interruptions.saturating_add(1);
    if interruptions < rescue.max_interruptions {
        Disposition::Retry { at: rescue.now }
    } else {
        Disposition::Discard(Reason::InterruptedTooOften { interruptions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attempt, JobId, RunId};

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn ended(outcome: AttemptOutcome, disposition: Disposition) -> Transition {
        let run = RunId { job: JobId::from_raw(1), attempt: Attempt(1) };
        after_attempt(History::default(), &Finish { run, outcome, disposition, at: NOW })
    }

    #[test]
    fn only_a_failure_makes_a_job_retryable() {
        let retry = Disposition::Retry { at: LATER };
        let failed = ended(AttemptOutcome::Failed { code: 1 }, retry.clone());
        assert_eq!((failed.state, failed.history.failures), (JobState::Retryable, 1));
        let postponed = ended(AttemptOutcome::Snooze, retry.clone());
        assert_eq!((postponed.state, postponed.history.snoozes), (JobState::Scheduled, 1));
        let interrupted = ended(AttemptOutcome::Interrupted, retry);
        assert_eq!((interrupted.state, interrupted.history.interruptions), (JobState::Scheduled, 1));
    }

    #[test]
    fn an_interrupted_job_that_is_due_is_available() {
        let moved = ended(AttemptOutcome::Interrupted, Disposition::Retry { at: NOW });
        assert_eq!((moved.state, moved.due), (JobState::Available, Some(NOW)));
    }

    #[test]
    fn a_job_that_loses_its_runs_again_and_again_is_given_up() {
        let rescue = Rescue { now: NOW, all: true, max_interruptions: 2 };
        let once = History::default();
        let twice = History { interruptions: 1, ..once };
        assert_eq!(after_loss(once, &rescue), Disposition::Retry { at: NOW });
        assert_eq!(
            after_loss(twice, &rescue),
            Disposition::Discard(Reason::InterruptedTooOften { interruptions: 2 })
        );
    }
}
