//! Nodes: the processes that share the work. There is one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Its number.
    pub id: u16,
    /// What runs there.
    pub version: String,
    /// Whether it takes deliveries: `starting`, `ready`, `degraded`, `draining` or `failed`.
    pub state: String,
    /// Why it is degraded or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Its process.
    pub pid: u32,
    /// When it was started.
    pub started_at: Time,
    /// The revision of the configuration that is in force.
    pub revision: u64,
    /// How many agents run there.
    pub agents: usize,
    /// How many runs are under way.
    pub executing: usize,
    /// How many may be.
    pub max_runs: u32,
    /// The actors that carry it.
    pub actors: Vec<Actor>,
}

/// What carries a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// Its kind.
    pub actor: String,
    /// Its name among its kind.
    pub name: String,
    /// What it does: `running`, `restarting`, `done`, `given_up`.
    pub doing: String,
    /// For how long.
    pub for_ms: u64,
    /// How often it came back.
    pub restarts: u64,
    /// How many of its messages panicked.
    pub panicked_messages: u64,
    /// Why it ended the last time, or what panicked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_problem: Option<String>,
    /// How far one of the upkeep is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How far an actor of the upkeep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Whether it is at work.
    pub busy: bool,
    /// Since when it is, or is not.
    pub for_ms: u64,
    /// How many rounds it made.
    pub rounds: u64,
    /// How much it got done.
    pub done: u64,
}
