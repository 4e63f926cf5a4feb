use proptest::prelude::*;

use super::*;
use crate::domain::KindFields;

fn clause(field: Field, wanted: &[&str]) -> Clause {
    Clause { field, wanted: wanted.iter().map(|text| (*text).to_owned()).collect() }
}

fn filter(clauses: &[(Field, &[&str])]) -> Filter {
    Filter { clauses: clauses.iter().map(|(field, wanted)| clause(*field, wanted)).collect() }
}

fn event(source: Provider, event: &str, fill: impl FnOnce(&mut WebhookContext)) -> WebhookContext {
    let mut context = WebhookContext::new(source, event);
    fill(&mut context);
    context
}

fn github(name: &str, fill: impl FnOnce(&mut WebhookContext)) -> WebhookContext {
    event(Provider::Github, name, fill)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn labeled() -> WebhookContext {
    github("issues", |context| {
        context.action = Some("labeled".into());
        context.repo = Some("Acme/App".into());
        context.org = Some("Acme".into());
        context.labels = texts(&["bug", "Agent"]);
        context.label = Some("Agent".into());
        context.assignee = Some("jon".into());
        context.assignees = texts(&["mira", "jon"]);
        context.author = Some("mira".into());
        context.author_aliases = texts(&["Mira@Acme.dev"]);
        context.commenter = Some("robin".into());
        context.sender = Some("robot[bot]".into());
    })
}

/// Holds one clause against a context.
fn holds_alone(context: &WebhookContext, field: Field, wanted: &[&str]) -> bool {
    matches(&filter(&[(field, wanted)]), context)
}

#[track_caller]
fn check(context: &WebhookContext, table: &[(Field, &[&str], bool)]) {
    for (field, wanted, expected) in table {
        assert_eq!(holds_alone(context, *field, wanted), *expected, "{field} = {wanted:?}");
    }
}

#[test]
fn names_ignore_case_and_what_providers_define_does_not() {
    check(
        &labeled(),
        &[
            (Field::Repos, &["acme/app"], true),
            (Field::Repos, &["acme/ap"], false),
            (Field::Orgs, &["ACME"], true),
            (Field::Labels, &["agent"], true),
            (Field::Labels, &["age"], false),
            (Field::Assignee, &["JON"], true),
            (Field::Author, &["Mira"], true),
            (Field::Author, &["mira@acme.dev"], true),
            (Field::Sender, &["Robot[bot]"], true),
            (Field::Sender, &["robot"], false),
            (Field::Events, &["issues"], true),
            (Field::Events, &["Issues"], false),
            (Field::Actions, &["labeled"], true),
            (Field::Actions, &["Labeled"], false),
            (Field::Resources, &["issues"], true),
            (Field::Resources, &["ISSUES"], false),
        ],
    );
}

#[test]
fn any_of_the_wanted_and_any_of_the_values_will_do() {
    check(
        &labeled(),
        &[
            (Field::Repos, &["acme/other", "acme/app"], true),
            (Field::Labels, &["urgent", "bug"], true),
            (Field::Labels, &["urgent", "p1"], false),
            (Field::Assignee, &["mira"], true),
            (Field::Author, &["robin"], true),
            (Field::Author, &["jon"], false),
        ],
    );
    let unlabeled = github("issues", |context| context.label = Some("agent".into()));
    check(&unlabeled, &[(Field::Labels, &["agent"], true)]);
    let status = github("status", |context| {
        context.kind_fields.branch = true;
        context.branches = texts(&["topic", "main"]);
    });
    check(&status, &[(Field::Branches, &["main"], true), (Field::Branches, &["other"], false)]);
    let installation = github("installation", |context| context.repos = texts(&["acme/one", "acme/two"]));
    check(&installation, &[(Field::Repos, &["acme/two"], true), (Field::Repos, &["acme/three"], false)]);
}

#[test]
fn a_star_is_a_glob_in_repositories_and_branches_alone() {
    let mut context = labeled();
    context.event = "pull_request".into();
    context.kind_fields.branch = true;
    context.branch = Some("mira/fix/1".into());
    context.base_branch = Some("release/1.2".into());
    check(
        &context,
        &[
            (Field::Repos, &["ACME/*"], true),
            (Field::Repos, &["*/app"], true),
            (Field::Repos, &["acme/*x"], false),
            (Field::Branches, &["mira/*"], true),
            (Field::Branches, &["Mira/*"], false),
            (Field::BaseBranches, &["release/*"], true),
            (Field::BaseBranches, &["main"], false),
            (Field::Labels, &["*"], false),
            (Field::Orgs, &["*"], false),
            (Field::Projects, &["acme/*"], false),
            (Field::Actions, &["*"], false),
        ],
    );
}

#[test]
fn a_missing_value_fails_most_fields() {
    let bare = github("issues", |_| {});
    for field in Field::ALL {
        let passes = matches!(field, Field::Branches | Field::BaseBranches | Field::Conclusions);
        assert_eq!(holds_alone(&bare, field, &["*"]), passes, "{field}");
    }
}

#[test]
fn an_event_of_a_kind_that_has_branches_or_conclusions_must_have_a_wanted_one() {
    let mut run = github("workflow_run", |context| {
        context.kind_fields = KindFields { branch: true, conclusion: true };
    });
    check(&run, &[(Field::Branches, &["*"], false), (Field::Conclusions, &["failure"], false)]);
    run.branch = Some("main".into());
    run.conclusion = Some("failure".into());
    check(
        &run,
        &[
            (Field::Branches, &["main"], true),
            (Field::Branches, &["release/*"], false),
            (Field::Conclusions, &["FAILURE"], true),
            (Field::Conclusions, &["success"], false),
        ],
    );
}

#[test]
fn a_branch_that_is_there_counts_whatever_its_kind_carries() {
    let odd = github("novelty", |context| context.branch = Some("topic".into()));
    check(&odd, &[(Field::Branches, &["main"], false), (Field::Branches, &["topic"], true)]);
}

#[test]
fn base_branches_speak_of_pull_requests_and_merge_queues() {
    let into_main = |context: &mut WebhookContext| context.base_branch = Some("main".into());
    for (name, without) in [
        ("pull_request", false),
        ("pull_request_review_comment", false),
        ("merge_group", false),
        ("push", true),
    ] {
        assert_eq!(holds_alone(&github(name, |_| {}), Field::BaseBranches, &["main"]), without, "{name}");
        assert!(holds_alone(&github(name, into_main), Field::BaseBranches, &["main"]), "{name}");
        assert!(!holds_alone(&github(name, into_main), Field::BaseBranches, &["dev"]), "{name}");
    }
}

#[test]
fn the_owner_of_a_repository_of_github_stands_in_for_an_organization() {
    let of_user = |source| event(source, "push", |context| context.repo = Some("mira/dots".into()));
    check(&of_user(Provider::Github), &[(Field::Orgs, &["Mira"], true), (Field::Orgs, &["acme"], false)]);
    check(&of_user(Provider::Sentry), &[(Field::Orgs, &["mira"], false)]);
    let moved = github("push", |context| {
        context.repo = Some("mira/dots".into());
        context.org = Some("acme".into());
    });
    check(&moved, &[(Field::Orgs, &["acme"], true), (Field::Orgs, &["mira"], false)]);
}

#[test]
fn linear_goes_by_id_or_slug_and_by_its_own_names_too() {
    let removed = event(Provider::Linear, "issues", |context| {
        context.repo = Some("0c4f0e4a-2f3b".into());
        context.org = Some("acme".into());
        context.action = Some("remove".into());
    });
    check(
        &removed,
        &[
            (Field::Organizations, &["0C4F0E4A-2f3b"], true),
            (Field::Organizations, &["Acme"], true),
            (Field::Organizations, &["other"], false),
            (Field::Actions, &["delete"], true),
            (Field::Actions, &["remove"], true),
            (Field::Actions, &["update"], false),
            (Field::Events, &["Issue"], true),
            (Field::Events, &["issues"], true),
            (Field::Events, &["Comment"], false),
        ],
    );
    let deleted = event(Provider::Linear, "issues", |context| context.action = Some("delete".into()));
    check(&deleted, &[(Field::Actions, &["remove"], true)]);
    let deleted = github("label", |context| context.action = Some("deleted".into()));
    check(&deleted, &[(Field::Actions, &["remove"], false), (Field::Events, &["Label"], false)]);
}

#[test]
fn projects_are_what_sentry_and_mintlify_call_them() {
    let issue = event(Provider::Sentry, "issue", |context| context.repo = Some("Web".into()));
    check(&issue, &[(Field::Projects, &["web"], true), (Field::Projects, &["api"], false)]);
    let alert = event(Provider::Sentry, "metric_alert", |context| context.repos = texts(&["web", "api"]));
    check(&alert, &[(Field::Projects, &["api"], true), (Field::Resources, &["metric_alert"], true)]);
}

#[test]
fn a_ping_matches_only_who_asks_for_it_by_name() {
    let ping = github("ping", |context| context.org = Some("acme".into()));
    let refused =
        FailedClause { field: "events".into(), wanted: Vec::new(), actual: Actual::One("ping".into()) };
    assert_eq!(evaluate(&Filter::default(), &ping), Err(vec![refused.clone()]));
    assert_eq!(evaluate(&filter(&[(Field::Orgs, &["acme"])]), &ping), Err(vec![refused]));
    let failed = evaluate(&filter(&[(Field::Events, &["push"])]), &ping).unwrap_err();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].wanted, ["push"]);
    assert!(holds_alone(&ping, Field::Events, &["push", "ping"]));
    assert!(matches(&Filter::default(), &event(Provider::Linear, "ping", |_| {})));
}

