//! Whether an agent wants a delivery.

use super::filter::evaluate;
use crate::domain::{Event, SourceName, Trigger, TriggerMismatch};

/// What an agent's triggers say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchResult {
    /// This trigger holds, the first of them.
    Matched(usize),
    /// None does. Triggers of other sources are not mentioned.
    NotMatched(Vec<TriggerMismatch>),
}

/// Asks every trigger that listens to one of `sources`, until one holds.
pub fn match_triggers(triggers: &[Trigger], sources: &[SourceName], event: &Event) -> MatchResult {
    let mut mismatches = Vec::new();
    for (index, trigger) in triggers.iter().enumerate() {
        if !sources.contains(&trigger.source) {
            continue;
        }
        match evaluate(&trigger.filter, event) {
            Ok(()) => return MatchResult::Matched(index),
            Err(failed) => mismatches.push(TriggerMismatch { trigger: index, failed }),
        }
    }
    MatchResult::NotMatched(mismatches)
}
