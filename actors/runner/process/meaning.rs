//! What the end of a process means.

use super::{
    phase::{Phase, StopReason},
    result_file::{ResultFile, Told},
};
use crate::{
    preset::{Ended, Verdict},
    runner::OutcomeKind,
};

/// The work is done.
const DONE: i32 = 0;
/// `EX_TEMPFAIL` of BSD's `sysexits.h`: not now, try again.
const TRY_AGAIN: i32 = 75;
/// What `timeout(1)` exits with when the time was up.
const TIME_WAS_UP: i32 = 124;

/// How the leader of a run ended, and what the gate did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) phase: Phase,
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

impl End {
    /// The same, as whoever reads the program's own words needs to know it.
    pub(super) fn of_program(self) -> Ended {
        match (self.phase, self.code, self.signal) {
            (Phase::Running, Some(code), _) => Ended::Exit(code),
            (Phase::Running, None, Some(signal)) => Ended::Signal(signal),
            _ => Ended::Lingering,
        }
    }
}

/// Reads how a run ended: by what the gate did to it, by what its program said, by what it wrote into
/// its result file, by its exit code, in this order.
///
/// Work that is done is done, so a run that a shutdown's grace let finish counts as finished. A timeout
/// was exceeded whatever the command says about it afterwards.
pub(super) fn meaning(end: End, said: &Verdict, result: Option<&ResultFile>) -> OutcomeKind {
    match end.phase {
        Phase::Asked(StopReason::Timeout) | Phase::Killed(StopReason::Timeout) => OutcomeKind::TimedOut,
        Phase::Asked(StopReason::Stalled) | Phase::Killed(StopReason::Stalled) => OutcomeKind::Stalled,
        Phase::Asked(StopReason::Stop) | Phase::Killed(StopReason::Stop) => match (said, end.code) {
            (Verdict::Done, _) | (Verdict::ByExit, Some(DONE)) => OutcomeKind::Completed,
            _ => OutcomeKind::Interrupted,
        },
        Phase::Running | Phase::Asked(StopReason::Lingers) | Phase::Killed(StopReason::Lingers) => {
            of_verdict(said).unwrap_or_else(|| of_end(end, result))
        }
    }
}

/// Nothing where only the program's end tells.
fn of_verdict(said: &Verdict) -> Option<OutcomeKind> {
    Some(match said {
        Verdict::Done => OutcomeKind::Completed,
        Verdict::Failed(why) => OutcomeKind::NotDone { why: why.clone() },
        Verdict::Final(why) => OutcomeKind::GaveUp { why: why.clone() },
        Verdict::RateLimited { until } => OutcomeKind::RateLimited { until: *until },
        Verdict::ByExit => return None,
    })
}

fn of_end(end: End, result: Option<&ResultFile>) -> OutcomeKind {
    match (end.code, end.signal) {
        (Some(DONE), _) => match result.and_then(|result| result.outcome) {
            Some(Told::Failed) => {
                let why = result.and_then(|result| result.report.summary.clone());
                OutcomeKind::NotDone { why: why.unwrap_or_else(|| "its result file says so".to_owned()) }
            }
            Some(Told::Retry) => OutcomeKind::Snooze,
            Some(Told::Completed) | None => OutcomeKind::Completed,
        },
        (Some(code), _) => of_exit_code(code),
        (None, Some(signal)) => OutcomeKind::Killed { signal },
        // The kernel lost the status: something else in this process reaped the leader.
        (None, None) => OutcomeKind::Interrupted,
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
    use crate::domain::RunReport;

    const BY_EXIT: Verdict = Verdict::ByExit;

    fn end(phase: Phase, code: i32) -> End {
        End { phase, code: Some(code), signal: None }
    }

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
        assert_eq!(meaning(end(asked, 0), &BY_EXIT, None), OutcomeKind::Completed);
        assert_eq!(meaning(end(asked, 3), &BY_EXIT, None), OutcomeKind::Interrupted);
        let timeout = Phase::Asked(StopReason::Timeout);
        assert_eq!(meaning(end(timeout, 0), &BY_EXIT, None), OutcomeKind::TimedOut);
        let killed = End { phase: Phase::Running, code: None, signal: Some(9) };
        assert_eq!(meaning(killed, &BY_EXIT, None), OutcomeKind::Killed { signal: 9 });
    }

    #[test]
    fn what_a_program_says_of_itself_outweighs_its_exit_code() {
        let failed = Verdict::Failed("no result".to_owned());
        let not_done = OutcomeKind::NotDone { why: "no result".to_owned() };
        assert_eq!(meaning(end(Phase::Running, 0), &failed, None), not_done);
        assert_eq!(meaning(end(Phase::Running, 1), &Verdict::Done, None), OutcomeKind::Completed);
        let lingers = Phase::Killed(StopReason::Lingers);
        assert_eq!(meaning(end(lingers, 143), &Verdict::Done, None), OutcomeKind::Completed);
        let stopped = Phase::Asked(StopReason::Stop);
        assert_eq!(meaning(end(stopped, 143), &Verdict::Done, None), OutcomeKind::Completed);
        assert_eq!(meaning(end(stopped, 0), &failed, None), OutcomeKind::Interrupted);
        let stalled = Phase::Asked(StopReason::Stalled);
        assert_eq!(meaning(end(stalled, 0), &failed, None), OutcomeKind::Stalled);
    }

    #[test]
    fn a_result_file_can_only_take_back_a_success() {
        let report = RunReport { summary: Some("the tests fail".to_owned()), ..RunReport::default() };
        let told = |outcome| ResultFile { outcome: Some(outcome), report: report.clone(), retry_after: None };
        let meant = |code, outcome| meaning(end(Phase::Running, code), &BY_EXIT, Some(&told(outcome)));
        assert_eq!(meant(0, Told::Failed), OutcomeKind::NotDone { why: "the tests fail".to_owned() });
        assert_eq!(meant(0, Told::Retry), OutcomeKind::Snooze);
        assert_eq!(meant(3, Told::Completed), OutcomeKind::Failed { code: 3 });
    }
}
