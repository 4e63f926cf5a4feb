//! When an actor comes back, and when it has had its chances.

use std::time::Duration;

/// What to do about an actor that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartDecision {
    /// Bring it back after this pause; its mailbox keeps filling meanwhile.
    Restart(Duration),
    /// It failed too often.
    GiveUp,
}

/// A budget of restarts over a window, with a growing pause between them.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How many restarts within `window` are put up with.
    pub budget: u32,
    /// Restarts longer ago are forgotten.
    pub window: Duration,
    /// The pause before the first restart in a window; doubles with each further one.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// When the restarts of the window were, since the actor's first start.
    restarts: Vec<Duration>,
}

impl Default for Policy {
    /// Twenty restarts in a minute: one poisonous message stays far below, a broken actor reaches
    /// it in well under a minute.
    fn default() -> Self {
        Self::new(20, Duration::from_secs(60), Duration::from_millis(5), Duration::from_secs(1))
    }
}

impl Policy {
    /// A policy without a past.
    pub const fn new(budget: u32, window: Duration, pause: Duration, pause_max: Duration) -> Self {
        Self { budget, window, pause, pause_max, restarts: Vec::new() }
    }

    /// Judges an end that came `age` after the actor's first start.
    pub(crate) fn decide(&mut self, age: Duration) -> RestartDecision {
        self.restarts.retain(|restart| age.saturating_sub(*restart) < self.window);
        let recent = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        if recent >= self.budget {
            return RestartDecision::GiveUp;
        }
        self.restarts.push(age);
        RestartDecision::Restart(self.pause.saturating_mul(2_u32.saturating_pow(recent)).min(self.pause_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn policy() -> Policy {
        Policy::new(3, secs(60), secs(1), secs(3))
    }

    #[test]
    fn pauses_grow_up_to_the_longest_and_then_the_budget_ends() {
        let mut policy = policy();
        let verdicts: Vec<_> = (0..4).map(|age| policy.decide(secs(age))).collect();
        assert_eq!(
            verdicts,
            [
                RestartDecision::Restart(secs(1)),
                RestartDecision::Restart(secs(2)),
                RestartDecision::Restart(secs(3)),
                RestartDecision::GiveUp
            ]
        );
    }

    #[test]
    fn restarts_outside_the_window_are_forgiven() {
        let mut policy = policy();
        for round in 0..100 {
            assert_eq!(policy.decide(secs(round * 61)), RestartDecision::Restart(secs(1)));
        }
    }
}
