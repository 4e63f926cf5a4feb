//! Spans of time as numbers.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// A span of time, written as a number of milliseconds with three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Millis(pub Duration);

impl Millis {
    /// The number that logs and streams show.
    pub(crate) fn as_f64(self) -> f64 {
        self.0.as_micros() as f64 / 1000.0
    }
}

impl From<Duration> for Millis {
    fn from(span: Duration) -> Self {
        Self(span)
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}
