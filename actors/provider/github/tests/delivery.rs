//! Signatures, keys, headers, and the two ways in which a body comes.

use std::time::Duration;

use super::{Fixture, Github, headers, parse};
use crate::{
    domain::{Hash, Headers, KeyWindow, Scheme, Unparsable, fact},
    provider::Provider,
};

fn key(headers: &[(&str, &str)], body: &[u8]) -> String {
    let headers: Headers = headers.iter().copied().collect();
    Github.delivery_key(&headers, body).to_string()
}

#[test]
fn the_better_signature_is_judged_first_and_the_other_is_a_legacy() {
    let hash = |scheme: &Scheme| match scheme {
        Scheme::Hmac { hash, .. } => Some(*hash),
        Scheme::Token => None,
    };
    let signatures = Github.spec().signatures.iter();
    let found: Vec<_> = signatures.map(|one| (one.header.as_ref(), hash(&one.scheme), one.legacy)).collect();
    let expected =
        [("x-hub-signature-256", Some(Hash::Sha256), false), ("x-hub-signature", Some(Hash::Sha1), true)];
    assert_eq!(found, expected);
}

#[test]
fn no_signature_is_kept() {
    let kept = Github.spec().kept_headers;
    assert!(Github.spec().signatures.iter().all(|signature| !kept.contains(&signature.header.as_ref())));
    assert!(kept.iter().all(|name| *name == name.to_ascii_lowercase()));
}

#[test]
fn two_hooks_with_one_event_are_two_deliveries_and_a_redelivery_is_none() {
    let one = [("x-github-hook-id", "1"), ("x-github-delivery", "72d3162e-cc78")];
    let other = [("x-github-hook-id", "2"), ("x-github-delivery", "72d3162e-cc78")];
    assert_eq!(key(&one, b"{}"), "1:72d3162e-cc78");
    assert_ne!(key(&one, b"{}"), key(&other, b"{}"));
    assert_eq!(key(&one, b"{}"), key(&one, b"{\"again\":1}"));
}

#[test]
fn without_a_guid_the_event_and_its_body_are_the_key() {
    for absent in
        [&[("x-github-event", "push")][..], &[("x-github-event", "push"), ("x-github-delivery", "")]]
    {
        assert!(key(absent, b"{}").starts_with("sha256:"));
        assert_eq!(key(absent, b"{}"), key(absent, b"{}"));
        assert_ne!(key(absent, b"{}"), key(absent, b"{ }"));
        assert_ne!(key(absent, b"{}"), key(&[("x-github-event", "fork")], b"{}"));
    }
}

fn keys(event: &str, guid: &str, body: &[u8]) -> Vec<String> {
    let headers: Headers = [("x-github-event", event), ("x-github-delivery", guid)].into_iter().collect();
    let github: &dyn Provider = &Github;
    github.identify(&headers, body).into_iter().map(|known| known.key.to_string()).collect()
}

#[test]
fn the_same_bytes_under_another_guid_and_name_have_a_key_in_common() {
    let (one, other) = (keys("issues", "one", b"{}"), keys("discussion", "two", b"{}"));
    assert_eq!((one.len(), &one[1]), (2, &other[1]));
    assert_ne!(one[0], other[0]);
    assert_ne!(one[1], keys("issues", "one", b"{ }")[1]);
    let (one, other) = (keys("issues", "", b"{}"), keys("discussion", "", b"{}"));
    assert_eq!(one[1], other[1], "without GUIDs neither");
}

#[test]
fn what_may_say_the_same_again_is_the_same_only_when_it_comes_at_once() {
    let window = |event: &str| {
        let headers: Headers =
            [("x-github-event", event), ("x-github-delivery", "one")].into_iter().collect();
        let github: &dyn Provider = &Github;
        github.identify(&headers, b"{}").remove(1).window
    };
    assert_eq!(window("issues"), KeyWindow::Project);
    for repeated in ["ping", "repository_dispatch", "workflow_dispatch"] {
        assert_eq!(window(repeated), KeyWindow::AtMost(Duration::from_secs(60)), "{repeated}");
        // Under the name of another event its bytes are known nevertheless.
        assert_eq!(keys(repeated, "two", b"{}")[1], keys("issues", "one", b"{}")[1]);
    }
}

#[test]
fn hostile_ids_become_hashes_that_no_other_id_has() {
    let long = "7".repeat(4000);
    for guid in [long.as_str(), "a b", "a\u{e9}", "line\nbreak"] {
        let key = key(&[("x-github-hook-id", "1"), ("x-github-delivery", guid)], b"{}");
        assert!(key.starts_with("sha256:") && key.len() == 71, "{guid}");
    }
    let hook = [("x-github-hook-id", "1:2"), ("x-github-delivery", "3")];
    let guid = [("x-github-hook-id", "1"), ("x-github-delivery", "2:3")];
    assert_ne!(key(&hook, b"{}"), key(&guid, b"{}"));
}

#[test]
fn an_event_without_a_name_is_refused() {
    let empty: Headers = [("x-github-event", "")].into_iter().collect();
    for headers in [Headers::default(), empty] {
        let Unparsable(problem) = Github.parse(&headers, b"{}").unwrap_err();
        assert!(problem.contains("X-GitHub-Event"), "{problem}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for body in [&b""[..], b"null", b"[{}]", b"7", b"{", b"payload=%7B%7D"] {
        assert!(parse("push", body).is_err(), "{body:?}");
    }
}

#[test]
fn a_form_reads_as_the_json_in_it() {
    for fixture in Fixture::all() {
        let json = std::str::from_utf8(&fixture.body).unwrap();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("first", "{}")
            .append_pair("payload", json)
            .finish();
        let headers: Headers = [
            ("x-github-event", fixture.event()),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ]
        .into_iter()
        .collect();
        assert_eq!(Github.parse(&headers, form.as_bytes()), Ok(fixture.read()), "{}", fixture.name);
    }
}

#[test]
fn a_form_without_a_payload_is_refused() {
    let headers: Headers =
        [("x-github-event", "push"), ("content-type", "application/x-www-form-urlencoded")]
            .into_iter()
            .collect();
    assert!(Github.parse(&headers, b"other=%7B%7D").is_err());
}

#[test]
fn texts_that_are_no_unicode_lose_nothing_else() {
    let context =
        Github.parse(&headers("issues"), b"{\"issue\":{\"title\":\"a\xff\",\"number\":7}}").unwrap();
    assert_eq!(
        (context.facts.text(fact::TITLE), context.facts.number(fact::NUMBER)),
        (Some("a\u{fffd}"), Some(7))
    );
    let half = br#"{"action":"opened","issue":{"title":"\ud83d!","number":7}}"#;
    let context = parse("issues", half).unwrap();
    assert_eq!(
        (context.facts.text(fact::TITLE), context.facts.number(fact::NUMBER)),
        (Some("\u{fffd}!"), Some(7))
    );
}
