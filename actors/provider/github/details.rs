//! What only some kinds of events have, and an agent may want to know.

use serde_json::Value;

use super::{
    objects::{Account, End},
    payload::Payload,
    subject::check,
};
use crate::{
    domain::Details,
    provider::lenient::{Flag, Number, Object, Text},
};

/// Details, from what a payload is made of.
struct Collected<'d>(&'d mut Details);

impl Collected<'_> {
    fn add(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        self.0.add(key, value);
    }

    fn text(&mut self, key: &'static str, text: &Text<'_>) {
        self.add(key, text.get());
    }

    fn number(&mut self, key: &'static str, number: Number) {
        self.add(key, number.0);
    }

    fn flag(&mut self, key: &'static str, flag: Flag) {
        self.add(key, flag.0);
    }
}

/// Adds the details of an event.
pub(super) fn describe(details: &mut Details, event: &str, payload: &Payload<'_>) {
    let mut details = Collected(details);
    if let Some(sender) = payload.sender.get() {
        details.text("sender_type", &sender.r#type);
    }
    details.add("installation_id", payload.installation.get().and_then(|installation| installation.id.0));
    if matches!(event, "push" | "create" | "delete" | "workflow_dispatch") {
        pushed(&mut details, payload);
    }
    if event == "ping" {
        details.text("zen", &payload.zen);
        details.number("hook_id", payload.hook_id);
    }
    pull_request(&mut details, payload);
    checked(&mut details, event, payload);
    deployed(&mut details, payload);
    alerted(&mut details, payload);
    if let Some(release) = payload.release.get() {
        details.text("tag_name", &release.tag_name);
        details.flag("prerelease", release.prerelease);
        details.flag("draft", release.draft);
    }
    if let Some(issue) = payload.issue.get() {
        details.add("is_pull_request", issue.pull_request.get().map(|_| true));
        details.text("state", &issue.state);
    }
    if let Some(comment) = payload.comment.get() {
        details.text("path", &comment.path);
        details.text("commit_id", &comment.commit_id);
    }
    if let Some(item) = payload.projects_v2_item.get() {
        details.text("content_type", &item.content_type);
        details.text("content_node_id", &item.content_node_id);
        details.text("project_node_id", &item.project_node_id);
    }
    if let Some(build) = payload.build.get() {
        details.text("sha", &build.commit);
    }
    if let Some(group) = payload.merge_group.get() {
        details.text("sha", &group.head_sha);
    }
    details.text("sha", &payload.sha);
    if event == "status" {
        details.text("context", &payload.context);
    }
}

fn pushed(details: &mut Collected<'_>, payload: &Payload<'_>) {
    details.text("ref", &payload.r#ref);
    details.text("ref_type", &payload.ref_type);
    details.add("before", payload.before.get().filter(|sha| is_commit(sha)));
    details.add("sha", payload.after.get().filter(|sha| is_commit(sha)));
    details.flag("created", payload.created);
    details.flag("deleted", payload.deleted);
    details.flag("forced", payload.forced);
    details.add("commits", payload.pusher.get().map(|_| payload.commits.0));
}

/// What a branch was before it was made, and is after it was deleted, is written as zeros.
fn is_commit(sha: &str) -> bool {
    sha.bytes().any(|byte| byte != b'0')
}

fn pull_request(details: &mut Collected<'_>, payload: &Payload<'_>) {
    let login = |account: &Object<Account<'_>>| account.get().and_then(|account| account.login.owned());
    details.add("requested_reviewer", login(&payload.requested_reviewer));
    details.add("requested_team", payload.requested_team.get().and_then(|team| team.name.owned()));
    let Some(pull_request) = payload.pull_request.get() else { return };
    let reviewers: Vec<_> = pull_request.requested_reviewers.0.iter().filter_map(login).collect();
    details.add("requested_reviewers", (!reviewers.is_empty()).then_some(reviewers));
    details.text("state", &pull_request.state);
    details.flag("draft", pull_request.draft);
    details.flag("merged", pull_request.merged);
    if let (Some(head), Some(base)) = (pull_request.head.get(), pull_request.base.get()) {
        details.text("sha", &head.sha);
        let repository = |end: &End<'_>| end.repo.get().and_then(|repo| repo.full_name.owned());
        let from = repository(head);
        details.add("fork", Some(from.is_none() || from != repository(base)));
    }
}

fn checked(details: &mut Collected<'_>, event: &str, payload: &Payload<'_>) {
    let Some(check) = check(payload) else { return };
    let run = payload.workflow_run.get();
    details.number("id", check.id);
    details.add("run_id", check.run_id.0.or_else(|| run?.id.0));
    details.number("run_number", check.run_number);
    details.number("run_attempt", check.run_attempt);
    details.text("status", &check.status);
    details.text("sha", &check.head_sha);
    details.add("workflow", check.workflow_name.get().or_else(|| run?.name.get()));
    details.text("triggered_by", &check.event);
    details.add("app", check.app.get().and_then(|app| app.name.owned()));
    details.add("output_title", check.output.get().and_then(|output| output.title.owned()));
    // A fork can name its branch "main"; an agent that trusts a branch must look at this. A
    // repository that is gone was a fork.
    let head = check.head_repository.get().and_then(|head| head.full_name.get());
    details.add("head_repository", head);
    if event == "workflow_run" || head.is_some() {
        let repository = payload.repository.get().and_then(|repository| repository.full_name.get());
        details.add("fork", Some(head.is_none() || head != repository));
    }
    let runner: Vec<_> = check.labels.0.iter().filter_map(Text::owned).collect();
    details.add("runner_labels", (!runner.is_empty()).then_some(runner));
}

fn deployed(details: &mut Collected<'_>, payload: &Payload<'_>) {
    details.text("environment", &payload.environment);
    if let Some(deployment) = payload.deployment.get() {
        details.text("environment", &deployment.environment);
        details.text("sha", &deployment.sha);
        details.number("deployment_id", deployment.id);
    }
    if let Some(status) = payload.deployment_status.get() {
        details.text("environment_url", &status.environment_url);
    }
}

fn alerted(details: &mut Collected<'_>, payload: &Payload<'_>) {
    let advisory = payload.security_advisory.get().or(payload.repository_advisory.get());
    if let Some(advisory) = advisory {
        details.text("severity", &advisory.severity);
        details.text("ghsa_id", &advisory.ghsa_id);
    }
    let Some(alert) = payload.alert.get() else { return };
    details.text("state", &alert.state);
    details.text("severity", &alert.severity);
    if let Some(rule) = alert.rule.get() {
        details.add("rule", rule.id.owned());
        details.text("severity", &rule.severity);
        details.text("security_severity", &rule.security_severity_level);
    }
    if let Some(advisory) = alert.security_advisory.get() {
        details.text("severity", &advisory.severity);
        details.text("ghsa_id", &advisory.ghsa_id);
    }
    if let Some(vulnerability) = alert.security_vulnerability.get() {
        details.text("severity", &vulnerability.severity);
    }
}
