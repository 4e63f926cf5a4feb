//! What only Linear knows.

use serde_json::{Map, Value};

use super::{
    context::name,
    payload::{Issue, Payload, Team},
    updated_from::UpdatedFrom,
};
use crate::provider::lenient::Text;

/// Adds what is known of the issue that something is about.
pub(super) fn of_issue(details: &mut Map<String, Value>, issue: &Issue<'_>) {
    let known = [
        ("issue_id", issue.id.owned().map(Value::from)),
        ("identifier", issue.identifier.owned().map(Value::from)),
        ("team", issue.team.get().and_then(team)),
    ];
    details.extend(known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
}

fn team(team: &Team<'_>) -> Option<Value> {
    [&team.key, &team.name].into_iter().find_map(Text::owned).map(Value::from)
}

/// Adds the details of a payload to those that are known of its issue.
pub(super) fn describe(details: &mut Map<String, Value>, entity: &str, payload: &Payload<'_>) {
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            details.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Text<'_>| text.owned().map(Value::from);
    add("type", Some(entity.into()));
    add("webhook_id", text(&payload.webhook_id));
    add("organization_id", text(&payload.organization_id));
    add("app_user_id", text(&payload.app_user_id));
    add("actor_type", payload.actor.get().and_then(|actor| text(&actor.r#type)));
    if let Some(data) = payload.data.get().or(payload.issue_data.get()) {
        add("id", text(&data.id));
        add("identifier", text(&data.identifier));
        add("issue_id", text(&data.issue_id));
        add("state", data.state.get().and_then(|state| text(&state.name)));
        add("team", data.team.get().and_then(team));
        add("priority_label", text(&data.priority_label));
        add("health", text(&data.health));
        add("project", data.project.get().and_then(|project| text(&project.name)));
        add(
            "cycle",
            data.cycle.get().and_then(|cycle| text(&cycle.name).or(cycle.number.0.map(Value::from))),
        );
        add("parent_id", text(&data.parent_id));
        add("creator_id", text(&data.creator_id));
        add("user_id", text(&data.user_id));
        add("delegate", data.delegate.get().and_then(name).map(Value::from));
        add("emoji", text(&data.emoji));
        if let Some(from) = payload.updated_from.get() {
            let (added, removed) = from.changed_labels(&data.label_ids);
            add("added_label_ids", added);
            add("removed_label_ids", removed);
        }
    }
    add("updated_from", payload.updated_from.get().map(UpdatedFrom::shown));
    if let Some(session) = payload.agent_session.get() {
        add("agent_session_id", text(&session.id));
        add("agent_session_status", text(&session.status));
    }
    add("notification", payload.notification.get().and_then(|notification| text(&notification.r#type)));
}
