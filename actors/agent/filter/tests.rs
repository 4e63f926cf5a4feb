use proptest::prelude::*;

use super::*;
use crate::domain::{KindFields, Place, ProviderName, WhenAbsent, fact};

/// The field of that name, as the first provider has it that has one; GitHub comes first.
fn field(name: &str) -> &'static FieldSpec {
    fields().find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name}"))
}

/// Every field, those of GitHub first.
fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    provider::all().iter().flat_map(|provider| provider.spec().fields)
}

fn clause(name: &str, wanted: &[&str]) -> Clause {
    Clause { field: field(name), wanted: wanted.iter().map(|text| (*text).to_owned()).collect() }
}

fn filter(clauses: &[(&str, &[&str])]) -> Filter {
    Filter { clauses: clauses.iter().map(|(field, wanted)| clause(field, wanted)).collect() }
}

fn event(source: ProviderName, name: &str, fill: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event::new(source, name);
    fill(&mut event);
    event
}

fn github(name: &str, fill: impl FnOnce(&mut Event)) -> Event {
    event(ProviderName::new("github"), name, fill)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn labeled() -> Event {
    github("issues", |event| {
        event.header.action = Some("labeled".into());
        event.header.sender = Some("robot[bot]".into());
        let facts = &mut event.facts;
        facts.set(fact::REPO, Some("Acme/App"));
        facts.set(fact::ORG, Some("Acme"));
        facts.set_list(fact::LABELS, texts(&["bug", "Agent"]));
        facts.set(fact::LABEL, Some("Agent"));
        facts.set(fact::ASSIGNEE, Some("jon"));
        facts.set_list(fact::ASSIGNEES, texts(&["mira", "jon"]));
        facts.set(fact::AUTHOR, Some("mira"));
        facts.set_list(fact::AUTHOR_ALIASES, texts(&["Mira@Acme.dev"]));
        facts.set(fact::COMMENTER, Some("robin"));
    })
}

/// Holds one clause against a context, by the field that its provider has, if it has one.
fn holds_alone(context: &Event, name: &str, wanted: &[&str]) -> bool {
    let field = provider::spec(context.header.provider).field(name).unwrap_or_else(|| field(name));
    matches(&Filter { clauses: vec![Clause { field, wanted: texts(wanted) }] }, context)
}

#[track_caller]
fn check(context: &Event, table: &[(&str, &[&str], bool)]) {
    for (field, wanted, expected) in table {
        assert_eq!(holds_alone(context, field, wanted), *expected, "{field} = {wanted:?}");
    }
}

#[test]
fn names_ignore_case_and_what_providers_define_does_not() {
    check(
        &labeled(),
        &[
            ("repos", &["acme/app"], true),
            ("repos", &["acme/ap"], false),
            ("orgs", &["ACME"], true),
            ("labels", &["agent"], true),
            ("labels", &["age"], false),
            ("assignee", &["JON"], true),
            ("author", &["Mira"], true),
            ("author", &["mira@acme.dev"], true),
            ("sender", &["Robot[bot]"], true),
            ("sender", &["robot"], false),
            ("events", &["issues"], true),
            ("events", &["Issues"], false),
            ("actions", &["labeled"], true),
            ("actions", &["Labeled"], false),
            ("resources", &["issues"], true),
            ("resources", &["ISSUES"], false),
        ],
    );
}

#[test]
fn any_of_the_wanted_and_any_of_the_values_will_do() {
    check(
        &labeled(),
        &[
            ("repos", &["acme/other", "acme/app"], true),
            ("labels", &["urgent", "bug"], true),
            ("labels", &["urgent", "p1"], false),
            ("assignee", &["mira"], true),
            ("author", &["robin"], true),
            ("author", &["jon"], false),
        ],
    );
    let unlabeled = github("issues", |context| context.facts.set(fact::LABEL, Some("agent")));
    check(&unlabeled, &[("labels", &["agent"], true)]);
    let status = github("status", |context| {
        context.header.kind.branch = true;
        context.facts.set_list(fact::BRANCHES, texts(&["topic", "main"]));
    });
    check(&status, &[("branches", &["main"], true), ("branches", &["other"], false)]);
    let installation = github("installation", |context| {
        context.facts.set_list(fact::REPOS, texts(&["acme/one", "acme/two"]));
    });
    check(&installation, &[("repos", &["acme/two"], true), ("repos", &["acme/three"], false)]);
}

#[test]
fn a_star_is_a_glob_in_repositories_and_branches_alone() {
    let mut context = labeled();
    context.header.event = "pull_request".into();
    context.header.kind.branch = true;
    context.facts.set(fact::BRANCH, Some("mira/fix/1"));
    context.facts.set(fact::BASE_BRANCH, Some("release/1.2"));
    check(
        &context,
        &[
            ("repos", &["ACME/*"], true),
            ("repos", &["*/app"], true),
            ("repos", &["acme/*x"], false),
            ("branches", &["mira/*"], true),
            ("branches", &["Mira/*"], false),
            ("base_branches", &["release/*"], true),
            ("base_branches", &["main"], false),
            ("labels", &["*"], false),
            ("orgs", &["*"], false),
            ("projects", &["acme/*"], false),
            ("actions", &["*"], false),
        ],
    );
}

#[test]
fn a_missing_value_fails_most_fields() {
    let bare = github("issues", |_| {});
    for field in fields() {
        let passes = matches!(field.when_absent, WhenAbsent::PassForOtherKinds(_));
        if field.values != [Place::Event] {
            let filter = Filter { clauses: vec![Clause { field, wanted: texts(&["*"]) }] };
            assert_eq!(matches(&filter, &bare), passes, "{field}");
        }
    }
}

#[test]
fn an_event_of_a_kind_that_has_branches_or_conclusions_must_have_a_wanted_one() {
    let mut run = github("workflow_run", |context| {
        context.header.kind = KindFields { branch: true, conclusion: true };
    });
    check(&run, &[("branches", &["*"], false), ("conclusions", &["failure"], false)]);
    run.facts.set(fact::BRANCH, Some("main"));
    run.facts.set(fact::CONCLUSION, Some("failure"));
    check(
        &run,
        &[
            ("branches", &["main"], true),
            ("branches", &["release/*"], false),
            ("conclusions", &["FAILURE"], true),
            ("conclusions", &["success"], false),
        ],
    );
}

#[test]
fn a_branch_that_is_there_counts_whatever_its_kind_carries() {
    let odd = github("novelty", |context| context.facts.set(fact::BRANCH, Some("topic")));
    check(&odd, &[("branches", &["main"], false), ("branches", &["topic"], true)]);
}

#[test]
fn base_branches_speak_of_pull_requests_and_merge_queues() {
    let into_main = |context: &mut Event| context.facts.set(fact::BASE_BRANCH, Some("main"));
    for (name, without) in [
        ("pull_request", false),
        ("pull_request_review_comment", false),
        ("merge_group", false),
        ("push", true),
    ] {
        assert_eq!(holds_alone(&github(name, |_| {}), "base_branches", &["main"]), without, "{name}");
        assert!(holds_alone(&github(name, into_main), "base_branches", &["main"]), "{name}");
        assert!(!holds_alone(&github(name, into_main), "base_branches", &["dev"]), "{name}");
    }
}

#[test]
fn linear_goes_by_id_or_slug_and_by_its_own_names_too() {
    let removed = event(ProviderName::new("linear"), "issues", |context| {
        context.facts.set(fact::REPO, Some("0c4f0e4a-2f3b"));
        context.facts.set(fact::ORG, Some("acme"));
        context.header.action = Some("remove".into());
    });
    check(
        &removed,
        &[
            ("organizations", &["0C4F0E4A-2f3b"], true),
            ("organizations", &["Acme"], true),
            ("organizations", &["other"], false),
            ("actions", &["delete"], true),
            ("actions", &["remove"], true),
            ("actions", &["update"], false),
            ("events", &["Issue"], true),
            ("events", &["issues"], true),
            ("events", &["Comment"], false),
        ],
    );
    let deleted =
        event(ProviderName::new("linear"), "issues", |context| context.header.action = Some("delete".into()));
    check(&deleted, &[("actions", &["remove"], true)]);
    let deleted = github("label", |context| context.header.action = Some("deleted".into()));
    check(&deleted, &[("actions", &["remove"], false), ("events", &["Label"], false)]);
}

#[test]
fn projects_are_what_sentry_and_mintlify_call_them() {
    let issue =
        event(ProviderName::new("sentry"), "issue", |context| context.facts.set(fact::REPO, Some("Web")));
    check(&issue, &[("projects", &["web"], true), ("projects", &["api"], false)]);
    let alert = event(ProviderName::new("sentry"), "metric_alert", |context| {
        context.facts.set_list(fact::REPOS, texts(&["web", "api"]));
    });
    check(&alert, &[("projects", &["api"], true), ("resources", &["metric_alert"], true)]);
}

#[test]
fn a_ping_matches_only_who_asks_for_it_by_name() {
    let ping = github("ping", |context| context.facts.set(fact::ORG, Some("acme")));
    let refused =
        FailedClause { field: "events".into(), wanted: Vec::new(), actual: Actual::One("ping".into()) };
    assert_eq!(evaluate(&Filter::default(), &ping), Err(vec![refused.clone()]));
    assert_eq!(evaluate(&filter(&[("orgs", &["acme"])]), &ping), Err(vec![refused]));
    let failed = evaluate(&filter(&[("events", &["push"])]), &ping).unwrap_err();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].wanted, ["push"]);
    assert!(holds_alone(&ping, "events", &["push", "ping"]));
    assert!(matches(&Filter::default(), &event(ProviderName::new("linear"), "ping", |_| {})));
}

