//! What happens to a job after an attempt.

use std::time::Duration;

use crate::{
    domain::{RetryPolicy, Timestamp},
    store::{AttemptOutcome, Disposition, History, Reason},
};

/// From this many interruptions on a job is a dead letter: it may be what brings the gate down.
pub const MAX_INTERRUPTIONS: u32 = 10;

/// Limits of models' services end within a week; what lies beyond that is a mistake.
const LONGEST_LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Decides by outcome and history. `dice`, from 0 to 1, spreads the retries of jobs that failed
/// together.
pub(super) fn decide(
    policy: &RetryPolicy,
    outcome: &AttemptOutcome,
    history: &History,
    now: Timestamp,
    jitter: f64,
) -> Disposition {
    let again = |tries: u32| Disposition::Retry { at: now.plus(pause(policy, tries, jitter)) };
    match outcome {
        AttemptOutcome::Completed => Disposition::Complete,
        AttemptOutcome::GaveUp { .. } => Disposition::Discard(Reason::NotRetried),
        AttemptOutcome::RateLimited { until } => Disposition::PutBack { at: reset(policy, *until, now) },
        AttemptOutcome::TimedOut if !policy.retry_timeouts => Disposition::Discard(Reason::NotRetried),
        AttemptOutcome::Failed { .. }
        | AttemptOutcome::NotDone { .. }
        | AttemptOutcome::Stalled
        | AttemptOutcome::Killed { .. }
        | AttemptOutcome::TimedOut
        | AttemptOutcome::NotStarted { .. } => {
            let failures = history.failures.saturating_add(1);
            if failures < policy.attempts {
                again(failures)
            } else {
                Disposition::Discard(Reason::AttemptsUsedUp { failures })
            }
        }
        AttemptOutcome::Snooze => {
            let snoozes = history.snoozes.saturating_add(1);
            if snoozes < policy.snoozes {
                again(snoozes)
            } else {
                Disposition::Discard(Reason::SnoozedTooOften { snoozes })
            }
        }
        AttemptOutcome::Interrupted => {
            let interruptions = history.interruptions.saturating_add(1);
            if interruptions < MAX_INTERRUPTIONS {
                Disposition::Retry { at: now }
            } else {
                Disposition::Discard(Reason::InterruptedTooOften { interruptions })
            }
        }
    }
}

/// When a service that limits its requests is asked again: when it says so, within reason, or after the
/// longest pause.
fn reset(policy: &RetryPolicy, until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let soonest = now.plus(policy.backoff.min(policy.backoff_max));
    until.unwrap_or_else(|| now.plus(policy.backoff_max)).clamp(soonest, soonest.plus(LONGEST_LIMIT))
}

