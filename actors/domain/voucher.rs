//! How a source came to vouch for a delivery.

use serde::{Deserialize, Serialize};

use super::SourceName;

/// A source that vouches for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// Which.
    pub source: SourceName,
    /// By what it knows the sender.
    pub by: VerifiedBy,
}

/// By what a source knew the sender of a delivery. Never the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifiedBy {
    /// Its secret.
    Current,
    /// The secret before that, which is accepted while it is rotated.
    Previous,
    /// Nothing: it has no secret, and anybody may send.
    Unsigned,
}

impl VerifiedBy {
    /// The secret at this place among those of a source, the one in force first.
    pub(crate) const fn secret(place: usize) -> Self {
        if place == 0 { Self::Current } else { Self::Previous }
    }
}
