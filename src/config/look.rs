//! Looking at a file system that may not answer.
//!
//! A dead network share keeps whoever asks for something on it, perhaps for ever. Neither a start nor a
//! reload nor `check` may wait for it on behalf of one agent.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// What answers at all does so sooner.
const PATIENCE: Duration = Duration::from_secs(1);
/// For all looks together, however many shares are dead; what is looked at later has to answer at once.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(3);
const AT_ONCE: Duration = Duration::from_millis(20);

/// Looks, each on a thread that is left behind where nothing answers.
pub(super) struct Looks {
    end: Instant,
}

impl Looks {
    pub(super) fn new() -> Self {
        Self { end: Instant::now() + PATIENCE_FOR_ALL }
    }

    /// What `look` finds; `None` where it gets no answer.
    pub(super) fn at<T: Send + 'static>(&self, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (found, answer) = mpsc::sync_channel(1);
        let look = move || drop(found.send(look()));
        thread::Builder::new().name("look".to_owned()).spawn(look).ok()?;
        let left = self.end.saturating_duration_since(Instant::now());
        answer.recv_timeout(left.clamp(AT_ONCE, PATIENCE)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_left_behind() {
        let looks = Looks::new();
        assert_eq!(looks.at(|| 7), Some(7));
        let begun = Instant::now();
        for _ in 0..20 {
            assert_eq!(looks.at(thread::park), None);
        }
        assert!(begun.elapsed() < 2 * PATIENCE_FOR_ALL, "{:?}", begun.elapsed());
    }
}
