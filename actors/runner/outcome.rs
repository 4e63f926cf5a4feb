//! What the end of a run means for its job.

use crate::{runner::RunExit, store::AttemptOutcome};

/// The work is done.
const DONE: i32 = 0;
/// `EX_TEMPFAIL` of BSD's `sysexits.h`: not now, try again.
const TRY_AGAIN: i32 = 75;
/// What `timeout(1)` exits with when the time was up.
const TIME_WAS_UP: i32 = 124;

/// Reads an end as the outcome of an attempt.
pub fn outcome(ended: RunExit) -> AttemptOutcome {
    match ended {
        RunExit::Exited(DONE) => AttemptOutcome::Completed,
        RunExit::Exited(TRY_AGAIN) => AttemptOutcome::Snooze,
        RunExit::Exited(TIME_WAS_UP) | RunExit::TimedOut => AttemptOutcome::TimedOut,
        RunExit::Exited(code) => AttemptOutcome::Failed { code },
        RunExit::Signalled(signal) => AttemptOutcome::Killed { signal },
        RunExit::Stopped => AttemptOutcome::Interrupted,
        RunExit::NotStarted(error) => AttemptOutcome::NotStarted { error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_agents_are_told_they_mean() {
        assert_eq!(outcome(RunExit::Exited(0)), AttemptOutcome::Completed);
        assert_eq!(outcome(RunExit::Exited(75)), AttemptOutcome::Snooze);
        assert_eq!(outcome(RunExit::Exited(124)), AttemptOutcome::TimedOut);
        for code in [1, 2, 74, 76, 123, 125, 126, 127, 255] {
            assert_eq!(outcome(RunExit::Exited(code)), AttemptOutcome::Failed { code });
        }
    }

    #[test]
    fn an_end_from_outside_is_told_apart_from_an_exit() {
        assert_eq!(outcome(RunExit::Signalled(9)), AttemptOutcome::Killed { signal: 9 });
        assert_eq!(outcome(RunExit::TimedOut), AttemptOutcome::TimedOut);
        assert_eq!(outcome(RunExit::Stopped), AttemptOutcome::Interrupted);
        let error = "cannot start `x`".to_owned();
        assert_eq!(outcome(RunExit::NotStarted(error.clone())), AttemptOutcome::NotStarted { error });
    }
}
