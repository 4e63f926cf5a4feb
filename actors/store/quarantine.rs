//! Why a receipt is given up.

/// Why a receipt is not routed any more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum QuarantineReason {
    /// It panicked a parser or a filter.
    Panicked {
        /// What was said of it.
        problem: String,
    },
    /// It was routed too often without every agent answering.
    RoutedTooOften {
        /// How often.
        routings: u32,
    },
    /// Its row cannot be read.
    Unreadable {
        /// What is wrong.
        problem: String,
    },
}

impl QuarantineReason {
    /// The label `reason` of metrics and the name in listings.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Panicked { .. } => "panicked",
            Self::RoutedTooOften { .. } => "routed_too_often",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

impl std::fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Panicked { problem } => write!(f, "panicked what read it: {problem}"),
            Self::RoutedTooOften { routings } => write!(f, "routed {routings} times without an end"),
            Self::Unreadable { problem } => write!(f, "cannot be read: {problem}"),
        }
    }
}
