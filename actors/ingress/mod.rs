//! Verifies unverified bytes.
//!
//! [`Sources`] and what it uses are pure; [`IngressActor`] posts what they accept to the parsers.

mod actor;
mod bucket;
mod freshness;
mod signature;
mod source;
mod sources;

pub use actor::IngressActor;
pub use signature::{EmptySecret, Secret};
pub use source::{RateLimit, Source};
pub use sources::Sources;