/// The pause after try number `tries`, from 1: doubled each time and capped, then up to a quarter
/// longer or shorter.
///
/// Jobs that failed together, because what they all need was down, must not come back together. A
/// quarter either way keeps what the user configured recognizable in listings, where a draw between
/// nothing and all would sometimes try again at once. No pause is longer than the longest.
fn pause(policy: &RetryPolicy, tries: u32, jitter: f64) -> Duration {
    const SPREAD: f64 = 0.25;
    let longest = policy.backoff_max.as_secs_f64();
    let doubled = policy.backoff.as_secs_f64() * 2_f64.powf(f64::from(tries.saturating_sub(1)));
    let jitter = if jitter.is_nan() { 0.5 } else { jitter.clamp(0.0, 1.0) };
    let seconds = doubled.min(longest / (1.0 + SPREAD)) * (1.0 - SPREAD + 2.0 * SPREAD * jitter);
    // What no duration can hold is longer than the longest, but for rounding.
    Duration::try_from_secs_f64(seconds).map_or(policy.backoff_max, |pause| pause.min(policy.backoff_max))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn decided(outcome: &AttemptOutcome, history: History) -> Disposition {
        decide(&RetryPolicy::default(), outcome, &history, NOW, 0.5)
    }

    fn failed(failures: u32) -> Disposition {
        decided(&AttemptOutcome::Failed { code: 1 }, History { failures, ..History::default() })
    }

    #[test]
    fn failures_are_tried_again_with_growing_pauses_until_attempts_are_used_up() {
        assert_eq!(failed(0), Disposition::Retry { at: NOW.plus(Duration::from_secs(10)) });
        assert_eq!(failed(1), Disposition::Retry { at: NOW.plus(Duration::from_secs(20)) });
        assert_eq!(failed(2), Disposition::Discard(Reason::AttemptsUsedUp { failures: 3 }));
    }

    #[test]
    fn timeouts_are_tried_again_only_by_option() {
        let once = History::default();
        assert_eq!(decided(&AttemptOutcome::TimedOut, once), Disposition::Discard(Reason::NotRetried));
        let policy = RetryPolicy { retry_timeouts: true, ..RetryPolicy::default() };
        let decided = decide(&policy, &AttemptOutcome::TimedOut, &once, NOW, 0.5);
        assert!(matches!(decided, Disposition::Retry { .. }));
    }

    #[test]
    fn what_another_attempt_would_meet_again_is_not_tried_again() {
        let gave_up = AttemptOutcome::GaveUp { why: "its turns are used up".into() };
        assert_eq!(decided(&gave_up, History::default()), Disposition::Discard(Reason::NotRetried));
    }

    #[test]
    fn a_limit_of_the_service_is_waited_for_and_counts_for_nothing() {
        let limited = |until| decided(&AttemptOutcome::RateLimited { until }, History::default());
        let hour = NOW.plus(Duration::from_secs(3600));
        assert_eq!(limited(Some(hour)), Disposition::PutBack { at: hour });
        assert_eq!(limited(None), Disposition::PutBack { at: NOW.plus(Duration::from_secs(600)) });
        let past = Some(Timestamp::from_millis(0));
        assert_eq!(limited(past), Disposition::PutBack { at: NOW.plus(Duration::from_secs(10)) });
    }

    #[test]
    fn interruptions_count_for_themselves_and_are_bounded() {
        let history = |interruptions| History { interruptions, failures: 99, ..History::default() };
        assert_eq!(decided(&AttemptOutcome::Interrupted, history(3)), Disposition::Retry { at: NOW });
        assert_eq!(
            decided(&AttemptOutcome::Interrupted, history(MAX_INTERRUPTIONS - 1)),
            Disposition::Discard(Reason::InterruptedTooOften { interruptions: MAX_INTERRUPTIONS })
        );
    }

    #[test]
    fn a_run_may_ask_for_another_try_often_and_not_for_ever() {
        let history = |snoozes| History { snoozes, failures: 99, interruptions: 0 };
        assert!(matches!(decided(&AttemptOutcome::Snooze, history(998)), Disposition::Retry { .. }));
        assert_eq!(
            decided(&AttemptOutcome::Snooze, history(999)),
            Disposition::Discard(Reason::SnoozedTooOften { snoozes: 1_000 })
        );
    }

    #[test]
    fn pauses_of_jobs_that_failed_together_differ_by_up_to_a_quarter() {
        let policy = RetryPolicy::default();
        assert_eq!(pause(&policy, 2, 0.0), Duration::from_secs(15));
        assert_eq!(pause(&policy, 2, 0.5), Duration::from_secs(20));
        assert_eq!(pause(&policy, 2, 1.0), Duration::from_secs(25));
        assert_eq!(pause(&policy, 20, 0.0), policy.backoff_max.mul_f64(0.6));
        assert_eq!(pause(&policy, 20, 1.0), policy.backoff_max);
        assert_eq!(pause(&policy, 2, f64::NAN), Duration::from_secs(20));
    }

    fn outcomes() -> impl Strategy<Value = AttemptOutcome> {
        prop::sample::select(vec![
            AttemptOutcome::Completed,
            AttemptOutcome::Failed { code: 1 },
            AttemptOutcome::Killed { signal: 9 },
            AttemptOutcome::TimedOut,
            AttemptOutcome::Stalled,
            AttemptOutcome::NotDone { why: "no result".into() },
            AttemptOutcome::GaveUp { why: "its turns are used up".into() },
            AttemptOutcome::RateLimited { until: None },
            AttemptOutcome::RateLimited { until: Some(Timestamp::from_millis(i64::MAX)) },
            AttemptOutcome::Snooze,
            AttemptOutcome::Interrupted,
            AttemptOutcome::NotStarted { error: "no such file".into() },
        ])
    }

    prop_compose! {
        fn policies()(
            attempts in any::<u32>(),
            backoff in any::<Duration>(),
            backoff_max in any::<Duration>(),
            retry_timeouts in any::<bool>(),
        ) -> RetryPolicy {
            RetryPolicy { attempts, backoff, backoff_max, retry_timeouts, ..RetryPolicy::default() }
        }
    }

    proptest! {
        #[test]
        fn no_policy_history_or_dice_is_too_much(
            policy in policies(), outcome in outcomes(), counts in any::<[u32; 3]>(), jitter in any::<f64>(),
            now in any::<i64>(),
        ) {
            let [failures, interruptions, snoozes] = counts;
            let history = History { failures, interruptions, snoozes };
            let now = Timestamp::from_millis(now);
            match decide(&policy, &outcome, &history, now, jitter) {
                Disposition::Complete => prop_assert_eq!(outcome, AttemptOutcome::Completed),
                Disposition::Retry { at } => {
                    prop_assert!(at >= now && at <= now.plus(policy.backoff_max));
                    prop_assert_ne!(outcome, AttemptOutcome::Completed);
                }
                Disposition::PutBack { at } => {
                    let is_limited = matches!(outcome, AttemptOutcome::RateLimited { .. });
                    prop_assert!(is_limited);
                    prop_assert!(at >= now);
                }
                Disposition::Cancel => prop_assert!(false, "only operators cancel"),
                Disposition::Discard(reason) => prop_assert_ne!(outcome, AttemptOutcome::Completed, "{}", reason),
            }
        }

        #[test]
        fn pauses_never_get_shorter_but_by_dice(policy in policies(), tries in 1..100_u32, jitter in 0.0..=1.0) {
            prop_assert!(pause(&policy, tries, jitter) <= pause(&policy, tries + 1, jitter));
        }

        #[test]
        fn a_job_that_only_fails_is_tried_as_often_as_the_policy_says(attempts in 1..20_u32, jitter in 0.0..=1.0) {
            let policy = RetryPolicy { attempts, ..RetryPolicy::default() };
            let mut history = History::default();
            while let Disposition::Retry { .. } =
                decide(&policy, &AttemptOutcome::Failed { code: 1 }, &history, NOW, jitter)
            {
                history.failures += 1;
            }
            prop_assert_eq!(history.failures + 1, attempts);
        }
    }
}
