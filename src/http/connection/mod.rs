//! Connections: who holds one, since when it waits, and which one gives way.
//!
//! actix knows one fixed keep-alive and no peers. So each connection runs through a [`Stream`] of our
//! own, whose [`Connection`] says what it waits for and since when. The worker's [`Table`] holds them
//! all: it ends those that waited too long, and when there is no free slot, those that waited longest,
//! so that nobody shuts the door by holding it.
//!
//! All of this stays on one worker's thread; workers share nothing but the limits.

mod state;
mod stream;
mod table;

pub(super) use state::{Busy, Connection, of, stop_reading};
pub(super) use stream::Stream;
pub(super) use table::{SlotLimits, Table};
