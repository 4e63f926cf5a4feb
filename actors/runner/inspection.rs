//! Keeping a process of the gate out of its runs' sight.

use std::io;

/// Hides this process's environment, memory and descriptors from other processes of its user, which
/// its runs are, and leaves no core dump. Programs that it executes are theirs again.
#[cfg(target_os = "linux")]
pub fn forbid_inspection() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Nothing of this exists here.
#[cfg(not(target_os = "linux"))]
pub fn forbid_inspection() -> io::Result<()> {
    Ok(())
}
