//! What an agent said of a delivery, or would say.

use herdgate_actors::{
    domain::{self, AgentName, JobId, Reason, SourceName, TriggerId},
    store::JobRow,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::Id;

/// What an agent said of a delivery, or would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It wants a job.
    Matched {
        /// Who.
        #[schema(value_type = String)]
        agent: AgentName,
        /// Which of its `[[webhooks]]` holds, counted from 0.
        trigger: usize,
        /// The same by its name, which outlives the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        trigger_id: Option<TriggerId>,
        /// The source of that trigger.
        #[schema(value_type = String)]
        source: SourceName,
    },
    /// It wanted a job, and one of its guards said no.
    Suppressed {
        /// Who.
        #[schema(value_type = String)]
        agent: AgentName,
        /// Which of its `[[webhooks]]` holds, counted from 0.
        trigger: usize,
        /// Which guard, in one word: `busy` where another job of the key was there.
        guard: String,
        /// That job.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Id>)]
        by: Option<JobId>,
    },
    /// None of its triggers holds.
    Refused {
        /// Who.
        #[schema(value_type = String)]
        agent: AgentName,
        /// One for each of its triggers that listens to the delivery's sources.
        refusals: Vec<Refusal>,
    },
}

/// Why one trigger does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// Which of the agent's `[[webhooks]]`, counted from 0.
    pub trigger: usize,
    /// Every clause that says no.
    pub failed: Vec<Clause>,
}

/// A clause of a trigger, held against a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clause {
    /// The field, named as in configuration.
    pub field: String,
    /// Any of these would do.
    pub wanted: Vec<String>,
    /// What was there: nothing, one value, or several.
    pub actual: Actual,
}

/// What a delivery has in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Actual {
    /// Nothing.
    Absent,
    /// One value.
    One(String),
    /// Several values.
    Many(Vec<String>),
}

impl Verdict {
    /// Whose it is.
    pub const fn agent(&self) -> &AgentName {
        match self {
            Self::Matched { agent, .. } | Self::Suppressed { agent, .. } | Self::Refused { agent, .. } => {
                agent
            }
        }
    }
}

impl Verdict {
    /// The same, once it is known what became of the jobs of its delivery.
    #[must_use]
    pub fn with_jobs(self, jobs: &[JobRow]) -> Self {
        let Self::Matched { agent, trigger, .. } = &self else { return self };
        let of_agent = jobs.iter().find(|job| job.agent == *agent);
        match of_agent.filter(|job| job.reason == Some(Reason::Busy)) {
            Some(JobRow { stand_in, .. }) => Self::Suppressed {
                agent: agent.clone(),
                trigger: *trigger,
                guard: Reason::Busy.as_str().to_owned(),
                by: *stand_in,
            },
            None => self,
        }
    }
}

impl From<domain::Verdict> for Verdict {
    fn from(verdict: domain::Verdict) -> Self {
        match verdict {
            domain::Verdict::Matched(domain::Match { agent, trigger, trigger_id, source }) => {
                Self::Matched { agent, trigger, trigger_id, source }
            }
            domain::Verdict::NotMatched { agent, mismatches } => {
                Self::Refused { agent, refusals: mismatches.into_iter().map(Refusal::from).collect() }
            }
        }
    }
}

impl From<domain::TriggerMismatch> for Refusal {
    fn from(mismatch: domain::TriggerMismatch) -> Self {
        Self { trigger: mismatch.trigger, failed: mismatch.failed.into_iter().map(Clause::from).collect() }
    }
}

impl From<domain::FailedClause> for Clause {
    fn from(clause: domain::FailedClause) -> Self {
        let actual = match clause.actual {
            domain::Actual::Absent => Actual::Absent,
            domain::Actual::One(value) => Actual::One(value),
            domain::Actual::Many(values) => Actual::Many(values),
        };
        Self { field: clause.field, wanted: clause.wanted, actual }
    }
}
