//! Tests that could not run say so.
//!
//! The test harness hides what a passing test prints, so a test that skips itself looks like one
//! that passed. Here it is listed in one line after the harness' own summary, and where the machine
//! is supposed to have everything (`HERDGATE_TESTS_MUST_RUN=1`, as `.ci/run` sets it) it fails.

use std::sync::{Mutex, PoisonError};

static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says that `test` could not run, and why: a tool is missing, or a right.
///
/// # Panics
/// Where every test must run.
pub fn cannot_run(test: &str, why: &str) {
    let must = std::env::var_os("HERDGATE_TESTS_MUST_RUN").is_some_and(|value| value == "1");
    assert!(!must, "{test} must run here and cannot: {why}");
    tell_at_exit(format!("{test} ({why})"));
}

/// Says that `test` was not asked for: its input lies outside the project.
pub fn not_asked_for(test: &str, why: &str) {
    tell_at_exit(format!("{test} ({why})"));
}

fn tell_at_exit(entry: String) {
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if skipped.is_empty() {
        // SAFETY: the handler takes no lock that is held at exit and does not unwind.
        #[expect(unsafe_code, reason = "the harness has no hook after its summary")]
        unsafe {
            libc::atexit(tell);
        }
    }
    skipped.push(entry);
}

extern "C" fn tell() {
    let Ok(skipped) = SKIPPED.try_lock() else { return };
    let count = skipped.len();
    let text = format!("{count} skipped, so not tested here: {}\n\n", skipped.join(", "));
    // SAFETY: the pointer and the length are those of `text`. Standard error's own lock may be gone.
    #[expect(unsafe_code, reason = "the standard library may be torn down already")]
    unsafe {
        libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
    }
}
