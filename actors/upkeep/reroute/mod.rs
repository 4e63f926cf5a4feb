//! Routes deliveries that were answered before everybody had been asked.
//!
//! A full mailbox, a late filter or a crash leaves a receipt that is stored and not routed to
//! everybody. It is given to a parser again, at the pace at which parsers take them, and only what a
//! parser took counts as a routing. What cannot be routed ends as quarantined, for all to see: its
//! row cannot be read, it panicked those who read it twice, or it was routed again and again.

mod actor;
mod deps;
mod round;

pub use actor::RerouteActor;
pub use deps::{RerouteDeps, ToParser};
