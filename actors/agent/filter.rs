//! Whether a delivery is what a trigger wants, and which clauses say no.
//!
//! What providers define (events, actions, resources) is compared exactly, names that people type
//! without regard to ASCII case. `*` is a glob in repositories and branches; branches, as in Git, go
//! by their case. Where a delivery has nothing in a field its clause says no; only branches, base
//! branches and conclusions let kinds of events pass that never have one.

use super::glob;
use crate::{
    domain::{Actual, Clause, FailedClause, Field, Filter, Provider, WebhookContext},
    provider::protocol,
};

/// Whether every clause holds. Allocates nothing.
pub fn matches(filter: &Filter, context: &WebhookContext) -> bool {
    filter.clauses.iter().all(|clause| holds(clause, context)) && !is_unwanted_ping(filter, context)
}

/// Like [`matches()`], with reasons.
///
/// # Errors
/// Every clause that says no, in their order. A ping that nobody asked for is refused by `events`,
/// with nothing wanted where the trigger has no such clause.
pub fn evaluate(filter: &Filter, context: &WebhookContext) -> Result<(), Vec<FailedClause>> {
    if matches(filter, context) {
        return Ok(());
    }
    let refusing = filter.clauses.iter().filter(|clause| !holds(clause, context));
    let mut failed: Vec<_> =
        refusing.map(|clause| refusal(clause.field, clause.wanted.clone(), context)).collect();
    let is_ping_told = failed.iter().any(|clause| clause.field == Field::Events.as_str());
    if is_unwanted_ping(filter, context) && !is_ping_told {
        failed.push(refusal(Field::Events, Vec::new(), context));
    }
    Err(failed)
}

/// GitHub sends a ping when a webhook is made. It is no work for an agent that did not ask for it
/// by name.
fn is_unwanted_ping(filter: &Filter, context: &WebhookContext) -> bool {
    let is_ping = context.source == Provider::Github && context.event == "ping";
    let asks =
        |clause: &Clause| clause.field == Field::Events && clause.wanted.iter().any(|event| event == "ping");
    is_ping && !filter.clauses.iter().any(asks)
}

/// Whether one clause holds.
fn holds(clause: &Clause, context: &WebhookContext) -> bool {
    let values = context.values(clause.field);
    if values.clone().next().is_none() {
        return !context.kind_has(clause.field);
    }
    let any = |same: fn(&str, &str) -> bool| {
        values.clone().any(|value| clause.wanted.iter().any(|wanted| same(wanted, value)))
    };
    match clause.field {
        Field::Events => {
            let protocol = protocol(context.source);
            clause.wanted.iter().any(|wanted| protocol.is_event(wanted, context))
        }
        Field::Actions if context.source == Provider::Linear => any(is_linear_action),
        Field::Actions | Field::Resources => any(|wanted, value| wanted == value),
        Field::Repos => any(glob::fits_ignoring_case),
        Field::Branches | Field::BaseBranches => any(glob::fits),
        Field::Orgs
        | Field::Organizations
        | Field::Projects
        | Field::Labels
        | Field::Assignee
        | Field::Author
        | Field::Sender
        // Reviews of GitHub have come as `APPROVED` too.
        | Field::Conclusions => any(str::eq_ignore_ascii_case),
    }
}

/// Linear sends `remove`, and its users think of `delete`.
fn is_linear_action(wanted: &str, value: &str) -> bool {
    let is_removal = |action| matches!(action, "remove" | "delete");
    wanted == value || is_removal(wanted) && is_removal(value)
}

fn refusal(field: Field, wanted: Vec<String>, context: &WebhookContext) -> FailedClause {
    let mut actual: Vec<String> = Vec::new();
    for value in context.values(field) {
        if !actual.iter().any(|known| known == value) {
            actual.push(value.to_owned());
        }
    }
    let actual = match actual.len() {
        0 => Actual::Absent,
        1 => Actual::One(actual.swap_remove(0)),
        _ => Actual::Many(actual),
    };
    FailedClause { field: field.to_string(), wanted, actual }
}

#[cfg(test)]
mod tests;
