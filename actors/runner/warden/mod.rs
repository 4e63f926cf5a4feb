//! The process that ends the runs of a gate that was killed.
//!
//! A gate that gets `kill -9`, or that the kernel kills for its memory, can clean up nothing. The
//! kernel's death signal ends the commands that it started, but not what those started. So beside
//! the gate lives a warden: the same program as `herdgate warden`, with the read end of a pipe as its
//! standard input. Each run's process group is written to the pipe before the run's program begins,
//! and struck off when the group is dead. When the gate is gone, however it went, the pipe ends, and
//! the warden kills what is still on its list.
//!
//! The warden leads its own session, ignores TERM, INT and their like, holds no file but the pipe,
//! and keeps no state but the list: a gate whose warden dies starts another and tells it all.
//!
//! A stale entry cannot hurt a stranger while the gate lives, since a group is struck off before its
//! leader's pid is free. After the gate's death a pid would have to come round again within the
//! microseconds that the warden takes.

mod handle;
mod notice;
mod ward;

pub use handle::{Warden, WardenCommand};
pub(super) use notice::Notice;
pub use ward::warden_main;
