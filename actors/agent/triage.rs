//! Whether an agent wants a delivery.

use super::filter::judge;
use crate::{
    flow::{Trigger, TriggerRefusal, WebhookContext},
    names::SourceName,
};

/// What an agent's triggers say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triage {
    /// This trigger holds, the first of them.
    Wanted(usize),
    /// None does. Triggers of other sources are not mentioned.
    Unwanted(Vec<TriggerRefusal>),
}

/// Asks every trigger that listens to one of `sources`, until one holds.
pub fn triage(triggers: &[Trigger], sources: &[SourceName], context: &WebhookContext) -> Triage {
    let mut refusals = Vec::new();
    for (index, trigger) in triggers.iter().enumerate() {
        if !sources.contains(&trigger.source) {
            continue;
        }
        match judge(&trigger.filter, context) {
            Ok(()) => return Triage::Wanted(index),
            Err(failed) => refusals.push(TriggerRefusal { trigger: index, failed }),
        }
    }
    Triage::Unwanted(refusals)
}
