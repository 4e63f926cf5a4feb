//! Receipts and runs as JSON, for the API and for `--json`.

use std::sync::Arc;

use herdgate_actors::{
    domain::{AgentName, Origin, Parsed, Topology, Trigger},
    store::{RunRow, StoredReceipt},
};
use serde_json::{Value, json};

use crate::{config::ResolvedConfig, explain};

/// A run.
pub fn run_json(run: &RunRow) -> Value {
    json!({
        "run": run.run.to_string(),
        "agent": run.agent,
        "trigger": run.trigger,
        "receipt": run.receipt,
        "started_at": run.attempt.started_at.to_string(),
        "finished_at": run.attempt.finished_at.map(|at| at.to_string()),
        "outcome": run.attempt.outcome,
    })
}

/// The triggers of every agent, to explain receipts with.
pub type Triggers = Arc<[(AgentName, Vec<Trigger>)]>;

/// The triggers of the agents that are enabled.
pub fn triggers(plan: &ResolvedConfig) -> Triggers {
    let enabled = plan.agents.iter().filter(|agent| agent.spec.scale > 0);
    enabled.map(|agent| (agent.name().clone(), agent.spec.triggers.clone())).collect()
}

/// The triggers of the agents that a running gate has.
pub fn triggers_of(topology: &Topology) -> Triggers {
    let enabled = topology.agents().iter().filter(|agent| agent.is_enabled());
    enabled.map(|agent| (agent.name.clone(), agent.triggers.clone())).collect()
}

/// A receipt with its context and verdicts, but not its body. Beside the verdicts of its own day
/// stands what every agent would say today, also those that were not even asked because their
/// triggers are filed elsewhere.
pub fn receipt_json(receipt: &StoredReceipt, agents: &Triggers) -> Value {
    let today = match &receipt.parsed {
        Some(Parsed::Event(event)) => {
            let agents = agents.iter().map(|(agent, triggers)| (agent.as_str(), triggers.as_slice()));
            explain::verdicts(agents, receipt.delivery.sources(), event)
        }
        _ => Vec::new(),
    };
    let (context, problem) = match &receipt.parsed {
        Some(Parsed::Event(event)) => (json!(event), Value::Null),
        Some(Parsed::Unparsable(problem)) => (Value::Null, json!(problem.0)),
        None => (Value::Null, Value::Null),
    };
    json!({
        "receipt": receipt.id,
        "at": receipt.delivery.at().to_string(),
        "type": receipt.delivery.provider(),
        "sources": receipt.delivery.sources(),
        "key": receipt.delivery.key(),
        "headers": receipt.delivery.headers(),
        "bytes": receipt.delivery.body().len(),
        "state": receipt.state,
        "quarantine": receipt.quarantine,
        "problem": problem,
        "duplicate_of": receipt.duplicate_of,
        "same_key": receipt.same_key,
        "replay_of": match receipt.origin {
            Origin::Replay { of } => Some(of),
            Origin::Request | Origin::Reroute => None,
        },
        "context": context,
        "verdicts": receipt.verdicts,
        "today": today,
        "jobs": receipt.jobs,
    })
}
