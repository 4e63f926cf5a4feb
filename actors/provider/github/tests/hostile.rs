//! Nothing that a client can send brings the parser down.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
};
use serde_json::{Value, json};

use super::{Fixture, headers, parse};
use crate::{
    domain::Headers,
    provider::{Provider, github::Github},
};

/// Calls `visit` with a pointer to every value in `value`.
fn each_place(value: &Value, at: &str, visit: &mut impl FnMut(&str)) {
    visit(at);
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                each_place(inner, &format!("{at}/{key}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                each_place(inner, &format!("{at}/{index}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn a_value_of_any_type_in_any_place_loses_no_event() {
    let others =
        [Value::Null, json!(true), json!(-7), json!(1.5e300), json!("x"), json!([[{}]]), json!({"a": []})];
    for fixture in Fixture::all() {
        let body: Value = serde_json::from_slice(&fixture.body).unwrap();
        each_place(&body, "", &mut |pointer| {
            if pointer.is_empty() {
                return;
            }
            for other in &others {
                let mut mutated = body.clone();
                *mutated.pointer_mut(pointer).unwrap() = other.clone();
                let bytes = serde_json::to_vec(&mutated).unwrap();
                let context = parse(fixture.event(), &bytes);
                let context =
                    context.unwrap_or_else(|problem| panic!("{} {pointer}: {problem}", fixture.name));
                assert_eq!(context.header.event, fixture.event());
            }
        });
    }
}

#[test]
fn a_body_that_ends_early_is_refused_wherever_it_ends() {
    for fixture in Fixture::all() {
        let body = fixture.body.trim_ascii_end();
        for end in (0..body.len()).step_by(7) {
            assert!(parse(fixture.event(), &body[..end]).is_err(), "{} up to {end}", fixture.name);
        }
    }
}

#[test]
fn a_payload_of_any_depth_is_no_end_of_the_stack() {
    for depth in [100, 200, 100_000] {
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(depth), close.repeat(depth));
        for value in [deep("[", "]"), deep("{\"issue\":", "}").replace(":}", ":1}")] {
            let unread = format!("{{\"nothing\":{value}}}");
            assert!(parse("never_heard_of", unread.as_bytes()).is_ok(), "{depth}");
            let _ = parse("issues", format!("{{\"issue\":{value}}}").as_bytes());
        }
    }
}

/// JSON whose keys are those that the parser looks at.
fn payloads() -> impl Strategy<Value = Value> {
    let keys = select(vec![
        "action",
        "alert",
        "assignee",
        "assignees",
        "base",
        "body",
        "branches",
        "check_run",
        "check_suite",
        "comment",
        "commits",
        "conclusion",
        "deployment",
        "full_name",
        "head",
        "head_branch",
        "head_commit",
        "html_url",
        "issue",
        "label",
        "labels",
        "login",
        "message",
        "name",
        "number",
        "pull_request",
        "pull_requests",
        "ref",
        "release",
        "repo",
        "repository",
        "review",
        "sender",
        "state",
        "title",
        "user",
        "workflow_job",
        "workflow_run",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec!["refs/heads/", "refs/tags/", "refs/", "/", "\n", "ä"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(keys.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

const EVENTS: [&str; 14] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "push",
    "create",
    "status",
    "release",
    "workflow_run",
    "check_run",
    "deployment_status",
    "merge_group",
    "ping",
    "never_heard_of",
];

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..200), event in select(&EVENTS[..])) {
        let _ = parse(event, &body);
        let form: Headers =
            [("x-github-event", event), ("content-type", "application/x-www-form-urlencoded")].into_iter().collect();
        let _ = Github.parse(&form, &body);
        let _ = Github.delivery_key(&form, &body);
    }

    #[test]
    fn any_object_may_be_an_event_of_tomorrow(payload in payloads()) {
        let body = serde_json::to_vec(&payload).unwrap();
        prop_assert_eq!(parse("never_heard_of", &body).is_ok(), payload.is_object());
    }

    #[test]
    fn any_value_is_read_or_refused(payload in payloads(), event in select(&EVENTS[..])) {
        let body = serde_json::to_vec(&payload).unwrap();
        let _ = parse(event, &body);
    }

    #[test]
    fn any_headers_are_a_key(hook in ".{0,40}", guid in ".{0,200}") {
        let mut headers = headers("push");
        headers.push("x-github-hook-id", hook);
        headers.push("x-github-delivery", guid);
        let key = Github.delivery_key(&headers, b"{}").to_string();
        prop_assert!(!key.is_empty() && key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
