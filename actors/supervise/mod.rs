//! Actors that survive panics.
//!
//! [`actix::Supervisor`] restarts an actor that *stopped*; one that *panicked* takes its mailbox
//! with it. A [`Guard`] treats both ends alike: the address stays valid, queued messages wait, and
//! a [`Policy`] decides about pause and end.

mod guard;
mod policy;

pub use guard::{Alarm, Guard, Identity};
pub use policy::{Policy, Verdict};
