//! What the end of a process means.

use super::phase::{Phase, StopReason};
use crate::runner::OutcomeKind;

/// The work is done.
const DONE: i32 = 0;
/// `EX_TEMPFAIL` of BSD's `sysexits.h`: not now, try again.
const TRY_AGAIN: i32 = 75;
/// What `timeout(1)` exits with when the time was up.
const TIME_WAS_UP: i32 = 124;

/// Reads how the leader ended, given what the gate did to it.
///
/// Exit 0 promises that the work is done, so a run that a shutdown's grace let finish counts as
/// finished. A timeout was exceeded whatever the command says about it afterwards.
pub(super) fn meaning(phase: Phase, code: Option<i32>, signal: Option<i32>) -> OutcomeKind {
    match phase {
        Phase::Asked(StopReason::Timeout) | Phase::Killed(StopReason::Timeout) => OutcomeKind::TimedOut,
        Phase::Asked(StopReason::Stop) | Phase::Killed(StopReason::Stop) if code == Some(DONE) => {
            OutcomeKind::Completed
        }
        Phase::Asked(StopReason::Stop) | Phase::Killed(StopReason::Stop) => OutcomeKind::Interrupted,
        Phase::Running => match (code, signal) {
            (Some(code), _) => of_exit_code(code),
            (None, Some(signal)) => OutcomeKind::Killed { signal },
            // The kernel lost the status: something else in this process reaped the leader.
            (None, None) => OutcomeKind::Interrupted,
        },
    }
}

fn of_exit_code(code: i32) -> OutcomeKind {
    match code {
        DONE => OutcomeKind::Completed,
        TRY_AGAIN => OutcomeKind::Snooze,
        TIME_WAS_UP => OutcomeKind::TimedOut,
        code => OutcomeKind::Failed { code },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_agents_are_told_they_mean() {
        assert_eq!(of_exit_code(0), OutcomeKind::Completed);
        assert_eq!(of_exit_code(75), OutcomeKind::Snooze);
        assert_eq!(of_exit_code(124), OutcomeKind::TimedOut);
        for code in [1, 2, 74, 76, 123, 125, 126, 127, 255] {
            assert_eq!(of_exit_code(code), OutcomeKind::Failed { code });
        }
    }

    #[test]
    fn what_the_gate_did_outweighs_what_the_command_says_but_for_work_that_is_done() {
        let asked = Phase::Asked(StopReason::Stop);
        assert_eq!(meaning(asked, Some(0), None), OutcomeKind::Completed);
        assert_eq!(meaning(asked, Some(3), None), OutcomeKind::Interrupted);
        assert_eq!(meaning(Phase::Asked(StopReason::Timeout), Some(0), None), OutcomeKind::TimedOut);
        assert_eq!(meaning(Phase::Running, None, Some(9)), OutcomeKind::Killed { signal: 9 });
    }
}
