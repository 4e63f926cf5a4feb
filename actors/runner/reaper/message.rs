//! What the gate tells its reaper.

use rustix::process::Pid;

use crate::domain::{Attempt, JobId, RunId};

/// A message of fixed size, far below `PIPE_BUF`: many may write at once and none is torn.
pub(in crate::runner) const MESSAGE_BYTES: usize = 24;

/// One change to the reaper's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum ReaperMessage {
    /// This group is alive.
    Register {
        /// The group, which is also its leader's pid.
        group: Pid,
        /// Whose group it is.
        run: RunId,
    },
    /// This group is dead; its number may soon belong to others.
    ReleaseGroup {
        /// The group.
        group: Pid,
        /// Whose group it was.
        run: RunId,
    },
    /// Something of this run may be alive, though its group is dead.
    KeepRun {
        /// The run.
        run: RunId,
    },
    /// Whatever this run started is dead.
    ReleaseRun {
        /// The run.
        run: RunId,
    },
}

const REGISTER: i32 = 1;
const RELEASE_GROUP: i32 = 2;
const RELEASE_RUN: i32 = 3;
const KEEP_RUN: i32 = 4;

impl ReaperMessage {
    /// As it goes through the pipe. Allocates nothing: it is called between clone and exec.
    pub(in crate::runner) fn encode(self) -> [u8; MESSAGE_BYTES] {
        let (kind, group, run) = match self {
            Self::Register { group, run } => (REGISTER, Pid::as_raw(Some(group)), run),
            Self::ReleaseGroup { group, run } => (RELEASE_GROUP, Pid::as_raw(Some(group)), run),
            Self::ReleaseRun { run } => (RELEASE_RUN, 0, run),
            Self::KeepRun { run } => (KEEP_RUN, 0, run),
        };
        let mut bytes = [0; MESSAGE_BYTES];
        bytes[0..4].copy_from_slice(&kind.to_ne_bytes());
        bytes[4..8].copy_from_slice(&group.to_ne_bytes());
        bytes[8..16].copy_from_slice(&run.job.get().to_ne_bytes());
        bytes[16..20].copy_from_slice(&run.attempt.0.to_ne_bytes());
        bytes
    }

    /// Reads what [`Self::encode`] wrote. `None` for anything else, and for groups that no run can
    /// have: a KILL to group 1 or 0 would go to everyone.
    pub(in crate::runner) fn decode(bytes: [u8; MESSAGE_BYTES]) -> Option<Self> {
        let group = i32::from_ne_bytes(field(bytes, 4));
        let group = Pid::from_raw(group).filter(|_| group > 1);
        let run = RunId {
            job: JobId::from_raw(i64::from_ne_bytes(field(bytes, 8))),
            attempt: Attempt(u32::from_ne_bytes(field(bytes, 16))),
        };
        match i32::from_ne_bytes(field(bytes, 0)) {
            REGISTER => Some(Self::Register { group: group?, run }),
            RELEASE_GROUP => Some(Self::ReleaseGroup { group: group?, run }),
            RELEASE_RUN => Some(Self::ReleaseRun { run }),
            KEEP_RUN => Some(Self::KeepRun { run }),
            _ => None,
        }
    }
}

fn field<const LENGTH: usize>(bytes: [u8; MESSAGE_BYTES], start: usize) -> [u8; LENGTH] {
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
        for message in [
            ReaperMessage::Register { group, run },
            ReaperMessage::ReleaseGroup { group, run },
            ReaperMessage::ReleaseRun { run },
            ReaperMessage::KeepRun { run },
        ] {
            assert_eq!(ReaperMessage::decode(message.encode()), Some(message));
        }
    }

    #[test]
    fn groups_that_would_reach_everyone_are_refused() {
        let run = RunId { job: JobId::from_raw(1), attempt: Attempt(1) };
        let mut bytes = ReaperMessage::Register { group: Pid::from_raw(5).unwrap(), run }.encode();
        for group in [0, 1] {
            bytes[4..8].copy_from_slice(&i32::to_ne_bytes(group));
            assert_eq!(ReaperMessage::decode(bytes), None);
        }
        assert_eq!(ReaperMessage::decode([0; MESSAGE_BYTES]), None);
    }
}
