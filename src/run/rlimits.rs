//! What the process asks of the system before it serves.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Raises the number of open files as far as it goes, and keeps large blocks out of the heap.
pub fn prepare() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, current = limit.current, "could not raise the number of open files");
    }
    return_large_blocks();
}

/// Blocks from here on, in bytes, come from the system one by one and go back to it when freed.
#[cfg(target_env = "gnu")]
const LARGE: std::ffi::c_int = 256 * 1024;

/// By default glibc learns from the first large body to keep such blocks in its heap for good.
#[cfg(target_env = "gnu")]
fn return_large_blocks() {
    // SAFETY: sets a number of the allocator, before there are other threads.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
}

#[cfg(not(target_env = "gnu"))]
fn return_large_blocks() {}
