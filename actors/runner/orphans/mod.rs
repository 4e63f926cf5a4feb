//! Finding what left a run's process group.
//!
//! A daemon leaves the group with `setsid`, but it keeps the environment that it was executed with,
//! and there are the run's id and the gate's. On Linux the gate also adopts what its runs orphan (a
//! "child subreaper"), so what a run that is over left behind are children of the gate, and the end
//! of a run without orphans costs one small read. What runs with another environment, or as another
//! user, is not found. Other Unixes have nothing of this.
//!
//! # Layout
//! - [`Orphans`]: the thread that ends what runs that are over left behind, while the gate lives.
//! - [`Adopted`]: what that thread knows of the gate's adopted children.
//! - [`kill_everywhere`]: one search of the whole system, when a gate has gone or is about to start.

#[cfg(target_os = "linux")]
mod adopted;
mod mark;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod search;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{Orphans, kill_everywhere};
pub(super) use mark::{GATE_VARIABLE, GateId, Mark, RUN_VARIABLE};
#[cfg(target_os = "linux")]
pub(super) use search::kill_everywhere;
#[cfg(target_os = "linux")]
pub(super) use watch::Orphans;
