//! Low descriptors that one thread hands files to its children by.
//!
//! A child gets a copy of the gate's table of descriptors, and `execve` closes them one by one: with
//! 5,000 connections open that costs more than all else together. So the child shares the table until
//! it copies the low part alone, and what it needs must lie there. These numbers are taken while the
//! gate starts, before it has connections.

use std::{
    fs::OpenOptions,
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    sync::OnceLock,
};

use rustix::{
    io::{DupFlags, dup3},
    process::{Resource, getrlimit},
};

/// Descriptors that a gate may open.
const WORTHWHILE_FROM: u64 = 1024;

/// Three descriptors of one thread: input, output, and the reaper's pipe.
#[derive(Debug)]
pub(in crate::runner) struct Slots {
    pub(super) input: OwnedFd,
    pub(super) output: OwnedFd,
    pub(super) reaper: OwnedFd,
    /// What lies in a slot while it is not used.
    null: OwnedFd,
}

impl Slots {
    /// Takes the lowest numbers that are free. `None` where the system cannot copy part of a table, and
    /// where a gate can open so few files that a copy of all costs little and each number counts.
    pub(in crate::runner) fn reserve() -> io::Result<Option<Self>> {
        let possible = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        if possible < WORTHWHILE_FROM || !can_copy_part() {
            return Ok(None);
        }
        let null: OwnedFd = OpenOptions::new().read(true).write(true).open("/dev/null")?.into();
        Ok(Some(Self {
            input: null.try_clone()?,
            output: null.try_clone()?,
            reaper: null.try_clone()?,
            null,
        }))
    }

    /// Puts the files in. They are taken out by dropping what this gives back.
    pub(super) fn fill(
        &self,
        input: impl AsFd,
        output: impl AsFd,
        reaper: impl AsFd,
    ) -> io::Result<Filled<'_>> {
        let filled = Filled(self);
        put(input, &self.input)?;
        put(output, &self.output)?;
        put(reaper, &self.reaper)?;
        Ok(filled)
    }

    /// The first number that no child needs.
    pub(super) fn above(&self) -> u32 {
        let highest = [&self.input, &self.output, &self.reaper].map(AsRawFd::as_raw_fd).into_iter().max();
        highest.and_then(|highest| u32::try_from(highest + 1).ok()).unwrap_or(u32::MAX)
    }
}

/// Slots that hold files: while they do, the other end of the output does not see its end.
pub(super) struct Filled<'a>(&'a Slots);

impl Drop for Filled<'_> {
    fn drop(&mut self) {
        for slot in [&self.0.input, &self.0.output, &self.0.reaper] {
            // Replaces what is there; between open descriptors nothing can fail.
            let _ = put(&self.0.null, slot);
        }
    }
}

fn put(file: impl AsFd, slot: &OwnedFd) -> io::Result<()> {
    // `dup3` wants an owner that it may change; the number stays this slot's own.
    #[expect(unsafe_code, reason = "dup3 onto a number that a shared value owns")]
    // SAFETY: the slot is open and stays so; wrapped without being dropped, it is not closed twice.
    let mut slot = std::mem::ManuallyDrop::new(unsafe {
        <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(slot.as_raw_fd())
    });
    Ok(dup3(file, &mut slot, DupFlags::CLOEXEC)?)
}

/// Whether `close_range` is there, which came together with its flag that copies part of a table.
fn can_copy_part() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        #[expect(unsafe_code, reason = "a system call that the C library may not have")]
        // SAFETY: a range that ends before it begins closes nothing; it is refused as invalid.
        let answer = unsafe { libc::syscall(libc::SYS_close_range, 1, 0, 0) };
        answer < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
    })
}
