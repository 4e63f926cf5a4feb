//! The process that ends the runs of a gate that was killed.
//!
//! A gate that gets `kill -9`, or that the kernel kills for its memory, can clean up nothing. The
//! kernel's death signal ends the commands that it started, but not what those started. So beside
//! the gate lives a reaper: the same program as `herdgate reaper`, with the read end of a pipe as its
//! standard input. Each run's process group is written to the pipe before the run's program begins,
//! and struck off when the group is dead; the run itself stays until what left the group is dead, too.
//! When the gate is gone, however it went, the pipe ends, and the reaper kills what is still listed.
//!
//! The reaper leads its own session, ignores TERM, INT and their like, holds no file but the pipe,
//! and keeps no state but the list: a gate whose reaper dies starts another and tells it all. It is
//! named `hg-reaper`, so that `pkill -9 herdgate` leaves it its work.
//!
//! A stale group cannot hurt a stranger while the gate lives, since a group is struck off before its
//! leader's pid is free. After the gate's death a pid would have to come round again within the
//! microseconds that the reaper takes. A stale run hurts nobody: ids of runs are never used again.

mod handle;
mod main;
mod message;

pub(super) use handle::Reaper;
pub use handle::ReaperCommand;
pub use main::reaper_main;
pub(super) use message::ReaperMessage;
