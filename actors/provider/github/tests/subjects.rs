//! People, labels, texts and links.

use serde_json::{Value, json};

use super::{Fixture, read};
use crate::domain::{BODY_LIMIT, fact};

#[test]
fn a_removed_label_is_found_though_the_subject_has_it_no_more() {
    let context = Fixture::named("issues.unlabeled").read();
    assert_eq!(context.facts.text(fact::LABEL), Some("agent"));
    assert_eq!(context.facts.list(fact::LABELS), ["bug", "agent"]);
}

#[test]
fn an_added_label_is_not_told_twice() {
    assert_eq!(Fixture::named("issues.labeled").read().facts.list(fact::LABELS), ["bug", "agent"]);
}

#[test]
fn labels_of_runners_are_no_labels_of_the_subject() {
    let context = Fixture::named("workflow_job.completed").read();
    assert!(context.facts.list(fact::LABELS).is_empty());
    assert_eq!(context.details["runner_labels"], json!(["self-hosted", "bug"]));
}

#[test]
fn all_assignees_are_told_and_first_the_one_the_event_is_about() {
    let assigned = Fixture::named("issues.assigned").read();
    assert_eq!(assigned.facts.text(fact::ASSIGNEE), Some("kai"));
    assert_eq!(assigned.facts.list(fact::ASSIGNEES), ["ada-k", "kai"]);
}

#[test]
fn whoever_was_unassigned_is_found_too() {
    let unassigned = Fixture::named("issues.unassigned").read();
    assert_eq!(unassigned.facts.text(fact::ASSIGNEE), Some("kai"));
    assert_eq!(unassigned.facts.list(fact::ASSIGNEES), ["ada-k", "kai"]);
}

#[test]
fn the_author_is_who_wrote_the_subject_and_the_commenter_who_wrote_the_comment() {
    for (name, author, commenter) in [
        ("issue_comment.created", "jon", "kai"),
        ("pull_request_review.submitted", "kai", "ada-k"),
        ("pull_request_review_comment.created", "kai", "ada-k"),
    ] {
        let context = Fixture::named(name).read();
        assert_eq!(context.facts.text(fact::AUTHOR), Some(author), "{name}");
        assert_eq!(context.facts.text(fact::COMMENTER), Some(commenter), "{name}");
    }
}

#[test]
fn who_comments_on_a_ghosts_issue_has_not_written_it() {
    let context = Fixture::named("issue_comment.on_a_ghosts_issue").read();
    assert_eq!(context.facts.text(fact::AUTHOR), None);
    assert_eq!(context.facts.text(fact::COMMENTER), Some("kai"));
    assert_eq!(context.facts.list(fact::ASSIGNEES), <[String; 0]>::default());
}

#[test]
fn a_push_without_an_account_behind_its_commit_is_the_pushers() {
    assert_eq!(
        Fixture::named("push.branch").with("/pusher/name", json!("mira")).facts.text(fact::AUTHOR).unwrap(),
        "jon"
    );
    assert_eq!(
        Fixture::named("push.tag").with("/pusher/name", json!("mira")).facts.text(fact::AUTHOR).unwrap(),
        "mira"
    );
    assert_eq!(Fixture::named("push.branch_deleted").read().facts.text(fact::AUTHOR).unwrap(), "jon");
}

#[test]
fn a_commit_comment_is_its_authors() {
    let comment = json!({"action": "created", "comment": {"body": "Why?", "user": {"login": "ada-k"}}});
    let context = read("commit_comment", &comment);
    assert_eq!(context.facts.text(fact::AUTHOR), Some("ada-k"));
    assert_eq!(context.facts.text(fact::COMMENT), Some("Why?"));
}

#[test]
fn requested_reviewers_and_teams_are_details() {
    let one = Fixture::named("pull_request.review_requested").read();
    assert_eq!(one.details["requested_reviewer"], "ada-k");
    assert_eq!(one.details["requested_reviewers"], json!(["ada-k", "mira"]));
    assert_eq!(one.facts.list(fact::ASSIGNEES), ["kai"]);
    let team = Fixture::named("pull_request.team_review_requested").read();
    assert_eq!(team.details["requested_team"], "Web");
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let long = "ä".repeat(BODY_LIMIT + 1);
    for (context, text) in [
        (Fixture::named("issue_comment.created").with("/comment/body", json!(long)), "comment"),
        (Fixture::named("issue_comment.created").with("/issue/body", json!(long)), "body"),
    ] {
        let value = serde_json::to_value(&context).unwrap();
        let cut = value[text].as_str().unwrap();
        assert!(cut.starts_with(&"ä".repeat(BODY_LIMIT)) && cut.contains("cut at"), "{text}");
    }
}

#[test]
fn the_title_of_a_push_is_the_first_line_of_its_commit() {
    assert_eq!(Fixture::named("push.branch").read().facts.text(fact::TITLE).unwrap(), "Clamp totals at zero");
}

