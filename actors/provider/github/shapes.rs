//! What tells the bodies of one event from those of another.
//!
//! Only what every body of an event has had for years is asked for, and only members that make a
//! body another event are refused, so that what GitHub adds to an event loses none.

use super::payload::Payload;
use crate::{
    domain::Unparsable,
    provider::{
        lenient::Keys,
        shape::{self, Shape},
    },
};

const fn event(
    event: &'static str,
    has: &'static [&'static str],
    lacks: &'static [&'static [&'static str]],
) -> Shape {
    Shape { event, has, lacks }
}

/// What an event is about. An event that is about none of it has none of it.
const SUBJECTS: &[&str] = &[
    "alert",
    "blocked_user",
    "build",
    "check_run",
    "check_suite",
    "client_payload",
    "comment",
    "commit",
    "commits",
    "deployment",
    "discussion",
    "forkee",
    "hook",
    "inputs",
    "issue",
    "key",
    "label",
    "marketplace_purchase",
    "member",
    "merge_group",
    "milestone",
    "package",
    "pages",
    "project",
    "project_card",
    "project_column",
    "projects_v2",
    "projects_v2_item",
    "pull_request",
    "ref",
    "registry_package",
    "release",
    "repositories_added",
    "repository_advisory",
    "review",
    "rule",
    "security_advisory",
    "sponsorship",
    "starred_at",
    "team",
    "thread",
    "workflow_job",
    "workflow_run",
    "zen",
];

/// What happens to people in an organization.
const PEOPLE: &[&str] = &["invitation", "membership"];
/// What is said about something makes the event that of what is said.
const SAID: &[&str] = &["comment", "review", "thread"];
/// What carries a label or belongs to a milestone.
const LABELED: &[&str] = &["issue", "pull_request", "discussion"];
/// What also tells the state of a deployment.
const DEPLOYED: &[&str] = &["deployment", "deployment_status"];

/// By name.
pub(super) static SHAPES: &[Shape] = &[
    event("check_run", &["check_run"], &[DEPLOYED]),
    event("check_suite", &["check_suite"], &[]),
    event("code_scanning_alert", &["alert"], &[&["location"]]),
    event("commit_comment", &["comment"], &[LABELED]),
    event("create", &["ref", "ref_type", "master_branch"], &[&["action"]]),
    event("delete", &["ref", "ref_type"], &[&["action", "master_branch"]]),
    event("dependabot_alert", &["alert"], &[&["location", "commit_oid"]]),
    event("deploy_key", &["key"], &[]),
    event(
        "deployment",
        &["deployment"],
        &[&["deployment_status", "workflow_job", "deployment_callback_url"]],
    ),
    event("deployment_review", &["workflow_run", "since"], &[DEPLOYED]),
    event("deployment_status", &["deployment", "deployment_status"], &[]),
    event("discussion", &["discussion"], &[SAID]),
    event("discussion_comment", &["discussion", "comment"], &[]),
    event("fork", &["forkee"], &[]),
    event(
        "github_app_authorization",
        &["action"],
        &[SUBJECTS, PEOPLE, &["repository", "organization", "installation"]],
    ),
    event("gollum", &["pages"], &[]),
    event("installation", &["installation"], &[SUBJECTS, PEOPLE, &["repository"]]),
    event("installation_repositories", &["repositories_added"], &[]),
    event("issue_comment", &["issue", "comment"], &[]),
    event("issues", &["issue"], &[SAID]),
    event("label", &["label"], &[LABELED]),
    event("marketplace_purchase", &["marketplace_purchase"], &[]),
    event("member", &["member"], &[&["team", "scope"]]),
    event("membership", &["member", "team"], &[]),
    event("merge_group", &["merge_group"], &[]),
    event("meta", &["hook"], &[&["zen"]]),
    event("milestone", &["milestone"], &[LABELED]),
    event("org_block", &["blocked_user"], &[]),
    event("organization", &["action", "organization"], &[SUBJECTS, &["repository"]]),
    event("package", &["package"], &[]),
    event("page_build", &["build"], &[]),
    event("ping", &["zen", "hook_id"], &[&["action"]]),
    event("project", &["project"], &[]),
    event("project_card", &["project_card"], &[]),
    event("project_column", &["project_column"], &[]),
    event("projects_v2", &["projects_v2"], &[]),
    event("projects_v2_item", &["projects_v2_item"], &[]),
    event("public", &["repository"], &[SUBJECTS, PEOPLE, &["action", "status", "changes"]]),
    event("pull_request", &["pull_request"], &[SAID]),
    event("pull_request_review", &["pull_request", "review"], &[]),
    event("pull_request_review_comment", &["pull_request", "comment"], &[]),
    event("pull_request_review_thread", &["pull_request", "thread"], &[]),
    event("push", &["ref", "before", "after"], &[&["action"]]),
    event("registry_package", &["registry_package"], &[]),
    event("release", &["release"], &[]),
    event("repository", &["action", "repository"], &[SUBJECTS, PEOPLE]),
    event("repository_advisory", &["repository_advisory"], &[]),
    event("repository_dispatch", &["action", "client_payload"], &[]),
    event("repository_import", &["status"], &[&["action"]]),
    event("repository_vulnerability_alert", &["alert"], &[&["location", "commit_oid"]]),
    event("secret_scanning_alert", &["alert"], &[&["location", "commit_oid"]]),
    event("secret_scanning_alert_location", &["alert", "location"], &[]),
    event("security_advisory", &["security_advisory"], &[]),
    event("security_and_analysis", &["repository", "changes"], &[SUBJECTS, PEOPLE, &["action"]]),
    event("sponsorship", &["sponsorship"], &[]),
    event("star", &["action", "starred_at"], &[]),
    event("status", &["sha", "state", "commit"], &[]),
    event("team", &["action", "team"], &[&["member", "scope"]]),
    event("team_add", &["team"], &[&["action"]]),
    event("watch", &["action", "repository"], &[SUBJECTS, PEOPLE, &["changes"]]),
    event("workflow_dispatch", &["inputs", "workflow", "ref"], &[&["action"]]),
    event("workflow_job", &["workflow_job"], &[]),
    event("workflow_run", &["workflow_run"], &[DEPLOYED, &["since"]]),
];

/// Whether a body can be the event that its header says.
///
/// # Errors
/// Says what speaks against it.
pub(super) fn fits(event: &str, keys: &Keys<'_>, payload: &Payload<'_>) -> Result<(), Unparsable> {
    shape::fits(SHAPES, event, "it", keys)?;
    match of_alert(event, payload) {
        Some(strange) => Err(Unparsable(format!("the body is no `{event}`: its `alert` is about {strange}"))),
        None => Ok(()),
    }
}

/// Four events have alerts and nothing else; each kind of alert has members of its own.
fn of_alert(event: &str, payload: &Payload<'_>) -> Option<&'static str> {
    let alert = payload.alert.get().filter(|_| event.ends_with("_alert"))?;
    let kinds = [
        ("code_scanning_alert", alert.rule.get().is_some(), "code"),
        ("dependabot_alert", alert.security_advisory.get().is_some(), "an advisory"),
        ("repository_vulnerability_alert", alert.affected_package_name.get().is_some(), "a package"),
        ("secret_scanning_alert", alert.secret_type.get().is_some(), "a secret"),
    ];
    kinds.into_iter().find(|(of, is_it, _)| *is_it && *of != event).map(|(_, _, strange)| strange)
}
