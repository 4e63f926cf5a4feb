//! How a job moves: the rules that every engine shares.

use crate::{
    domain::{AttemptOutcome, Disposition, History, JobState, Reason, Timestamp},
    store::{Finish, Rescue},
};

/// Where a job stands after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Transition {
    pub(in crate::store) state: JobState,
    /// Its new time, where it waits again.
    pub(in crate::store) due: Option<Timestamp>,
    /// Why, where it is a dead letter.
    pub(in crate::store) reason: Option<Reason>,
    /// This attempt counted.
    pub(in crate::store) history: History,
}

/// Moves a job whose attempt ended. One for which another stands is over, unless it was done.
pub(in crate::store) fn after_attempt(
    mut history: History,
    is_superseded: bool,
    finish: &Finish,
) -> Transition {
    let count = match &finish.outcome {
        // A limit of somebody else's service is nobody's failure.
        AttemptOutcome::Completed | AttemptOutcome::RateLimited { .. } => None,
        AttemptOutcome::Interrupted => Some(&mut history.interruptions),
        AttemptOutcome::Snooze => Some(&mut history.snoozes),
        AttemptOutcome::Failed { .. }
        | AttemptOutcome::NotDone { .. }
        | AttemptOutcome::GaveUp { .. }
        | AttemptOutcome::Stalled
        | AttemptOutcome::Killed { .. }
        | AttemptOutcome::TimedOut
        | AttemptOutcome::NotStarted { .. } => Some(&mut history.failures),
    };
    let counts = !matches!(finish.disposition, Disposition::PutBack { .. });
    if let (Some(count), true) = (count, counts) {
        *count = count.saturating_add(1);
    }
    let (state, due, reason) = match &finish.disposition {
        disposition if is_superseded && *disposition != Disposition::Complete => {
            (JobState::Cancelled, None, Some(Reason::Superseded))
        }
        Disposition::Complete => (JobState::Completed, None, None),
        Disposition::Retry { at } => (waiting(finish, *at), Some(*at), None),
        Disposition::PutBack { at } if *at <= finish.at => (JobState::Available, Some(*at), None),
        Disposition::PutBack { at } => (JobState::Scheduled, Some(*at), None),
        Disposition::Cancel => (JobState::Cancelled, None, None),
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
pub(in crate::store) fn after_loss(history: History, rescue: &Rescue) -> Disposition {
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
    use crate::{
        domain::{Attempt, JobId, NodeId, NodeLife, RunId},
        store::RescueScope,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LIFE: NodeLife = NodeLife { node: NodeId::new(0).unwrap(), life: 1 };
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn ended(outcome: AttemptOutcome, disposition: Disposition) -> Transition {
        let run = RunId { job: JobId::from_raw(1), attempt: Attempt(1) };
        after_attempt(History::default(), false, &Finish::new(run, outcome, disposition, NOW))
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
    fn an_attempt_that_was_put_back_counts_for_nothing() {
        for outcome in [AttemptOutcome::Interrupted, AttemptOutcome::NotStarted { error: "EMFILE".into() }] {
            let now = ended(outcome.clone(), Disposition::PutBack { at: NOW });
            assert_eq!((now.state, now.history), (JobState::Available, History::default()));
            let later = ended(outcome, Disposition::PutBack { at: LATER });
            assert_eq!(
                (later.state, later.due, later.history),
                (JobState::Scheduled, Some(LATER), History::default())
            );
        }
    }

    #[test]
    fn a_job_that_loses_its_runs_again_and_again_is_given_up() {
        let rescue = Rescue { now: NOW, scope: RescueScope::EarlierLives(LIFE), max_interruptions: 2 };
        let once = History::default();
        let twice = History { interruptions: 1, ..once };
        assert_eq!(after_loss(once, &rescue), Disposition::Retry { at: NOW });
        assert_eq!(
            after_loss(twice, &rescue),
            Disposition::Discard(Reason::InterruptedTooOften { interruptions: 2 })
        );
    }
}
