//! What a run tells of itself: what it did, used and cost.

use serde::{Deserialize, Serialize};

/// What a run told of itself, as far as it did. It is shown to people and never acted upon as more than
/// text and numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunReport {
    /// The last message of the agent, cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The session of the agent's program, by which it can be gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The model that did most of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How often the model was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<u32>,
    /// What the model read and wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// What that cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The tools that it was not allowed to use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// Where a person can see what it did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

impl RunReport {
    /// Of a run that told nothing.
    pub const NOTHING: Self = Self {
        summary: None,
        session: None,
        model: None,
        turns: None,
        tokens: None,
        cost: None,
        denied: Vec::new(),
        links: Vec::new(),
    };

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        *self == Self::NOTHING
    }
}

/// Tokens by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Read, and not from a cache.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Written to a cache.
    pub cache_write: u64,
}

impl Tokens {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.input
            .saturating_add(self.output)
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }

    /// These and others.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
        }
    }
}

/// An amount of money, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// How much.
    pub usd: Usd,
    /// Who says so.
    pub basis: CostBasis,
}

/// Where a cost comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// The agent's program said it.
    Reported,
    /// Tokens times the prices of the configuration.
    Priced,
}

impl CostBasis {
    /// The name as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Priced => "priced",
        }
    }
}

/// What several runs spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// What is known of their cost.
    pub usd: Usd,
    /// Tokens of all kinds.
    pub tokens: u64,
    /// How many of them used tokens at a cost that nobody knows.
    pub unpriced_runs: u64,
}

impl Spent {
    /// What one run told.
    pub fn of(report: &RunReport) -> Self {
        Self {
            usd: report.cost.map(|cost| cost.usd).unwrap_or_default(),
            tokens: report.tokens.map_or(0, |tokens| tokens.total()),
            unpriced_runs: u64::from(report.tokens.is_some() && report.cost.is_none()),
        }
    }

    /// These runs and others.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            usd: Usd(self.usd.0.saturating_add(other.usd.0)),
            tokens: self.tokens.saturating_add(other.tokens),
            unpriced_runs: self.unpriced_runs.saturating_add(other.unpriced_runs),
        }
    }
}

/// US dollars, in millionths, so that sums are exact. As JSON a number of dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(u64);

impl Usd {
    /// No run costs more than this many dollars; a program that says so is not believed.
    const MOST: f64 = 1_000_000.0;

    /// So many millionths.
    pub const fn micros(micros: u64) -> Self {
        Self(micros)
    }

    /// So many dollars, rounded to millionths; nothing that is no amount of money.
    pub fn dollars(dollars: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds")]
        (0.0..=Self::MOST).contains(&dollars).then(|| Self((dollars * 1e6).round() as u64))
    }

    /// As a number of dollars.
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// In millionths.
    pub const fn as_micros(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Usd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${:.4}", self.as_dollars())
    }
}

impl Serialize for Usd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_dollars())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Self::dollars(dollars).ok_or_else(|| serde::de::Error::custom("is no amount of money"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_comes_back_from_json_as_it_was() {
        for micros in [0, 1, 999_999, 1_234_567, 98_765_432_101] {
            let json = serde_json::to_string(&Usd::micros(micros)).unwrap();
            assert_eq!(serde_json::from_str::<Usd>(&json).unwrap(), Usd::micros(micros), "{json}");
        }
    }

    #[test]
    fn what_is_no_money_is_not_believed() {
        for dollars in [-0.01, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(Usd::dollars(dollars), None);
        }
    }

    #[test]
    fn a_report_of_nothing_is_an_empty_object() {
        assert_eq!(serde_json::to_string(&RunReport::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<RunReport>("{}").unwrap().is_empty());
    }
}
