//! Verifies unverified bytes.
//!
//! [`Admission`], its [`Sources`] and what they use decide; [`IngressActor`] owns the way in and posts
//! what they accept to the parsers.

mod actor;
mod admission;
mod freshness;
mod rate_limits;
mod sources;

pub use actor::{IngressActor, ToParser};
pub use admission::Admission;
pub use rate_limits::RateLimits;
pub use sources::Sources;
