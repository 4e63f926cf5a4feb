//! What Linear sends, as an agent gets it, and the traps on the way.

use proptest::prelude::*;

use super::{LINEAR, Linear, spec::TYPE};
use crate::{
    domain::{Event, Headers, Timestamp, fact},
    provider::{Provider, arbitrary::mutations},
};

fn parsed(body: &[u8]) -> Event {
    Linear.parse(&Headers::default(), body).unwrap()
}

/// Whether a filter on events that wants `name` means this one.
fn is_event(name: &str, context: &Event) -> bool {
    let field = LINEAR.field("events").unwrap();
    context
        .matched_values(field)
        .any(|value| value == name || field.synonyms.contains(&(name, value.as_ref())))
}

macro_rules! reads {
    ($($name:ident)*) => {$(
#[test]
        fn $name() {
            let body = include_bytes!(concat!("../fixtures/linear/", stringify!($name), ".json"));
            insta::assert_json_snapshot!(parsed(body));
        }
    )*};
}

/// Each entity reads as its snapshot.
mod reads_as_sent {
    use super::parsed;

    reads! {
        issue_create issue_update comment_create project_update agent_session issue_sla notification
        schema_2021
    }
}

#[test]
fn the_type_is_taken_from_the_header_where_the_body_has_none() {
    let headers: Headers = [("Linear-Event", "Cycle")].into_iter().collect();
    let context = Linear.parse(&headers, br#"{"action":"create","data":{"number":7}}"#).unwrap();
    assert_eq!((context.header.event.as_str(), context.facts.number(fact::NUMBER)), ("cycle", Some(7)));
    assert!(Linear.parse(&Headers::default(), br#"{"action":"create"}"#).is_err());
    assert!(Linear.parse(&headers, b"[]").is_err());
}

#[test]
fn events_go_by_their_native_names_too() {
    let event = |entity: &str| parsed(format!(r#"{{"type":"{entity}"}}"#).as_bytes());
    for (entity, names, others) in [
        ("Issue", ["Issue", "issues"], ["Comment", "issue_comment"]),
        ("Comment", ["Comment", "issue_comment"], ["Issue", "issues"]),
        ("ProjectUpdate", ["ProjectUpdate", "projectupdate"], ["Project", "project"]),
        ("AgentSessionEvent", ["AgentSessionEvent", "agentsessionevent"], ["Issue", "issues"]),
    ] {
        let context = event(entity);
        assert!(names.iter().all(|name| is_event(name, &context)), "{entity}");
        assert!(!others.iter().any(|name| is_event(name, &context)), "{entity}");
        assert_eq!(context.facts.text(TYPE), Some(entity));
        assert!(!is_event(&entity.to_uppercase(), &context), "{entity}");
    }
}

#[test]
fn the_number_is_read_wherever_it_stands() {
    let number = |data: &str, url: &str| {
        parsed(format!(r#"{{"type":"Comment","url":"{url}","data":{data}}}"#).as_bytes())
            .facts
            .number(fact::NUMBER)
    };
    assert_eq!(number(r#"{"issue":{"identifier":"DOCK-42"}}"#, ""), Some(42));
    assert_eq!(number("{}", "https://linear.app/lagoon/issue/MY-TEAM-9/rope#comment-1"), Some(9));
    assert_eq!(number("{}", "https://linear.app/lagoon/issue/DOCK-9#comment-1"), Some(9));
    assert_eq!(number("{}", "https://linear.app/lagoon/project/rope-17"), None);
    assert_eq!(number(r#"{"issue":{"identifier":"DOCK-99999999999999999999"}}"#, ""), None);
}

#[test]
fn what_a_comment_says_of_its_issue_is_kept() {
    let context = parsed(
        br#"{"type":"Comment","action":"create","data":{"body":"Nice.","user":{"name":"Teo"},
            "issue":{"number":42,"title":"Rope","labels":[{"name":"agent"}],
                     "creator":{"name":"Ines","email":"ines@lagoon.example"}}}}"#,
    );
    assert_eq!(
        (context.facts.number(fact::NUMBER), context.facts.list(fact::LABELS)),
        (Some(42), &["agent".to_owned()][..])
    );
    assert_eq!(
        (context.facts.text(fact::AUTHOR), context.facts.text(fact::COMMENTER)),
        (Some("Teo"), Some("Teo"))
    );
    assert_eq!(context.facts.list(fact::AUTHOR_ALIASES), ["Ines", "ines@lagoon.example"]);
}

#[test]
fn an_organization_of_old_is_named_in_the_team() {
    let context = parsed(br#"{"type":"Issue","data":{"team":{"organization":{"id":"o-1"}}}}"#);
    assert_eq!(context.facts.text(fact::REPO), Some("o-1"));
    let context =
        parsed(br#"{"type":"Issue","organizationId":"o-2","data":{"team":{"organization":{"id":"o-1"}}}}"#);
    assert_eq!(context.facts.text(fact::REPO), Some("o-2"));
}

#[test]
fn the_workspace_is_read_from_links_and_never_guessed() {
    let org = |url: &str| {
        parsed(format!(r#"{{"type":"Issue","url":"{url}"}}"#).as_bytes())
            .facts
            .text(fact::ORG)
            .map(str::to_owned)
    };
    assert_eq!(org("https://linear.app/lagoon/issue/DOCK-1/x").as_deref(), Some("lagoon"));
    assert_eq!(org("https://linear.app/issue/DOCK-1/x"), None);
    assert_eq!(org("https://uploads.linear.app/lagoon/x"), None);
    assert_eq!(org("https://notlinear.app/lagoon/x"), None);
    assert_eq!(org("https://linear.app/"), None);
}

#[test]
fn whoever_creates_an_issue_is_its_author_and_whoever_edits_it_is_not() {
    let context = |action: &str| {
        let actor = r#"{"type":"user","name":"Ines","email":"ines@lagoon.example"}"#;
        parsed(format!(r#"{{"type":"Issue","action":"{action}","actor":{actor},"data":{{}}}}"#).as_bytes())
    };
    assert_eq!(context("create").facts.text(fact::AUTHOR), Some("Ines"));
    assert_eq!(context("create").facts.list(fact::AUTHOR_ALIASES), ["ines@lagoon.example"]);
    assert_eq!(
        (context("update").facts.text(fact::AUTHOR), context("update").header.sender.as_deref()),
        (None, Some("Ines"))
    );
}

#[test]
fn a_creator_in_the_payload_outranks_the_actor() {
    let context = parsed(
        br#"{"type":"Issue","action":"create","actor":{"name":"A bot"},"data":{"creator":{"email":"ines@lagoon.example"}}}"#,
    );
    assert_eq!(context.facts.text(fact::AUTHOR), Some("ines@lagoon.example"));
    assert_eq!(context.header.sender.as_deref(), Some("A bot"));
}

#[test]
fn an_integration_is_a_sender_by_its_service() {
    let context = parsed(br#"{"type":"Issue","actor":{"id":"x","type":"integration","service":"slack"}}"#);
    assert_eq!(context.header.sender.as_deref(), Some("slack"));
}

#[test]
fn comments_on_other_things_than_issues_are_events() {
    let context = parsed(
        br#"{"type":"Comment","action":"create","organizationId":"o","data":{"body":"Nice.","projectUpdate":{"id":"p"}}}"#,
    );
    assert_eq!(context.facts.text(fact::COMMENT), Some("Nice."));
    assert_eq!((context.facts.text(fact::TITLE), context.facts.number(fact::NUMBER)), (None, None));
    for parent in [
        r#""projectUpdate":{"project":{"name":"Pier"}}"#,
        r#""documentContent":{"document":{"title":"Pier"}}"#,
        r#""documentContent":{"project":{"name":"Pier"}}"#,
        r#""project":{"name":"Pier"}"#,
    ] {
        let body = format!(r#"{{"type":"Comment","data":{{"body":"Nice.",{parent}}}}}"#);
        assert_eq!(parsed(body.as_bytes()).facts.text(fact::TITLE), Some("Pier"), "{parent}");
    }
}

#[test]
fn an_attachment_tells_of_its_issue_by_id_alone() {
    let context =
        parsed(br#"{"type":"Attachment","action":"create","data":{"title":"Plan","issueId":"i-42"}}"#);
    assert_eq!(context.details["issue_id"], "i-42");
}

#[test]
fn a_reaction_shows_the_comment_it_is_on() {
    let context = parsed(
        br#"{"type":"Reaction","action":"create","data":{"emoji":"heart","comment":{"body":"Done."}}}"#,
    );
    assert_eq!(
        (context.facts.text(fact::COMMENT), context.facts.text(fact::COMMENTER)),
        (Some("Done."), None)
    );
}

#[test]
fn entities_without_data_are_events() {
    for body in [
        r#"{"type":"OAuthApp","action":"revoked","organizationId":"o","oauthClientId":"c"}"#,
        r#"{"type":"PermissionChange","action":"teamAccessChanged","organizationId":"o"}"#,
        r#"{"type":"OfTomorrow","action":"x","organizationId":"o","data":[]}"#,
    ] {
        let context = parsed(body.as_bytes());
        assert_eq!(
            (context.facts.text(fact::REPO), context.facts.text(fact::TITLE)),
            (Some("o"), None),
            "{body}"
        );
    }
}

#[test]
fn no_title_is_made_up() {
    assert_eq!(
        parsed(br#"{"type":"Reaction","action":"create","data":{"emoji":"wave"}}"#).facts.text(fact::TITLE),
        None
    );
}

#[test]
fn fields_of_the_wrong_type_lose_no_event() {
    let context = parsed(
        br#"{"type":"Issue","action":7,"actor":"me","url":{},"organizationId":5,"updatedFrom":[1],
            "data":{"number":"42","title":[],"labels":{"a":1},"labelIds":7,"assignee":"teo","issue":3}}"#,
    );
    assert_eq!(
        (context.facts.number(fact::NUMBER), context.facts.text(fact::TITLE), context.facts.text(fact::REPO)),
        (None, None, None)
    );
    assert!(context.facts.list(fact::LABELS).is_empty());
}

#[test]
fn what_changed_of_the_labels_is_told() {
    let context = parsed(
        br#"{"type":"Issue","data":{"labelIds":["a","b"]},"updatedFrom":{"labelIds":["b","c"],"state":{"deep":1}}}"#,
    );
    assert_eq!(context.details["added_label_ids"], serde_json::json!(["a"]));
    assert_eq!(context.details["removed_label_ids"], serde_json::json!(["c"]));
    assert_eq!(context.details["updated_from"], serde_json::json!({"labelIds": ["b", "c"]}));
}

#[test]
fn the_signed_time_is_in_the_body_in_milliseconds() {
    let at = |body: &str| Linear.signed_at(&Headers::default(), body.as_bytes());
    assert_eq!(at(r#"{"webhookTimestamp":1795161600123}"#), Some(Timestamp::from_millis(1_795_161_600_123)));
    assert_eq!(at(r#"{"webhookTimestamp":"2026-11-20"}"#), None);
    assert_eq!(at("{}"), None);
    assert_eq!(at("no JSON"), None);
}

#[test]
fn the_delivery_header_is_the_key_and_without_one_the_body() {
    let named: Headers = [("Linear-Delivery", "5c1e")].into_iter().collect();
    assert_eq!(Linear.delivery_key(&named, b"{}"), Linear.delivery_key(&named, b"[]"));
    let none = Headers::default();
    assert_ne!(Linear.delivery_key(&none, b"{}"), Linear.delivery_key(&none, b"[]"));
}

/// Every fixture.
const FIXTURES: [&[u8]; 8] = [
    include_bytes!("../fixtures/linear/agent_session.json"),
    include_bytes!("../fixtures/linear/comment_create.json"),
    include_bytes!("../fixtures/linear/issue_create.json"),
    include_bytes!("../fixtures/linear/issue_sla.json"),
    include_bytes!("../fixtures/linear/issue_update.json"),
    include_bytes!("../fixtures/linear/notification.json"),
    include_bytes!("../fixtures/linear/project_update.json"),
    include_bytes!("../fixtures/linear/schema_2021.json"),
];

#[test]
fn no_value_of_any_type_in_any_place_loses_an_event() {
    let headers: Headers = [("Linear-Event", "Issue")].into_iter().collect();
    for mutation in FIXTURES.into_iter().flat_map(mutations) {
        let body = serde_json::to_vec(&mutation).unwrap();
        let context = Linear.parse(&headers, &body).unwrap_or_else(|problem| panic!("{problem}: {mutation}"));
        assert!(
            !context.header.event.is_empty() && context.facts.text(fact::TITLE) != Some(""),
            "{mutation}"
        );
    }
}

#[test]
fn half_a_payload_is_no_event() {
    for body in FIXTURES {
        for end in 0..body.trim_ascii_end().len() {
            assert!(Linear.parse(&Headers::default(), &body[..end]).is_err(), "{end}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = Linear.parse(&Headers::default(), &body);
        let _ = Linear.signed_at(&Headers::default(), &body);
    }

    #[test]
    fn any_object_with_a_type_is_an_event(
        entity in "Issue|Comment|AgentSessionEvent|IssueSLA|Any",
        mut body in crate::provider::arbitrary::object(
            &["data", "issueData", "issue", "identifier", "actor", "url", "name", "labels", "updatedFrom",
              "labelIds", "agentSession", "agentActivity", "notification", "user", "comment", "body"]),
    ) {
        body["type"] = entity.clone().into();
        let context = parsed(&serde_json::to_vec(&body).unwrap());
        prop_assert_eq!(context.facts.text(TYPE), Some(entity.as_str()));
    }
}
