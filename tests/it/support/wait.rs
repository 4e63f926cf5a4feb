//! Waiting, never for ever.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Nothing that a test waits for takes longer on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks, so that looking does not take the machine from the work.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until something is so.
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(within(PATIENCE, is_so), "not within {PATIENCE:?}: {what}");
}

/// Waits until something is so, for a while; whether it came to be.
pub(crate) fn within(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
}
