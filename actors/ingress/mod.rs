//! Verifies unverified bytes.
//!
//! [`Sources`] and what it uses are pure; [`IngressActor`] posts what they accept to the parsers.

mod actor;
mod freshness;
mod rate_limits;
mod sources;

pub use actor::{IngressActor, ToParser};
pub use rate_limits::RateLimits;
pub use sources::Sources;