#[test]
fn every_clause_that_says_no_is_named_with_what_was_wanted_and_what_was_there() {
    let filter = filter(&[
        ("actions", &["opened"]),
        ("events", &["issues"]),
        ("labels", &["urgent", "p1"]),
        ("orgs", &["other"]),
        ("organizations", &["other"]),
        ("base_branches", &["main"]),
    ]);
    let mut context = labeled();
    context.facts.set(fact::ORG, None::<&str>);
    context.facts.set(fact::REPO, None::<&str>);
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
    let clause = (prop::sample::select(fields().collect::<Vec<_>>()), prop::collection::vec(text(), 1..3))
        .prop_map(|(field, wanted)| Clause { field, wanted });
    prop::collection::vec(clause, 0..4)
}

prop_compose! {
    fn contexts()(
        source in prop::sample::select(provider::all().iter().map(|provider| provider.spec().name).collect::<Vec<_>>()),
        name in text(),
        ones in prop::collection::vec(prop::option::of(text()), 11),
        lists in prop::collection::vec(prop::collection::vec(text(), 0..3), 5),
        (branch, conclusion) in any::<(bool, bool)>(),
    ) -> Event {
        let mut context = Event::new(source, name);
        let mut ones = ones.into_iter();
        context.header.action = ones.next().flatten();
        context.header.sender = ones.next().flatten();
        let texts = [
            fact::REPO, fact::ORG, fact::LABEL, fact::ASSIGNEE, fact::AUTHOR, fact::COMMENTER, fact::BRANCH,
            fact::BASE_BRANCH, fact::CONCLUSION,
        ];
        for (name, one) in texts.into_iter().zip(ones) {
            context.facts.set(name, one);
        }
        let named = [fact::LABELS, fact::ASSIGNEES, fact::AUTHOR_ALIASES, fact::BRANCHES, fact::REPOS];
        for (name, list) in named.into_iter().zip(lists) {
            context.facts.set_list(name, list);
        }
        context.header.kind = KindFields { branch, conclusion };
        context
    }
}

proptest! {
    #[test]
    fn adding_a_clause_never_adds_a_match(context in contexts(), all in clauses(), left_out in 0_usize..4) {
        let mut fewer = all.clone();
        let removed = (left_out < fewer.len()).then(|| fewer.remove(left_out));
        // A ping has to be asked for, so that clause is the one which can add it.
        let asks_for_ping = removed.is_some_and(|clause| clause.field.name == "events");
        if matches(&Filter { clauses: all }, &context) && !(asks_for_ping && context.header.event == "ping") {
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
        let is_ping = context.header.provider == ProviderName::new("github") && context.header.event == "ping";
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
