//! Turns a delivery into a context, and offers it to the agents that may want it.
//!
//! - [`SubscriptionIndex`]: who may want what, so that ten thousand agents cost little more than ten; pure.
//! - [`ParserActor`]: reads, and offers.

mod actor;

pub use actor::ParserActor;
