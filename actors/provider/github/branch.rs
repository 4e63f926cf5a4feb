//! Branches, tags and conclusions.

use super::{GITHUB, payload::Payload, subject::check};
use crate::domain::{KindFields, WebhookContext};

/// Fills in branches, tag and conclusion, and what events of this kind can carry.
pub(super) fn describe(context: &mut WebhookContext, payload: &Payload<'_>) {
    context.kind_fields = KindFields {
        branch: GITHUB.kind_has(&context.event, "branches"),
        conclusion: GITHUB.kind_has(&context.event, "conclusions"),
    };
    context.conclusion = conclusion(&context.event, payload).map(str::to_ascii_lowercase);
    let branches: Vec<_> =
        payload.branches.0.iter().filter_map(|branch| branch.get()?.name.owned()).collect();
    context.branches = branches;
    match context.event.as_str() {
        "push" | "workflow_dispatch" | "code_scanning_alert" => from_ref(context, alert_or_ref(payload)),
        "create" | "delete" => match (payload.ref_type.get(), payload.r#ref.owned()) {
            (Some("branch"), branch) => context.branch = branch,
            (Some("tag"), tag) => context.tag = tag,
            _ => {}
        },
        "merge_group" => {
            let group = payload.merge_group.get();
            context.branch = group.and_then(|group| group.head_ref.get()).map(short);
            context.base_branch = group.and_then(|group| group.base_ref.get()).map(short);
        }
        "release" => {
            let release = payload.release.get();
            from_ref(context, release.and_then(|release| release.target_commitish.get()));
            context.tag = release.and_then(|release| release.tag_name.owned());
        }
        "repository_dispatch" => context.branch = payload.branch.owned(),
        "branch_protection_rule" => context.branch = payload.rule.get().and_then(|rule| rule.name.owned()),
        "status" => context.branch = context.branches.first().cloned(),
        _ => from_subject(context, payload),
    }
}

/// The branch of a pull request, a workflow, a check or a deployment.
fn from_subject(context: &mut WebhookContext, payload: &Payload<'_>) {
    if let Some(pull_request) = payload.pull_request.get() {
        context.branch = pull_request.head.get().and_then(|head| head.r#ref.owned());
        context.base_branch = pull_request.base.get().and_then(|base| base.r#ref.owned());
        return;
    }
    let checked = check(payload)
        .and_then(|check| check.head_branch.owned().or_else(|| check.check_suite.get()?.head_branch.owned()));
    context.branch = checked.or_else(|| payload.workflow_run.get()?.head_branch.owned());
    if context.branch.is_none() {
        from_ref(context, payload.deployment.get().and_then(|deployment| deployment.r#ref.get()));
    }
}

/// The ref of the event, or of the place where an alert was found last.
fn alert_or_ref<'p>(payload: &'p Payload<'_>) -> Option<&'p str> {
    payload.r#ref.get().or_else(|| payload.alert.get()?.most_recent_instance.get()?.r#ref.get())
}

/// A branch, a tag, or neither (`refs/pull/7/merge`, a commit).
fn from_ref(context: &mut WebhookContext, name: Option<&str>) {
    let Some(name) = name else { return };
    if let Some(tag) = name.strip_prefix("refs/tags/") {
        context.tag = Some(tag.to_owned());
    } else if let Some(branch) = name.strip_prefix("refs/heads/") {
        context.branch = Some(branch.to_owned());
    } else if !name.starts_with("refs/") && !is_commit(name) {
        context.branch = Some(name.to_owned());
    }
}

/// Releases and deployments are made of a commit as well as of a branch; a filter on branches must
/// not take the one for the other.
fn is_commit(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn short(name: &str) -> String {
    name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()
}

fn conclusion<'p>(event: &str, payload: &'p Payload<'_>) -> Option<&'p str> {
    match event {
        "workflow_run" | "workflow_job" | "check_run" | "check_suite" => check(payload)?.conclusion.get(),
        "status" => payload.state.get(),
        "deployment_status" => payload.deployment_status.get()?.state.get(),
        "page_build" => payload.build.get()?.status.get(),
        "pull_request_review" => payload.review.get()?.state.get(),
        "repository_import" => payload.status.get(),
        _ => None,
    }
}
