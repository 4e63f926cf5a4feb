//! What runs tell of themselves.

use std::fmt;

use herdgate_actors::domain::{self, RunReport, Usd};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a run told of itself: its program's events, or its result file. It is the run's own word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Report {
    /// Its last message, cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The session by which its program can go on.
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
    /// What that cost, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub cost_usd: Option<Usd>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_basis: Option<CostBasis>,
    /// The tools that it was not allowed to use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// Where a person can see what it did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// What several runs told that they spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Spent {
    /// What is known of their cost, in US dollars.
    #[schema(value_type = f64)]
    pub usd: Usd,
    /// Tokens of all kinds.
    pub tokens: u64,
    /// How many of them used tokens at a cost that nobody knows.
    pub unpriced_runs: u64,
}

impl From<domain::Spent> for Spent {
    fn from(domain::Spent { usd, tokens, unpriced_runs }: domain::Spent) -> Self {
        Self { usd, tokens, unpriced_runs }
    }
}

/// Tokens by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// Where a cost comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// The agent's program said it.
    Reported,
    /// Tokens times the prices of the configuration.
    Priced,
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, output, cache_read, cache_write } = self;
        write!(f, "{input} read, {output} written; cache: {cache_read} read, {cache_write} written")
    }
}

impl Report {
    /// What it cost and who says so; nothing where it told of no tokens either.
    pub fn cost_in_words(&self) -> Option<String> {
        match (self.cost_usd, self.cost_basis) {
            (Some(usd), Some(CostBasis::Priced)) => Some(format!("{usd}, by its tokens and the price list")),
            (Some(usd), _) => Some(format!("{usd}, as its program reported")),
            (None, _) => self.tokens.map(|_| "unknown".to_owned()),
        }
    }

    /// Nothing, where nothing was told.
    pub fn of(report: RunReport) -> Option<Self> {
        if report.is_empty() {
            return None;
        }
        let RunReport { summary, session, model, turns, tokens, cost, denied, links } = report;
        let tokens = tokens.map(|domain::Tokens { input, output, cache_read, cache_write }| Tokens {
            input,
            output,
            cache_read,
            cache_write,
        });
        let cost_basis = cost.map(|cost| match cost.basis {
            domain::CostBasis::Reported => CostBasis::Reported,
            domain::CostBasis::Priced => CostBasis::Priced,
        });
        let cost_usd = cost.map(|cost| cost.usd);
        Some(Self { summary, session, model, turns, tokens, cost_usd, cost_basis, denied, links })
    }
}
