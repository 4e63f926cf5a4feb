//! What operators changed, as tables show it.

use std::collections::BTreeSet;

use herdgate_actors::domain::Timestamp;
use serde_json::Value;

use super::{
    links::{encoded, link},
    words::{When, cut},
};
use crate::api::audit::Change;

/// The page that lists them.
pub(super) const PATH: &str = "/dashboard/audit";
/// Letters of a value that are shown.
const SHOWN: usize = 160;

/// A change in a table.
pub(super) struct ChangeLine {
    pub(super) id: String,
    pub(super) at: When,
    pub(super) by: String,
    /// Only what they changed.
    pub(super) by_link: String,
    pub(super) from: Option<String>,
    pub(super) action: String,
    pub(super) action_link: String,
    pub(super) subject: String,
    /// The page of what it was done to.
    pub(super) subject_link: Option<String>,
    pub(super) values: Vec<Changed>,
    pub(super) problem: Option<String>,
}

/// A value before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) name: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl ChangeLine {
    pub(super) fn new(change: &Change, now: Timestamp) -> Self {
        let subject = change.subject.clone().unwrap_or_default();
        Self {
            id: change.id.to_string(),
            at: When::new(change.at.0, now),
            by_link: link(PATH, [("by", change.by.as_str())]),
            by: change.by.clone(),
            from: change.from.clone(),
            action_link: link(PATH, [("action", change.action.as_str())]),
            subject_link: page_of(&change.action, &subject),
            action: change.action.clone(),
            subject,
            values: changed(change.before.as_ref(), change.after.as_ref()),
            problem: change.problem.clone(),
        }
    }
}

/// Where one sees what a change was done to.
fn page_of(action: &str, subject: &str) -> Option<String> {
    let subject = encoded(subject);
    match action.split('.').next()? {
        "agent" => Some(format!("/dashboard/agents/{subject}")),
        "job" => Some(format!("/dashboard/jobs/{subject}")),
        "run" => Some(format!("/dashboard/runs/{subject}")),
        "delivery" => Some(format!("/dashboard/deliveries/{subject}")),
        "source" => Some(format!("/dashboard/sources#s-{subject}")),
        "config" => Some("/dashboard/configuration".to_owned()),
        "bulk" if action == "bulk.cancel" => Some(format!("/dashboard/bulk/{subject}")),
        _ => None,
    }
}

/// What is different; where nothing is, all that is said.
fn changed(before: Option<&Value>, after: Option<&Value>) -> Vec<Changed> {
    let keys = |value: Option<&Value>| -> BTreeSet<String> {
        value.and_then(Value::as_object).map(|all| all.keys().cloned().collect()).unwrap_or_default()
    };
    let value = |of: Option<&Value>, key: &str| of.and_then(|of| of.get(key)).and_then(shown);
    let all: Vec<_> = (&keys(before) | &keys(after))
        .into_iter()
        .map(|key| Changed { before: value(before, &key), after: value(after, &key), name: key })
        .filter(|one| one.before.is_some() || one.after.is_some())
        .collect();
    let is_different = |one: &Changed| before.is_none() || one.before != one.after;
    if all.iter().any(is_different) { all.into_iter().filter(is_different).collect() } else { all }
}

/// A value in few letters; nothing where there is none.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::Array(items) if items.is_empty() => return None,
        Value::Object(fields) if fields.is_empty() => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(cut(&text, SHOWN))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(name: &str, before: Option<&str>, after: Option<&str>) -> Changed {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Changed { name: name.to_owned(), before: own(before), after: own(after) }
    }

    #[test]
    fn of_two_states_what_is_different_is_shown() {
        let (before, after) =
            (json!({ "paused": false, "scale": 2 }), json!({ "paused": true, "scale": 2, "why": null }));
        assert_eq!(changed(Some(&before), Some(&after)), [one("paused", Some("false"), Some("true"))]);
        assert_eq!(
            changed(Some(&before), Some(&before)),
            [one("paused", Some("false"), Some("false")), one("scale", Some("2"), Some("2"))],
            "that nothing came of it is worth seeing"
        );
        assert_eq!(changed(None, Some(&json!({ "job": "x", "added": [] }))), [one("job", None, Some("x"))]);
        assert_eq!(changed(None, None), []);
        assert_eq!(changed(Some(&json!("text")), Some(&json!([1]))), []);
    }

    #[test]
    fn what_was_changed_is_a_click_away() {
        assert_eq!(page_of("agent.pause", "a b").as_deref(), Some("/dashboard/agents/a%20b"));
        assert_eq!(page_of("job.retry", "x").as_deref(), Some("/dashboard/jobs/x"));
        assert_eq!(page_of("bulk.start", "retry_jobs"), None);
        assert_eq!(page_of("", ""), None);
    }
}
