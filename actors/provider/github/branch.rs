//! Branches, tags and conclusions.

use super::{GITHUB, payload::Payload, subject::check};
use crate::domain::{Facts, Header, KindFields, fact};

/// Fills in branches, tag and conclusion, and what events of this kind can carry.
pub(super) fn describe(header: &mut Header, facts: &mut Facts, payload: &Payload<'_>) {
    header.kind = KindFields {
        branch: GITHUB.kind_has(&header.event, "branches"),
        conclusion: GITHUB.kind_has(&header.event, "conclusions"),
    };
    facts.set(fact::CONCLUSION, conclusion(&header.event, payload).map(str::to_ascii_lowercase));
    let branches = payload.branches.0.iter().filter_map(|branch| branch.get()?.name.owned());
    facts.set_list(fact::BRANCHES, branches.collect());
    match header.event.as_str() {
        "push" | "workflow_dispatch" | "code_scanning_alert" => from_ref(facts, alert_or_ref(payload)),
        "create" | "delete" => match (payload.ref_type.get(), payload.r#ref.get()) {
            (Some("branch"), branch) => facts.set(fact::BRANCH, branch),
            (Some("tag"), tag) => facts.set(fact::TAG, tag),
            _ => {}
        },
        "merge_group" => {
            let group = payload.merge_group.get();
            facts.set(fact::BRANCH, group.and_then(|group| group.head_ref.get()).map(short));
            facts.set(fact::BASE_BRANCH, group.and_then(|group| group.base_ref.get()).map(short));
        }
        "release" => {
            let release = payload.release.get();
            from_ref(facts, release.and_then(|release| release.target_commitish.get()));
            facts.set(fact::TAG, release.and_then(|release| release.tag_name.get()));
        }
        "repository_dispatch" => facts.set(fact::BRANCH, payload.branch.get()),
        "branch_protection_rule" => {
            facts.set(fact::BRANCH, payload.rule.get().and_then(|rule| rule.name.get()));
        }
        "status" => {
            facts.set(fact::BRANCH, payload.branches.0.iter().find_map(|branch| branch.get()?.name.get()));
        }
        _ => from_subject(facts, payload),
    }
}

/// The branch of a pull request, a workflow, a check or a deployment.
fn from_subject(facts: &mut Facts, payload: &Payload<'_>) {
    if let Some(pull_request) = payload.pull_request.get() {
        facts.set(fact::BRANCH, pull_request.head.get().and_then(|head| head.r#ref.get()));
        facts.set(fact::BASE_BRANCH, pull_request.base.get().and_then(|base| base.r#ref.get()));
        return;
    }
    let checked = check(payload)
        .and_then(|check| check.head_branch.get().or_else(|| check.check_suite.get()?.head_branch.get()));
    let branch = checked.or_else(|| payload.workflow_run.get()?.head_branch.get());
    facts.set(fact::BRANCH, branch);
    if branch.is_none() {
        from_ref(facts, payload.deployment.get().and_then(|deployment| deployment.r#ref.get()));
    }
}

/// The ref of the event, or of the place where an alert was found last.
fn alert_or_ref<'p>(payload: &'p Payload<'_>) -> Option<&'p str> {
    payload.r#ref.get().or_else(|| payload.alert.get()?.most_recent_instance.get()?.r#ref.get())
}

/// A branch, a tag, or neither (`refs/pull/7/merge`, a commit).
fn from_ref(facts: &mut Facts, name: Option<&str>) {
    let Some(name) = name else { return };
    if let Some(tag) = name.strip_prefix("refs/tags/") {
        facts.set(fact::TAG, Some(tag));
    } else if let Some(branch) = name.strip_prefix("refs/heads/") {
        facts.set(fact::BRANCH, Some(branch));
    } else if !name.starts_with("refs/") && !is_commit(name) {
        facts.set(fact::BRANCH, Some(name));
    }
}

/// Releases and deployments are made of a commit as well as of a branch; a filter on branches must
/// not take the one for the other.
fn is_commit(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
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