#[test]
fn every_clause_that_says_no_is_named_with_what_was_wanted_and_what_was_there() {
    let filter = filter(&[
        (Field::Actions, &["opened"]),
        (Field::Events, &["issues"]),
        (Field::Labels, &["urgent", "p1"]),
        (Field::Orgs, &["other"]),
        (Field::Organizations, &["other"]),
        (Field::BaseBranches, &["main"]),
    ]);
    let mut context = labeled();
    context.org = None;
    context.repo = None;
    let failed = evaluate(&filter, &context).unwrap_err();
    let fields: Vec<_> = failed.iter().map(|clause| clause.field.as_str()).collect();
    assert_eq!(fields, ["actions", "labels", "orgs", "organizations"]);
    assert_eq!(failed[1].wanted, ["urgent", "p1"]);
    assert_eq!(failed[0].actual, Actual::One("labeled".into()));
    assert_eq!(failed[1].actual, Actual::Many(texts(&["Agent", "bug"])));
    assert_eq!(failed[2].actual, Actual::Absent);
}

fn text() -> impl Strategy<Value = String> {
    let texts = vec!["a", "b", "A", "a/b", "A/B", "a/*", "*", "Issue", "issues", "ping", "remove", "delete"];
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn clauses() -> impl Strategy<Value = Vec<Clause>> {
    let clause = (prop::sample::select(Field::ALL.to_vec()), prop::collection::vec(text(), 1..3))
        .prop_map(|(field, wanted)| Clause { field, wanted });
    prop::collection::vec(clause, 0..4)
}

prop_compose! {
    fn contexts()(
        source in prop::sample::select(Provider::ALL.to_vec()),
        event in text(),
        ones in prop::collection::vec(prop::option::of(text()), 11),
        lists in prop::collection::vec(prop::collection::vec(text(), 0..3), 5),
        (branch, conclusion) in any::<(bool, bool)>(),
    ) -> WebhookContext {
        let mut context = WebhookContext::new(source, event);
        let fields = [
            &mut context.action, &mut context.repo, &mut context.org, &mut context.label,
            &mut context.assignee, &mut context.author, &mut context.commenter, &mut context.sender,
            &mut context.branch, &mut context.base_branch, &mut context.conclusion,
        ];
        for (field, one) in fields.into_iter().zip(ones) {
            *field = one;
        }
        let fields = [
            &mut context.labels, &mut context.assignees, &mut context.author_aliases,
            &mut context.branches, &mut context.repos,
        ];
        for (field, list) in fields.into_iter().zip(lists) {
            *field = list;
        }
        context.kind_fields = KindFields { branch, conclusion };
        context
    }
}

proptest! {
    #[test]
    fn adding_a_clause_never_adds_a_match(context in contexts(), all in clauses(), left_out in 0_usize..4) {
        let mut fewer = all.clone();
        let removed = (left_out < fewer.len()).then(|| fewer.remove(left_out));
        // A ping has to be asked for, so that clause is the one which can add it.
        let asks_for_ping = removed.is_some_and(|clause| clause.field == Field::Events);
        if matches(&Filter { clauses: all }, &context) && !(asks_for_ping && context.event == "ping") {
            let fewer = Filter { clauses: fewer };
            prop_assert!(matches(&fewer, &context));
        }
    }

    #[test]
    fn order_never_matters(context in contexts(), clauses in clauses()) {
        let mut backwards = clauses.clone();
        backwards.reverse();
        for clause in &mut backwards {
            clause.wanted.reverse();
        }
        prop_assert_eq!(
            matches(&Filter { clauses }, &context),
            matches(&Filter { clauses: backwards }, &context)
        );
    }

    #[test]
    fn a_trigger_without_clauses_matches_everything_but_pings_of_github(context in contexts()) {
        let is_ping = context.source == Provider::Github && context.event == "ping";
        prop_assert_eq!(matches(&Filter::default(), &context), !is_ping);
    }

    #[test]
    fn there_are_reasons_exactly_where_there_is_no_match(context in contexts(), clauses in clauses()) {
        let filter = Filter { clauses };
        match evaluate(&filter, &context) {
            Ok(()) => prop_assert!(matches(&filter, &context)),
            Err(failed) => prop_assert!(!failed.is_empty() && !matches(&filter, &context)),
        }
    }
}
