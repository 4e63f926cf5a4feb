//! Notices that the files of the project are not those in force any more.
//!
//! - `actor`: looks when the system says that something happened, and each minute.
//! - `watches`: asks the system to say so.
//! - `stamp`: whether something is different, without reading any of it.
//!
//! Watches are only a hint: they get lost with a folder that is replaced, there may be too few of
//! them, and some file systems have none. What is believed is the stamp.

mod actor;
mod stamp;
mod watches;

pub(super) use actor::WatchActor;
pub(super) use stamp::Stamp;
