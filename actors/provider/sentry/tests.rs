//! What Sentry sends, as an agent gets it, and the traps on the way.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Sentry, spec::SHAPES};
use crate::{
    domain::{BODY_LIMIT, Event, Headers, Unparsable, fact},
    provider::{Provider, arbitrary::mutations},
};

fn headers(resource: &str) -> Headers {
    [("Sentry-Hook-Resource", resource), ("Request-ID", "1f")].into_iter().collect()
}

fn parsed(resource: &str, body: &[u8]) -> Event {
    Sentry.parse(&headers(resource), body).unwrap()
}

macro_rules! reads {
    ($($resource:ident)*) => {$(
        #[test]
        fn $resource() {
            let body = include_bytes!(concat!("../fixtures/sentry/", stringify!($resource), ".json"));
            insta::assert_json_snapshot!(parsed(stringify!($resource), body));
        }
    )*};
}

/// Each resource reads as its snapshot.
mod reads_as_sent {
    use super::parsed;

    reads! {
        event_alert error issue metric_alert comment installation activity_alert seer preprod_artifact
    }

    #[test]
    fn seer_root_cause() {
        insta::assert_json_snapshot!(parsed(
            "seer",
            include_bytes!("../fixtures/sentry/seer_root_cause.json")
        ));
    }
}

#[test]
fn the_name_of_an_alert_rule_is_no_project() {
    let context = parsed("event_alert", include_bytes!("../fixtures/sentry/event_alert.json"));
    assert_eq!(context.facts.text(fact::REPO), Some("checkout"));
    assert_eq!(context.details["triggered_rule"], "Wake the on-call");
}

#[test]
fn an_event_without_a_message_shows_what_was_thrown() {
    let body = |message: &str, value: &str| {
        format!(
            r#"{{"data":{{"event":{{"message":"{message}","metadata":{{"value":"{value}"}},"culprit":"main"}}}}}}"#
        )
    };
    let shown = |message, value| {
        parsed("event_alert", body(message, value).as_bytes()).facts.text(fact::BODY).map(str::to_owned)
    };
    assert_eq!(shown("said", "thrown").as_deref(), Some("said"));
    assert_eq!(shown("", "thrown").as_deref(), Some("thrown"));
    assert_eq!(shown("", "").as_deref(), Some("main"));
}

#[test]
fn an_alert_that_lacks_its_sentence_is_called_by_its_code_name() {
    let context = parsed("metric_alert", br#"{"data":{"metric_alert":{"title":"Drowsy Heron"}}}"#);
    assert_eq!(context.facts.text(fact::TITLE), Some("Drowsy Heron"));
}

#[test]
fn who_deletes_a_comment_need_not_have_written_it() {
    let context = |action: &str| {
        let body =
            format!(r#"{{"action":"{action}","data":{{"comment":"Nice."}},"actor":{{"name":"Mira"}}}}"#);
        parsed("comment", body.as_bytes())
    };
    assert_eq!(
        (context("created").facts.text(fact::AUTHOR), context("created").facts.text(fact::COMMENTER)),
        (Some("Mira"), Some("Mira"))
    );
    assert_eq!(
        (context("deleted").facts.text(fact::AUTHOR), context("deleted").facts.text(fact::COMMENTER)),
        (None, None)
    );
    assert_eq!(context("deleted").header.sender.as_deref(), Some("Mira"));
}

#[test]
fn a_project_that_comes_as_an_object_is_read_where_no_address_tells_it() {
    let body = br#"{"data":{"error":{"project":{"slug":"checkout"}}}}"#;
    assert_eq!(parsed("error", body).facts.text(fact::REPO), Some("checkout"));
    let body = br#"{"data":{"error":{"project":771,
        "url":"https://sentry.example/prefix/api/0/projects/harbor/search/events/1/"}}}"#;
    let context = parsed("error", body);
    assert_eq!(
        (context.facts.text(fact::ORG), context.facts.text(fact::REPO)),
        (Some("harbor"), Some("search"))
    );
}

#[test]
fn who_got_an_issue_is_read_from_either_place() {
    let body = br#"{"action":"assigned","data":{"issue":{"assignedTo":null},
        "assignee":{"type":"user","name":"Teo","email":"teo@harbor.example"}}}"#;
    let context = parsed("issue", body);
    assert_eq!(context.facts.text(fact::ASSIGNEE), Some("Teo"));
    assert_eq!(context.facts.list(fact::ASSIGNEES), ["Teo", "teo@harbor.example"]);
}

