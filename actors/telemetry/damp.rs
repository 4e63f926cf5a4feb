//! How often a repeated fact is worth a log line.
//!
//! A crash loop or a flood must not fill the disk with its own description. Each kind of fact has a
//! bucket of lines for each subject (a source, an agent, an actor); what finds it empty is counted,
//! and the count is told with the next line, or by itself when no line follows.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use tracing::Level;

/// Subjects are sources, agents and actors: bounded by the configuration. Should a kind have more
/// of them, the rest shares one bucket.
const MOST_SUBJECTS: usize = 20_000;

/// How many lines a subject has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    /// So many at once.
    pub(super) burst: f64,
    /// And so many a second from then on.
    pub(super) per_second: f64,
}

/// Facts that got no line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeftOut {
    pub(super) kind: &'static str,
    pub(super) subject: Box<str>,
    pub(super) level: Level,
    pub(super) count: u64,
}

#[derive(Debug)]
struct Bucket {
    limit: Limit,
    level: Level,
    lines: f64,
    filled: Instant,
    left_out: u64,
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled);
        self.lines = self.limit.per_second.mul_add(passed.as_secs_f64(), self.lines).min(self.limit.burst);
        self.filled = now;
    }

    /// Takes a line out; the number of facts that it also speaks for.
    fn take(&mut self) -> Option<u64> {
        if self.lines < 1.0 {
            return None;
        }
        self.lines -= 1.0;
        Some(std::mem::take(&mut self.left_out))
    }
}

/// The buckets of all kinds.
#[derive(Debug, Default)]
pub(super) struct Damper {
    kinds: HashMap<&'static str, HashMap<Box<str>, Bucket>>,
}

impl Damper {
    /// Whether a fact gets a line, and how many earlier ones did not.
    pub(super) fn admit(
        &mut self,
        kind: &'static str,
        subject: &str,
        (level, limit): (Level, Limit),
        now: Instant,
    ) -> Option<u64> {
        let buckets = self.kinds.entry(kind).or_default();
        let subject =
            if buckets.len() < MOST_SUBJECTS || buckets.contains_key(subject) { subject } else { "" };
        let bucket = match buckets.get_mut(subject) {
            Some(bucket) => bucket,
            None => buckets.entry(subject.into()).or_insert(Bucket {
                limit,
                level,
                lines: limit.burst,
                filled: now,
                left_out: 0,
            }),
        };
        bucket.level = level;
        bucket.fill(now);
        let earlier = bucket.take();
        if earlier.is_none() {
            bucket.left_out += 1;
        }
        earlier
    }

    /// What was left out and may be told now. Forgets subjects that have been quiet.
    pub(super) fn due(&mut self, now: Instant) -> Vec<LeftOut> {
        let mut due = Vec::new();
        for (kind, buckets) in &mut self.kinds {
            buckets.retain(|subject, bucket| {
                bucket.fill(now);
                if bucket.left_out > 0
                    && let Some(count) = bucket.take()
                {
                    due.push(LeftOut { kind, subject: subject.clone(), level: bucket.level, count });
                }
                bucket.left_out > 0 || bucket.lines < bucket.limit.burst
            });
        }
        due
    }

    /// Everything that was left out, at the end.
    pub(super) fn rest(&mut self) -> Vec<LeftOut> {
        self.due(Instant::now() + Duration::from_secs(365 * 24 * 3600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCE_A_MINUTE: (Level, Limit) = (Level::WARN, Limit { burst: 1.0, per_second: 1.0 / 60.0 });

    #[test]
    fn the_first_of_a_flood_is_told_at_once_and_the_rest_with_its_count_a_minute_later() {
        let mut damper = Damper::default();
        let start = Instant::now();
        assert_eq!(damper.admit("refused", "github", ONCE_A_MINUTE, start), Some(0));
        for _ in 0..999 {
            assert_eq!(damper.admit("refused", "github", ONCE_A_MINUTE, start), None);
        }
        assert_eq!(damper.due(start + Duration::from_secs(59)), []);
        let told = damper.due(start + Duration::from_secs(61));
        let expected = LeftOut { kind: "refused", subject: "github".into(), level: Level::WARN, count: 999 };
        assert_eq!(told, [expected]);
        assert_eq!(damper.due(start + Duration::from_secs(200)), []);
        assert!(damper.kinds["refused"].is_empty(), "who has been quiet is forgotten");
    }

    #[test]
    fn a_line_that_follows_carries_the_count() {
        let mut damper = Damper::default();
        let start = Instant::now();
        for expected in [Some(0), None, None] {
            assert_eq!(damper.admit("refused", "github", ONCE_A_MINUTE, start), expected);
        }
        let later = start + Duration::from_secs(61);
        assert_eq!(damper.admit("refused", "github", ONCE_A_MINUTE, later), Some(2));
        assert_eq!(damper.rest(), []);
    }

    #[test]
    fn subjects_do_not_take_each_others_lines() {
        let mut damper = Damper::default();
        let now = Instant::now();
        for subject in ["one", "two"] {
            assert_eq!(damper.admit("refused", subject, ONCE_A_MINUTE, now), Some(0));
        }
    }

    #[test]
    fn an_endless_crash_loop_writes_a_bounded_number_of_lines() {
        let limit = (Level::WARN, Limit { burst: 20.0, per_second: 0.2 });
        let mut damper = Damper::default();
        let start = Instant::now();
        let lines = (0..100_000_u64)
            .filter(|crash| {
                let now = start + Duration::from_millis(crash * 3);
                damper.admit("run_ended", "crashing", limit, now).is_some()
            })
            .count();
        assert!((60..=90).contains(&lines), "{lines} lines in five minutes");
    }
}
