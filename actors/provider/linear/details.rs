//! What only Linear knows.

use serde_json::Value;

use super::{
    context::name,
    payload::{Issue, Payload, Team},
    updated_from::UpdatedFrom,
};
use crate::{domain::Details, provider::lenient::Text};

/// Adds what is known of the issue that something is about.
pub(super) fn of_issue(details: &mut Details, issue: &Issue<'_>) {
    details.add("issue_id", issue.id.get());
    details.add("identifier", issue.identifier.get());
    details.add("team", issue.team.get().and_then(team));
}

fn team<'p>(team: &'p Team<'_>) -> Option<&'p str> {
    [&team.key, &team.name].into_iter().find_map(Text::get)
}

/// Adds the details of a payload to those that are known of its issue.
pub(super) fn describe(details: &mut Details, payload: &Payload<'_>) {
    details.add("webhook_id", payload.webhook_id.get());
    details.add("organization_id", payload.organization_id.get());
    details.add("app_user_id", payload.app_user_id.get());
    details.add("actor_type", payload.actor.get().and_then(|actor| actor.r#type.get()));
    if let Some(data) = payload.data.get().or(payload.issue_data.get()) {
        details.add("id", data.id.get());
        details.add("identifier", data.identifier.get());
        details.add("issue_id", data.issue_id.get());
        details.add("state", data.state.get().and_then(|state| state.name.get()));
        details.add("team", data.team.get().and_then(team));
        details.add("priority_label", data.priority_label.get());
        details.add("health", data.health.get());
        details.add("project", data.project.get().and_then(|project| project.name.get()));
        let cycle = data.cycle.get();
        let number = || cycle?.number.0.map(Value::from);
        details.add("cycle", cycle.and_then(|cycle| cycle.name.get()).map(Value::from).or_else(number));
        details.add("parent_id", data.parent_id.get());
        details.add("creator_id", data.creator_id.get());
        details.add("user_id", data.user_id.get());
        details.add("delegate", data.delegate.get().and_then(name));
        details.add("emoji", data.emoji.get());
        if let Some(from) = payload.updated_from.get() {
            let (added, removed) = from.changed_labels(&data.label_ids);
            details.add("added_label_ids", added);
            details.add("removed_label_ids", removed);
        }
    }
    details.add("updated_from", payload.updated_from.get().map(UpdatedFrom::shown));
    if let Some(session) = payload.agent_session.get() {
        details.add("agent_session_id", session.id.get());
        details.add("agent_session_status", session.status.get());
    }
    let notification = payload.notification.get();
    details.add("notification", notification.and_then(|notification| notification.r#type.get()));
}