#[test]
fn no_title_is_made_up() {
    for resource in ["comment", "seer", "installation", "of_tomorrow"] {
        let member = if resource == "seer" { "run_id" } else { resource };
        let body = format!(r#"{{"action":"created","data":{{"{member}":1}}}}"#);
        assert_eq!(parsed(resource, body.as_bytes()).facts.text(fact::TITLE), None, "{resource}");
    }
}

#[test]
fn the_organization_is_read_from_any_link_but_a_region_is_none() {
    let org = |url: &str| {
        let body = format!(r#"{{"data":{{"issue":{{"web_url":"{url}"}}}}}}"#);
        parsed("issue", body.as_bytes()).facts.text(fact::ORG).map(str::to_owned)
    };
    assert_eq!(org("https://sentry.io/organizations/harbor/issues/1/").as_deref(), Some("harbor"));
    assert_eq!(org("https://sentry.example/organizations/harbor/issues/1/").as_deref(), Some("harbor"));
    assert_eq!(org("https://harbor.sentry.io/issues/1/").as_deref(), Some("harbor"));
    assert_eq!(org("https://us.sentry.io/api/0/issues/1/"), None);
    assert_eq!(org("https://sentry.io/issues/1/"), None);
}

#[test]
fn an_issue_given_to_a_team_has_the_team_as_assignee() {
    let body = br#"{"data":{"issue":{"assignedTo":{"type":"team","id":"8","name":"deckhands"}}}}"#;
    let context = parsed("issue", body);
    assert_eq!(context.facts.text(fact::ASSIGNEE), Some("deckhands"));
    assert_eq!(context.facts.list(fact::ASSIGNEES), ["deckhands"]);
}

#[test]
fn fields_of_the_wrong_type_lose_no_event() {
    let body = br#"{"action":["x"],"actor":"me","data":{"issue":{"title":{"a":1},"project":"checkout",
        "assignedTo":[],"shortId":7,"count":12,"web_url":null},"event":[],"metric_alert":{"projects":"a"},
        "comment":{"text":"x"},"pull_requests":{"a":1},"installation":7}}"#;
    let context = parsed("issue", body);
    assert_eq!(
        (context.header.action, context.facts.text(fact::TITLE), context.facts.text(fact::REPO)),
        (None, None, None)
    );
    assert_eq!(context.details["count"], "12");
    assert_eq!(parsed("of_tomorrow", br#"{"data":[1,2]}"#).header.event, "of_tomorrow");
}

#[test]
fn resources_of_tomorrow_are_accepted() {
    let body = br#"{"action":"folded","data":{"new":{"deep":[1]}},"actor":{"id":7,"type":"user"}}"#;
    let context = parsed("of_tomorrow", body);
    assert_eq!(
        (context.header.event.as_str(), context.header.action.as_deref()),
        ("of_tomorrow", Some("folded"))
    );
    assert_eq!(context.header.sender.as_deref(), Some("7"));
}

#[test]
fn a_long_message_is_cut() {
    let body = format!(r#"{{"data":{{"error":{{"message":"{}"}}}}}}"#, "é".repeat(BODY_LIMIT + 1));
    let shown = parsed("error", body.as_bytes()).facts.text(fact::BODY).unwrap().to_owned();
    assert!(shown.ends_with("[cut at 4000 characters]") && shown.starts_with('é'));
}

#[test]
fn a_thousand_tags_are_not_shown() {
    let tags: Vec<_> = (0..1000).map(|tag| [format!("t{tag}"), "v".to_owned()]).collect();
    let body = serde_json::to_vec(&serde_json::json!({"data": {"event": {"tags": tags}}})).unwrap();
    assert_eq!(parsed("event_alert", &body).details["tags"].as_object().unwrap().len(), 32);
}

#[test]
fn the_legacy_plugin_is_told_apart() {
    let body = br#"{"project":"checkout","level":"error","event":{}}"#;
    let Err(Unparsable(why)) = Sentry.parse(&Headers::default(), body) else { panic!("it was read") };
    assert!(why.contains("Sentry-Hook-Resource") && why.contains("legacy"), "{why}");
}

#[test]
fn a_retry_is_the_same_event_though_its_request_id_is_new() {
    let again: Headers =
        [("Sentry-Hook-Resource", "issue"), ("Request-ID", "2f"), ("Sentry-Hook-Timestamp", "9")]
            .into_iter()
            .collect();
    let key = Sentry.delivery_key(&headers("issue"), b"{}");
    assert_eq!(key, Sentry.delivery_key(&again, b"{}"));
    assert_ne!(key, Sentry.delivery_key(&headers("error"), b"{}"));
    assert_ne!(key, Sentry.delivery_key(&headers("issue"), b"{ }"));
}

#[test]
fn the_grant_of_an_installation_never_stays() {
    let body = include_bytes!("../fixtures/sentry/installation.json");
    let grant = "c0ffee5ec4e7c0ffee5ec4e7c0ffee99";
    for headers in [headers("installation"), Headers::default()] {
        let kept = Sentry.redact(&headers, Bytes::from_static(body));
        let text = String::from_utf8(kept.to_vec()).unwrap();
        assert_eq!(text, String::from_utf8_lossy(body).replace(grant, "[redacted]"));
    }
    let context = serde_json::to_string(&parsed("installation", body)).unwrap();
    assert!(!context.contains(grant), "{context}");
}

#[test]
fn other_resources_keep_every_byte() {
    let body = Bytes::from_static(br#"{"data":{"error":{"code":"E17"}}}"#);
    assert_eq!(Sentry.redact(&headers("error"), body.clone()), body);
}

/// Every fixture, and its resource.
const FIXTURES: [(&str, &[u8]); 10] = [
    ("activity_alert", include_bytes!("../fixtures/sentry/activity_alert.json")),
    ("comment", include_bytes!("../fixtures/sentry/comment.json")),
    ("error", include_bytes!("../fixtures/sentry/error.json")),
    ("event_alert", include_bytes!("../fixtures/sentry/event_alert.json")),
    ("installation", include_bytes!("../fixtures/sentry/installation.json")),
    ("issue", include_bytes!("../fixtures/sentry/issue.json")),
    ("metric_alert", include_bytes!("../fixtures/sentry/metric_alert.json")),
    ("preprod_artifact", include_bytes!("../fixtures/sentry/preprod_artifact.json")),
    ("seer", include_bytes!("../fixtures/sentry/seer.json")),
    ("seer", include_bytes!("../fixtures/sentry/seer_root_cause.json")),
];

#[test]
fn no_value_of_any_type_in_any_place_loses_an_event() {
    for (resource, body) in FIXTURES {
        for mutation in mutations(body) {
            let body = serde_json::to_vec(&mutation).unwrap();
            let shape = SHAPES.iter().find(|shape| shape.event == resource).unwrap();
            if shape.has.iter().any(|member| mutation["data"].get(member).is_none()) {
                assert!(Sentry.parse(&headers(resource), &body).is_err(), "{mutation}");
                continue;
            }
            let context = parsed(resource, &body);
            assert!(
                context.header.event == resource && context.facts.text(fact::TITLE) != Some(""),
                "{mutation}"
            );
        }
    }
}

#[test]
fn a_body_passes_for_its_own_resource_alone() {
    for (resource, body) in FIXTURES {
        for shape in SHAPES.iter().filter(|shape| shape.event != resource) {
            // The two newest have nothing of their own that is known for certain.
            if !(shape.has.is_empty() && ["seer", "preprod_artifact"].contains(&resource)) {
                assert!(Sentry.parse(&headers(shape.event), body).is_err(), "{resource}: {}", shape.event);
            }
        }
    }
    let told = Sentry.parse(&headers("issue"), FIXTURES[2].1).unwrap_err().0;
    assert_eq!(told, "the body is no `issue`: its `data` has no `issue`");
}

#[test]
fn half_a_payload_is_no_event_and_holds_no_grant() {
    for (resource, body) in FIXTURES {
        for end in 0..body.trim_ascii_end().len() {
            assert!(Sentry.parse(&headers(resource), &body[..end]).is_err(), "{resource} {end}");
            let kept = Sentry.redact(&headers("installation"), Bytes::copy_from_slice(&body[..end]));
            assert!(!String::from_utf8_lossy(&kept).contains("c0ffee"), "{resource} {end}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(resource in "[a-z_]{0,12}", body in proptest::collection::vec(any::<u8>(), 0..256)) {
        let kept = Sentry.redact(&headers("installation"), Bytes::from(body.clone()));
        let _ = Sentry.parse(&headers("installation"), &kept);
        let _ = Sentry.parse(&headers(&resource), &body);
    }

    #[test]
    fn any_object_with_a_resource_is_an_event(
        data in crate::provider::arbitrary::object(
            &["event", "error", "issue", "metric_alert", "comment", "installation", "title", "tags", "url",
              "project", "slug", "assignedTo", "name", "gitInfo", "pull_requests", "metadata"]),
    ) {
        let body = serde_json::to_vec(&serde_json::json!({"action": "a", "data": data})).unwrap();
        let context = parsed("any", &body);
        prop_assert_eq!(context.header.action.as_deref(), Some("a"));
    }

    #[test]
    fn a_grant_never_stays_wherever_it_stands(
        grant in "[a-f0-9]{32}",
        around in crate::provider::arbitrary::object(&["code", "installation", "data", "app"]),
        escaped in any::<bool>(),
    ) {
        let around = serde_json::to_string(&around).unwrap();
        let key = if escaped { "c\\u006fde" } else { "code" };
        let body = format!(r#"{{"data":{{"around":{around},"installation":{{"{key}":"{grant}","x":"{grant}"}}}}}}"#);
        let kept = Sentry.redact(&headers("installation"), Bytes::from(body));
        prop_assert!(!String::from_utf8_lossy(&kept).contains(&grant));
    }
}
