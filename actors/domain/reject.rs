//! Why a request is not taken.

/// Why a request was not taken. The label of `herdgate_deliveries_total{outcome="refused"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// No signature header, and every candidate source wants one.
    Unsigned,
    /// No secret verifies the signature.
    BadSignature,
    /// The signed timestamp is older or newer than the source's `tolerance`.
    Stale,
    /// The source's `rate_limit` is used up.
    RateLimited,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Unsigned, Self::BadSignature, Self::Stale, Self::RateLimited];

    /// The metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::BadSignature => "bad_signature",
            Self::Stale => "stale",
            Self::RateLimited => "rate_limited",
        }
    }
}
