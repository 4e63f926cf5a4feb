//! What operators asked for, and what they did.

use serde_json::value::RawValue;

use super::{Pending, Span};
use crate::domain::{AgentName, JobId, Timestamp};

/// The memory of operators' wishes and deeds.
pub trait Operators: Send + Sync + 'static {
    /// What was asked for of agents, beside the configuration.
    fn overrides(&self) -> Pending<Vec<AgentOverride>>;

    /// Remembers what is asked for of an agent; one of which nothing is asked is forgotten.
    fn set_override(&self, wish: AgentOverride) -> Pending<()>;

    /// Writes down that something was changed, or was not.
    fn note_change(&self, change: ChangeRow) -> Pending<()>;

    /// What was changed, newest first.
    fn changes(&self, query: ChangeQuery) -> Pending<Vec<ChangeRow>>;

    /// Writes down how far a bulk action is. The newest [`BULKS_KEPT`] are kept.
    fn save_bulk(&self, task: BulkRow) -> Pending<()>;

    /// Bulk actions, newest first.
    fn bulks(&self) -> Pending<Vec<BulkRow>>;
}

/// So many bulk actions are remembered.
pub const BULKS_KEPT: u32 = 100;

/// What an operator asked for of an agent, whatever its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentOverride {
    /// Of whom.
    pub agent: AgentName,
    /// It begins no runs.
    pub is_paused: bool,
    /// So many runs at once.
    pub scale: Option<u32>,
}

/// A change that was asked for.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Its id, drawn from the source of all ids.
    pub id: JobId,
    /// When.
    pub at: Timestamp,
    /// Who, by the name of a key.
    pub by: String,
    /// From which address.
    pub origin: Option<String>,
    /// What was done, like `agent.pause`.
    pub action: String,
    /// To what.
    pub subject: Option<String>,
    /// How it was before.
    pub before: Option<Box<RawValue>>,
    /// How it is since.
    pub after: Option<Box<RawValue>>,
    /// Why it was not done, where it was not.
    pub problem: Option<String>,
}

/// Which changes.
#[derive(Debug, Clone, Default)]
pub struct ChangeQuery {
    /// Only by this key.
    pub by: Option<String>,
    /// Only of this kind.
    pub action: Option<String>,
    /// Only of this thing.
    pub subject: Option<String>,
    /// Only those that were asked for then.
    pub span: Span,
    /// At most this many.
    pub limit: u32,
    /// Only those with a smaller id.
    pub before: Option<JobId>,
}

/// A bulk action, as far as a store cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRow {
    /// Its id, drawn from the source of all ids.
    pub id: JobId,
    /// All about it, as JSON.
    pub record: String,
}