#[test]
fn a_release_without_a_name_goes_by_its_tag() {
    let fixture = Fixture::named("release.published");
    assert_eq!(fixture.read().facts.text(fact::TITLE).unwrap(), "v1.4.0");
    assert_eq!(fixture.with("/release/name", json!("Frost")).facts.text(fact::TITLE).unwrap(), "Frost");
}

#[test]
fn the_action_is_never_a_title() {
    for fixture in Fixture::all() {
        let context = fixture.read();
        assert!(
            context.facts.text(fact::TITLE).is_none()
                || context.facts.text(fact::TITLE) != context.header.action.as_deref(),
            "{}",
            fixture.name
        );
    }
    assert_eq!(read("star", &json!({"action": "created", "starred_at": null})).facts.text(fact::TITLE), None);
}

#[test]
fn the_link_leads_to_the_most_specific_page() {
    for (name, url) in [
        ("issue_comment.created", "https://github.com/acme/app/pull/57#issuecomment-9001"),
        ("pull_request_review.submitted", "https://github.com/acme/app/pull/57#pullrequestreview-77"),
        ("pull_request_review_thread.resolved", "https://github.com/acme/app/pull/57#discussion_r88"),
        ("workflow_run.completed", "https://github.com/acme/app/actions/runs/600100"),
        (
            "check_suite.completed",
            "https://github.com/acme/app/commit/3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
        ),
        ("status", "https://ci.acme.example/builds/9"),
        ("label.created", "https://github.com/acme/app"),
    ] {
        assert_eq!(Fixture::named(name).read().facts.text(fact::URL), Some(url), "{name}");
    }
}

#[test]
fn an_event_without_a_repository_is_kept_with_its_organization() {
    let project = Fixture::named("projects_v2_item.edited").read();
    assert_eq!((project.facts.text(fact::REPO), project.facts.text(fact::ORG)), (None, Some("acme")));
    for (event, owner) in [
        ("marketplace_purchase", json!({"marketplace_purchase": {"account": {"login": "acme"}}})),
        ("sponsorship", json!({"sponsorship": {"sponsorable": {"login": "acme"}}})),
        ("installation_target", json!({"account": {"login": "acme"}})),
        ("installation", json!({"installation": {"account": {"login": "acme"}}})),
        ("public", json!({"repository": {"full_name": "acme/app"}})),
        ("public", json!({"repository": {"owner": {"login": "acme"}}})),
    ] {
        assert_eq!(read(event, &owner).facts.text(fact::ORG), Some("acme"), "{event}: {owner}");
    }
}

#[test]
fn an_installation_is_about_all_its_repositories() {
    let context = Fixture::named("installation_repositories.added").read();
    assert_eq!(context.facts.text(fact::REPO), None);
    assert_eq!(context.facts.list(fact::REPOS), ["acme/app", "acme/docs", "acme/old"]);
    let created =
        json!({"action": "created", "installation": {}, "repositories": [{"full_name": "acme/app"}]});
    assert_eq!(read("installation", &created).facts.list(fact::REPOS), ["acme/app"]);
}

#[test]
fn payloads_inside_of_payloads_are_not_mistaken_for_the_event() {
    let context = Fixture::named("repository_dispatch.nightly").read();
    assert_eq!(context.header.action.as_deref(), Some("nightly"));
    assert_eq!(context.facts.number(fact::NUMBER), None);
}

#[test]
fn the_smallest_payload_of_any_event_is_an_event() {
    for (event, body) in [
        ("issues", json!({"issue": null})),
        ("push", json!({"ref": 1, "before": 2, "after": 3})),
        ("ping", json!({"zen": [], "hook_id": {}})),
        ("workflow_run", json!({"workflow_run": "one"})),
        ("never_heard_of", json!({})),
    ] {
        let context = read(event, &body);
        assert_eq!(
            (context.header.event.as_str(), context.header.action, context.facts.text(fact::REPO)),
            (event, None, None)
        );
    }
}

#[test]
fn a_number_is_found_where_a_check_names_its_pull_request() {
    assert_eq!(Fixture::named("check_run.completed").read().facts.number(fact::NUMBER), Some(57));
    assert_eq!(Fixture::named("workflow_run.completed").read().facts.number(fact::NUMBER), None);
    assert_eq!(Fixture::named("code_scanning_alert.created").read().facts.number(fact::NUMBER), Some(7));
}

#[test]
fn a_field_of_the_wrong_type_is_absent_and_the_rest_stays() {
    let fixture = Fixture::named("issues.labeled");
    for wrong in [Value::Null, json!(7), json!("text"), json!([1]), json!({"login": {}})] {
        let context = fixture.with("/issue/user", wrong.clone());
        assert_eq!(
            (context.facts.text(fact::AUTHOR), context.facts.number(fact::NUMBER)),
            (None, Some(42)),
            "{wrong}"
        );
    }
    let context = fixture.with("/repository", json!("acme/app"));
    assert_eq!((context.facts.text(fact::REPO), context.facts.text(fact::ORG)), (None, Some("acme")));
}
