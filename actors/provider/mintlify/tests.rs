//! What a build may tell, as an agent gets it, and what is not made up.

use proptest::prelude::*;

use super::Mintlify;
use crate::{
    domain::{Event, Headers, fact},
    provider::{Provider, arbitrary::mutations},
};

fn parsed(body: &str) -> Event {
    Mintlify.parse(&Headers::default(), body.as_bytes()).unwrap()
}

macro_rules! reads {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            insta::assert_json_snapshot!(parsed(include_str!(concat!("../fixtures/mintlify/", stringify!($name), ".json"))));
        }
    )*};
}

/// Each body reads as its snapshot.
mod reads_as_sent {
    use super::parsed;

    reads! { failed succeeded bare }
}

#[test]
fn nothing_is_made_up() {
    let context = parsed("{}");
    assert_eq!(context.header.event, "build");
    assert_eq!(
        (context.facts.text(fact::REPO), context.facts.text(fact::BRANCH), context.header.sender),
        (None, None, None)
    );
    assert_eq!(
        (context.facts.text(fact::TITLE), context.header.action, context.facts.text(fact::CONCLUSION)),
        (None, None, None)
    );
}

#[test]
fn the_event_is_taken_from_the_header_where_the_body_has_none() {
    let headers: Headers = [("X-Mintlify-Event", "deploy")].into_iter().collect();
    assert_eq!(Mintlify.parse(&headers, b"{}").unwrap().header.event, "deploy");
    assert_eq!(Mintlify.parse(&headers, br#"{"type":"build"}"#).unwrap().header.event, "build");
}

#[test]
fn a_tag_is_no_branch() {
    let context = parsed(r#"{"ref":"refs/tags/v2"}"#);
    assert_eq!((context.facts.text(fact::BRANCH), context.facts.text(fact::TAG)), (None, Some("v2")));
    assert_eq!(parsed(r#"{"ref":"refs/heads/a/b"}"#).facts.text(fact::BRANCH), Some("a/b"));
    assert_eq!(parsed(r#"{"branch":"main","ref":"refs/heads/x"}"#).facts.text(fact::BRANCH), Some("main"));
}

#[test]
fn builds_end_in_the_usual_words() {
    let conclusion = |body| parsed(body).facts.text(fact::CONCLUSION).map(str::to_owned);
    assert_eq!(conclusion(r#"{"action":"failed"}"#).as_deref(), Some("failure"));
    assert_eq!(conclusion(r#"{"action":"x","status":"succeeded"}"#).as_deref(), Some("success"));
    assert_eq!(conclusion(r#"{"status":"cancelled"}"#).as_deref(), Some("cancelled"));
    assert_eq!(conclusion(r#"{"action":"failed","status":"done"}"#).as_deref(), Some("failure"));
    assert_eq!(conclusion(r#"{"action":"started"}"#), None);
}

#[test]
fn projects_are_texts_or_objects() {
    for project in [r#""docs""#, r#"{"slug":"docs","name":"D"}"#, r#"{"name":"docs"}"#, r#"{"id":"docs"}"#] {
        assert_eq!(
            parsed(&format!(r#"{{"project":{project}}}"#)).facts.text(fact::REPO),
            Some("docs"),
            "{project}"
        );
    }
    assert_eq!(parsed(r#"{"project":7,"organization":"lagoon"}"#).facts.text(fact::REPO), Some("lagoon"));
}

#[test]
fn no_value_of_any_type_in_any_place_loses_an_event() {
    for body in [
        &include_bytes!("../fixtures/mintlify/failed.json")[..],
        include_bytes!("../fixtures/mintlify/succeeded.json"),
    ] {
        for mutation in mutations(body) {
            assert_ne!(parsed(&mutation.to_string()).header.event, "", "{mutation}");
        }
        for end in 0..body.trim_ascii_end().len() {
            assert!(Mintlify.parse(&Headers::default(), &body[..end]).is_err(), "{end}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = Mintlify.parse(&Headers::default(), &body);
    }

    #[test]
    fn any_object_is_an_event(
        body in crate::provider::arbitrary::object(
            &["event", "type", "action", "status", "project", "slug", "git", "branch", "ref", "user", "id"]),
    ) {
        prop_assert!(Mintlify.parse(&Headers::default(), &serde_json::to_vec(&body).unwrap()).is_ok());
    }
}
