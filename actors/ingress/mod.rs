//! Verifies unverified bytes.
//!
//! [`Sources`] and what it uses are pure; [`IngressActor`] posts what they accept to the parsers.

mod actor;
mod bucket;
mod freshness;
mod sources;

pub use actor::IngressActor;
pub use sources::Sources;
