//! Branches, tags and conclusions.

use serde_json::{Value, json};

use super::{Fixture, read};
use crate::domain::fact;

const COMMIT: &str = "9049f1265b7d61be4a8904a9a27120d2064dab3b";

#[test]
fn a_branch_keeps_its_slashes() {
    let context = Fixture::named("push.branch").read();
    assert_eq!(context.facts.text(fact::BRANCH), Some("fix/clamp-totals"));
    assert_eq!(context.facts.text(fact::TAG), None);
}

#[test]
fn a_tag_is_no_branch() {
    let pushed = Fixture::named("push.tag").read();
    assert_eq!((pushed.facts.text(fact::BRANCH), pushed.facts.text(fact::TAG)), (None, Some("v1.4.0")));
    let deleted = Fixture::named("delete.tag").read();
    assert_eq!((deleted.facts.text(fact::BRANCH), deleted.facts.text(fact::TAG)), (None, Some("v0.9.0")));
    assert!(pushed.header.kind.branch && deleted.header.kind.branch, "a filter on branches says no to tags");
}

#[test]
fn a_deleted_branch_is_told_without_a_commit() {
    let context = Fixture::named("push.branch_deleted").read();
    assert_eq!(context.facts.text(fact::BRANCH), Some("fix/clamp-totals"));
    assert_eq!(context.facts.text(fact::TITLE), None);
    assert_eq!(context.details["deleted"], true);
    assert_eq!(context.details["before"], COMMIT);
    assert!(!context.details.contains_key("sha"), "zeros are no commit");
}

#[test]
fn a_pull_request_has_a_head_and_a_base() {
    for name in [
        "pull_request.review_requested",
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
        "pull_request_review_thread.resolved",
    ] {
        let context = Fixture::named(name).read();
        assert_eq!(context.facts.text(fact::BRANCH), Some("clamp-totals"), "{name}");
        assert_eq!(context.facts.text(fact::BASE_BRANCH), Some("main"), "{name}");
        assert!(context.header.kind.branch, "{name}");
    }
}

#[test]
fn a_fork_that_calls_its_branch_main_is_told_as_a_fork() {
    for name in ["pull_request.opened", "workflow_run.completed"] {
        let context = Fixture::named(name).read();
        assert_eq!(context.facts.text(fact::BRANCH), Some("main"), "{name}");
        assert_eq!(context.details["fork"], true, "{name}");
    }
    let own = Fixture::named("workflow_run.requested").read();
    assert_eq!(own.details["fork"], false);
    assert_eq!(own.details["head_repository"], "acme/app");
    assert_eq!(own.details["triggered_by"], "push");
}

#[test]
fn a_fork_that_is_gone_is_still_a_fork() {
    assert_eq!(Fixture::named("pull_request.closed").read().details["fork"], true);
    let run = Fixture::named("workflow_run.completed").with("/workflow_run/head_repository", Value::Null);
    assert_eq!(run.details["fork"], true);
}

#[test]
fn a_queue_of_merges_has_short_names_of_branches() {
    let context = Fixture::named("merge_group.checks_requested").read();
    assert!(context.facts.text(fact::BRANCH).unwrap().starts_with("gh-readonly-queue/main/pr-57-"));
    assert_eq!(context.facts.text(fact::BASE_BRANCH), Some("main"));
}

#[test]
fn a_status_is_on_every_branch_that_has_its_commit() {
    let context = Fixture::named("status").read();
    assert_eq!(context.facts.list(fact::BRANCHES), ["fix/clamp-totals", "staging"]);
    assert_eq!(context.facts.text(fact::BRANCH), Some("fix/clamp-totals"));
}

#[test]
fn a_commit_is_no_branch() {
    assert_eq!(Fixture::named("deployment.of_a_commit").read().facts.text(fact::BRANCH), None);
    let release = Fixture::named("release.published");
    assert_eq!(release.read().facts.text(fact::BRANCH), Some("main"));
    let context = release.with("/release/target_commitish", json!(COMMIT));
    assert_eq!((context.facts.text(fact::BRANCH), context.facts.text(fact::TAG)), (None, Some("v1.4.0")));
}

#[test]
fn a_merge_ref_of_a_pull_request_is_no_branch() {
    let fixture = Fixture::named("code_scanning_alert.created");
    assert_eq!(fixture.read().facts.text(fact::BRANCH), None);
    assert_eq!(fixture.with("/ref", json!("refs/heads/main")).facts.text(fact::BRANCH), Some("main"));
    let mut body: Value = serde_json::from_slice(&fixture.body).unwrap();
    body["ref"] = json!("");
    body["alert"]["most_recent_instance"]["ref"] = json!("refs/heads/main");
    assert_eq!(read("code_scanning_alert", &body).facts.text(fact::BRANCH), Some("main"));
}

#[test]
fn a_check_of_a_fork_has_a_place_for_a_branch_and_none_in_it() {
    let context = Fixture::named("check_suite.completed").read();
    assert_eq!(context.facts.text(fact::BRANCH), None);
    assert!(context.header.kind.branch && context.header.kind.conclusion);
    assert_eq!(Fixture::named("check_run.completed").read().facts.text(fact::BRANCH), Some("clamp-totals"));
}

#[test]
fn a_run_that_has_not_ended_has_a_place_for_a_conclusion_and_none_in_it() {
    let context = Fixture::named("workflow_run.requested").read();
    assert_eq!(context.facts.text(fact::CONCLUSION), None);
    assert!(context.header.kind.conclusion);
}

#[test]
fn conclusions_come_from_where_each_event_has_its_own() {
    for (name, conclusion) in [
        ("workflow_run.completed", "failure"),
        ("workflow_job.completed", "success"),
        ("check_run.completed", "neutral"),
        ("check_suite.completed", "timed_out"),
        ("status", "error"),
        ("deployment_status.created", "failure"),
        ("pull_request_review.submitted", "changes_requested"),
    ] {
        let context = Fixture::named(name).read();
        assert_eq!(context.facts.text(fact::CONCLUSION), Some(conclusion), "{name}");
        assert!(context.header.kind.conclusion, "{name}");
    }
    let built = read("page_build", &json!({"build": {"status": "built"}}));
    assert_eq!(built.facts.text(fact::CONCLUSION), Some("built"));
    let imported = read("repository_import", &json!({"status": "success"}));
    assert_eq!(imported.facts.text(fact::CONCLUSION), Some("success"));
}

#[test]
fn the_state_of_an_alert_is_a_detail_and_no_conclusion() {
    let context = Fixture::named("dependabot_alert.created").read();
    assert_eq!(context.facts.text(fact::CONCLUSION), None);
    assert!(!context.header.kind.conclusion);
    assert_eq!(context.details["state"], "open");
}

#[test]
fn events_without_branches_have_no_place_for_one() {
    for name in ["issues.labeled", "issue_comment.created", "discussion.labeled", "ping"] {
        let context = Fixture::named(name).read();
        assert!(!context.header.kind.branch && context.facts.text(fact::BRANCH).is_none(), "{name}");
    }
}
