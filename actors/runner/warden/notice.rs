//! What the gate tells its warden.

use rustix::process::Pid;

use crate::domain::{Attempt, JobId, RunId};

/// A message of fixed size, far below `PIPE_BUF`: many may write at once and none is torn.
pub(in crate::runner) const NOTICE_BYTES: usize = 24;

/// One line on the warden's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Notice {
    /// This group is alive.
    Register {
        /// The group, which is also its leader's pid.
        group: Pid,
        /// Whose group it is.
        run: RunId,
    },
    /// This group is dead; its number may soon belong to others.
    Release {
        /// The group.
        group: Pid,
        /// Whose group it was.
        run: RunId,
    },
}

const REGISTER: i32 = 1;
const RELEASE: i32 = 2;

impl Notice {
    /// As it goes through the pipe. Allocates nothing: it is called between clone and exec.
    pub(in crate::runner) fn encode(self) -> [u8; NOTICE_BYTES] {
        let (kind, group, run) = match self {
            Self::Register { group, run } => (REGISTER, group, run),
            Self::Release { group, run } => (RELEASE, group, run),
        };
        let mut bytes = [0; NOTICE_BYTES];
        bytes[0..4].copy_from_slice(&kind.to_ne_bytes());
        bytes[4..8].copy_from_slice(&Pid::as_raw(Some(group)).to_ne_bytes());
        bytes[8..16].copy_from_slice(&run.job.get().to_ne_bytes());
        bytes[16..20].copy_from_slice(&run.attempt.0.to_ne_bytes());
        bytes
    }

    /// Reads what [`Self::encode`] wrote. `None` for anything else, and for groups that no run can
    /// have: a KILL to group 1 or 0 would go to everyone.
    pub(in crate::runner) fn decode(bytes: [u8; NOTICE_BYTES]) -> Option<Self> {
        let group = i32::from_ne_bytes(field(bytes, 4));
        let group = Pid::from_raw(group).filter(|_| group > 1)?;
        let run = RunId {
            job: JobId::from_raw(i64::from_ne_bytes(field(bytes, 8))),
            attempt: Attempt(u32::from_ne_bytes(field(bytes, 16))),
        };
        match i32::from_ne_bytes(field(bytes, 0)) {
            REGISTER => Some(Self::Register { group, run }),
            RELEASE => Some(Self::Release { group, run }),
            _ => None,
        }
    }
}

fn field<const LENGTH: usize>(bytes: [u8; NOTICE_BYTES], start: usize) -> [u8; LENGTH] {
    let mut field = [0; LENGTH];
    field.copy_from_slice(&bytes[start..start + LENGTH]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_back_as_it_was_written() {
        let run = RunId { job: JobId::from_raw(i64::MAX - 5), attempt: Attempt(7) };
        let group = Pid::from_raw(4_194_303).unwrap();
        for notice in [Notice::Register { group, run }, Notice::Release { group, run }] {
            assert_eq!(Notice::decode(notice.encode()), Some(notice));
        }
    }

    #[test]
    fn groups_that_would_reach_everyone_are_refused() {
        let run = RunId { job: JobId::from_raw(1), attempt: Attempt(1) };
        let mut bytes = Notice::Register { group: Pid::from_raw(5).unwrap(), run }.encode();
        for group in [0, 1] {
            bytes[4..8].copy_from_slice(&i32::to_ne_bytes(group));
            assert_eq!(Notice::decode(bytes), None);
        }
        assert_eq!(Notice::decode([0; NOTICE_BYTES]), None);
    }
}
