//! What the child stands on between `clone` and `execve`.
#![expect(unsafe_code, reason = "memory with a guard page has no safe form")]

use std::{io, ptr};

use libc::c_void;

/// Ample for a few system calls and the message to the reaper, also in a debug build.
const STACK_BYTES: usize = 64 * 1024;
/// The largest page that Linux has on the architectures that Rust runs on.
const GUARD_BYTES: usize = 64 * 1024;

/// A stack with a page below it that nothing may touch, so that a child that needs more than there is
/// dies instead of writing into the gate's heap.
#[derive(Debug)]
pub(super) struct Stack {
    base: *mut c_void,
}

impl Stack {
    pub(super) fn new() -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at a place of the kernel's choice touches nothing that is there.
        let base =
            unsafe { libc::mmap(ptr::null_mut(), GUARD_BYTES + STACK_BYTES, protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let stack = Self { base };
        // SAFETY: the lower part of the mapping above, which nothing uses.
        if unsafe { libc::mprotect(base, GUARD_BYTES, libc::PROT_NONE) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stack)
    }

    /// Where it begins: stacks grow down on all architectures that Linux and Rust share.
    pub(super) fn top(&self) -> *mut c_void {
        self.base.wrapping_byte_add(GUARD_BYTES + STACK_BYTES)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and no child stands on it any more: `clone` came back.
        unsafe { libc::munmap(self.base, GUARD_BYTES + STACK_BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_the_stack_lies_a_page_that_nothing_may_touch() {
        let stack = Stack::new().unwrap();
        let base = format!("{:x}-", stack.base.addr());
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let guard = maps.lines().find(|line| line.starts_with(&base)).unwrap();
        assert!(guard.contains("---p"), "{guard}");
    }
}
