//! Verifies unverified bytes.

mod signature;
mod source;

pub use signature::{EmptySecret, Secret};
pub use source::{RateLimit, Source};
