//! Whether a delivery is what a trigger wants, and which clauses say no.
//!
//! How values are compared and what a missing one means, each field says itself. What a provider
//! wants to be asked for by name is refused by triggers that do not.

use std::{borrow::Cow, collections::HashSet};

use super::glob;
use crate::{
    domain::{Actual, Clause, Event, FailedClause, FieldSpec, Filter, Matcher},
    provider,
};

/// The field by which an event is asked for by name.
const EVENTS: &str = "events";

/// Whether every clause holds. Allocates nothing.
pub fn matches(filter: &Filter, event: &Event) -> bool {
    filter.clauses.iter().all(|clause| holds(clause, event)) && !is_unasked(filter, event)
}

/// Like [`matches()`], with reasons.
///
/// # Errors
/// Every clause that says no, in their order. An event that must be asked for by name is refused by
/// `events`, with nothing wanted where the trigger has no such clause.
pub fn evaluate(filter: &Filter, event: &Event) -> Result<(), Vec<FailedClause>> {
    if matches(filter, event) {
        return Ok(());
    }
    let failing = filter.clauses.iter().filter(|clause| !holds(clause, event));
    let mut failed: Vec<_> =
        failing.map(|clause| failed_clause(clause.field, clause.wanted.clone(), event)).collect();
    let is_told = failed.iter().any(|clause| clause.field == EVENTS);
    if is_unasked(filter, event)
        && !is_told
        && let Some(field) = provider::spec(event.header.provider).field(EVENTS)
    {
        failed.push(failed_clause(field, Vec::new(), event));
    }
    Err(failed)
}

/// GitHub sends a ping when a webhook is made. It is no work for an agent that did not ask for it
/// by name.
fn is_unasked(filter: &Filter, event: &Event) -> bool {
    let name = event.header.event.as_str();
    let asks =
        |clause: &Clause| clause.field.name == EVENTS && clause.wanted.iter().any(|wanted| wanted == name);
    provider::spec(event.header.provider).asked_by_name.contains(&name) && !filter.clauses.iter().any(asks)
}

/// Whether one clause holds.
fn holds(clause: &Clause, event: &Event) -> bool {
    let field = clause.field;
    let mut values = event.matched_values(field).peekable();
    if values.peek().is_none() {
        return !field.is_of_kind(&event.header.event);
    }
    values.any(|value| clause.wanted.iter().any(|wanted| is_same(field, wanted, &value)))
}

/// Whether a wanted value and one that is there are the same to a field.
fn is_same(field: &FieldSpec, wanted: &str, value: &str) -> bool {
    let same = match field.matcher {
        Matcher::Exact => wanted == value,
        Matcher::IgnoreCase => wanted.eq_ignore_ascii_case(value),
        Matcher::Glob => glob::fits(wanted, value),
        Matcher::GlobIgnoreCase => glob::fits_ignoring_case(wanted, value),
    };
    same || field.synonyms.contains(&(wanted, value))
}

/// How many values of a field a mismatch tells; nobody reads more.
const MOST_TOLD: usize = 32;

fn failed_clause(field: &'static FieldSpec, wanted: Vec<String>, event: &Event) -> FailedClause {
    let mut known = HashSet::new();
    let mut distinct = event.values(field).filter(|value| known.insert(value.clone()));
    let mut actual: Vec<_> = distinct.by_ref().take(MOST_TOLD).map(Cow::into_owned).collect();
    let untold = distinct.count();
    if untold > 0 {
        actual.push(format!("… [and {untold} more]"));
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
