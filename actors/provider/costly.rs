//! Bodies made to cost more than they weigh. Each is read, judged and told within bounds that do
//! not depend on its size; the limits of time are only there so that a test does not outlive the day.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;

use super::find;
use crate::domain::{Event, Headers, fact};

/// What one second of the slowest machine does many times over, and nothing quadratic ever does.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest JSON of an event: its lists, details and texts at their bounds, escaped.
const LARGEST: usize = 1 << 20;

fn read(provider: &str, header: (&str, &str), body: &[u8]) -> Event {
    let begun = Instant::now();
    let headers: Headers = [header].into_iter().collect();
    let context = find(provider).unwrap().read(&headers, body).unwrap();
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let json = serde_json::to_string(&context).unwrap();
    assert!(json.len() < LARGEST, "{}", json.len());
    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), context);
    context
}

#[test]
fn many_labels_that_all_changed_are_compared_by_sets() {
    let ids = |of: &str| (0..200_000).map(|n| format!("{of}-{n}")).collect::<Vec<_>>();
    let body = json!({
        "type": "Issue",
        "action": "update",
        "data": { "labelIds": ids("after") },
        "updatedFrom": { "labelIds": ids("before") },
    });
    let context = read("linear", ("linear-event", "Issue"), &serde_json::to_vec(&body).unwrap());
    assert!(context.details.get("added_label_ids").is_none_or(|ids| ids.as_array().unwrap().len() <= 1001));
}

#[test]
fn many_labels_are_kept_up_to_a_limit_that_the_event_tells() {
    let labels: Vec<_> = (0..300_000).map(|n| json!({ "name": format!("label-{n}") })).collect();
    let body = json!({ "action": "opened", "issue": { "number": 1, "labels": labels } });
    let context = read("github", ("x-github-event", "issues"), &serde_json::to_vec(&body).unwrap());
    assert_eq!(context.facts.list(fact::LABELS).len(), 1000);
    assert_eq!(context.details["cut"], json!(["labels"]));
}

#[test]
fn many_codes_in_many_texts_are_not_looked_for() {
    let codes: Vec<_> = (0..50_000).map(|n| json!({ "code": format!("code-{n}") })).collect();
    let texts: Vec<_> = (0..50_000).map(|n| format!("text-{n}")).collect();
    let body = Bytes::from(serde_json::to_vec(&json!({ "data": codes, "texts": texts })).unwrap());
    let begun = Instant::now();
    let kept = find("sentry").unwrap().redact(&Headers::new(), body);
    assert!(begun.elapsed() < PATIENCE);
    assert!(kept.starts_with(b"not kept"));
}

#[test]
fn two_bytes_do_not_become_a_hundred() {
    let body = format!(
        r#"{{"repositories_added":[{}],"repository":{{"full_name":"a/b"}}}}"#,
        vec!["0"; 5_000_000].join(",")
    );
    let context = read("github", ("x-github-event", "installation_repositories"), body.as_bytes());
    assert_eq!(context.facts.text(fact::REPO), Some("a/b"));
    assert!(context.facts.list(fact::REPOS).is_empty());
}

#[test]
fn former_values_of_any_shape_are_never_built() {
    let body = format!(
        r#"{{"type":"Issue","action":"update","data":{{}},"updatedFrom":{{"a":[{}],"b":{}1{},"c":1}}}}"#,
        vec![r#"{"":0}"#; 500_000].join(","),
        "[".repeat(100),
        "]".repeat(100),
    );
    let context = read("linear", ("linear-event", "Issue"), body.as_bytes());
    assert_eq!(context.details["updated_from"], json!({ "c": 1 }));
}
