//! What the process asks of the system before it serves.

use std::{sync::OnceLock, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// What this process was started with; `None` before [`prepare`], or without a limit.
static OPEN_FILES_BEFORE: OnceLock<Option<u64>> = OnceLock::new();

/// How many files this process could open before it raised its limit: what its runs get.
pub fn open_files_before() -> Option<u64> {
    OPEN_FILES_BEFORE.get().copied().flatten()
}

/// Raises the number of open files as far as it goes, and keeps large blocks out of the heap.
pub fn prepare() {
    let limit = getrlimit(Resource::Nofile);
    OPEN_FILES_BEFORE.get_or_init(|| limit.current);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, current = limit.current, "could not raise the number of open files");
    }
    return_large_blocks();
}

/// Descriptors of a gate that does nothing: the store, and pipes and timers of its threads.
const IDLE: usize = 28;
/// The same for each core: two threads with an event loop.
const PER_CORE: usize = 10;
/// Descriptors that runs and answers to operators may need at once, where there are enough.
const FOR_RUNS: usize = 512;

/// Too few files may be open for a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process may open {limit} files at once, and a gate needs {least} before the first connection: \
     raise `ulimit -n`, or LimitNOFILE of the service"
)]
pub struct TooFewFiles {
    /// How many it may open.
    pub limit: usize,
    /// How many it needs.
    pub least: usize,
}

/// How many of the `wanted` connections there can be, so that strangers who open connections never
/// keep runs from starting.
///
/// # Errors
/// There is no room for any.
pub fn connections(wanted: usize) -> Result<usize, TooFewFiles> {
    let limit = getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let possible = within(limit, cores)?;
    if possible < wanted {
        warn!(
            max_connections = wanted,
            possible,
            open_files = limit,
            "fewer connections than configured: raise `ulimit -n`, or LimitNOFILE of the service"
        );
    }
    Ok(possible.min(wanted))
}

fn within(limit: usize, cores: usize) -> Result<usize, TooFewFiles> {
    let idle = IDLE + PER_CORE * cores;
    let least = idle + 8;
    if limit < least {
        return Err(TooFewFiles { limit, least });
    }
    let left = limit - idle;
    Ok(left - (left / 2).min(FOR_RUNS))
}

/// Blocks from here on, in bytes, come from the system one by one and go back to it when freed.
#[cfg(target_env = "gnu")]
const LARGE: std::ffi::c_int = 256 * 1024;

/// By default glibc learns from the first large body to keep such blocks in its heap for good.
#[cfg(target_env = "gnu")]
fn return_large_blocks() {
    // SAFETY: sets a number of the allocator, before there are other threads.
    #[expect(unsafe_code, reason = "there is no safe way to say this to the allocator")]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE)
    };
}

#[cfg(not(target_env = "gnu"))]
fn return_large_blocks() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_keep_their_descriptors_however_many_connections_are_wanted() {
        assert_eq!(within(1024, 2), Ok(488));
        assert_eq!(within(1_048_576, 2), Ok(1_048_576 - 48 - 512));
        assert_eq!(within(64, 2), Ok(8));
        assert_eq!(within(32, 2), Err(TooFewFiles { limit: 32, least: 56 }));
    }
}
