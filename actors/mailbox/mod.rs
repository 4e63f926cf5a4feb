//! Bounded, measured ways into an actor's mailbox.
//!
//! actix counts a mailbox per clone of its address, so its capacity is no bound at all, and its
//! depth cannot be read. An [`Outlet`] puts a permit and a time stamp into the envelope; wherever
//! the message ends (handled, dropped by a restart, lost with a dead actor) both return, so bound
//! and depth are always true. A [`Bell`] is for wake-ups, of which one is as good as a hundred.

mod bell;
mod outlet;

pub use bell::{Bell, Ring};
pub use outlet::{Meter, Outlet, Post, Refused};
