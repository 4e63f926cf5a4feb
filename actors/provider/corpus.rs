//! Every real payload at hand becomes an event of its provider.
//!
//! The payloads lie outside the project, in the folder that `HERDGATE_PAYLOADS` names, with an
//! `index.json`: a list of provider, event, action and path.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Event, Headers, ProviderName, fact};

#[derive(Deserialize)]
struct Entry {
    provider: String,
    event: String,
    #[serde(default)]
    action: Option<String>,
    path: PathBuf,
}

/// A real payload, and what its index says of it.
struct Real {
    entry: Entry,
    provider: ProviderName,
    body: Vec<u8>,
}

/// Every payload of a provider that we know; `None` where there is no folder.
fn corpus() -> Option<Vec<Real>> {
    let Some(folder) = env::var_os("HERDGATE_PAYLOADS").map(PathBuf::from) else {
        herdgate_skip::not_asked_for("corpus", "HERDGATE_PAYLOADS names no folder of real payloads");
        return None;
    };
    let index: Vec<Entry> = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let known = index.into_iter().filter_map(|entry| {
        let provider = entry.provider.parse().ok()?;
        let body = fs::read(folder.join(&entry.path)).unwrap();
        // Some samples of Slack's own library have all their texts blanked, the kind of request too.
        let is_blank = || serde_json::from_slice::<Value>(&body).unwrap()["type"] == "";
        if provider == ProviderName::new("slack") && is_blank() {
            return None;
        }
        Some(Real { entry, provider, body })
    });
    Some(known.collect())
}

impl Real {
    fn parse(&self, body: &[u8]) -> Result<Event, crate::domain::Unparsable> {
        let header = match self.provider.as_str() {
            "github" => "x-github-event",
            "sentry" => "sentry-hook-resource",
            _ => "linear-event",
        };
        let headers: Headers = [(header, self.entry.event.as_str())].into_iter().collect();
        super::provider(self.provider).read(&headers, body)
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn names<'v>(list: &'v Value, key: &str) -> BTreeSet<&'v str> {
    list.as_array().into_iter().flatten().filter_map(|item| text(&item[key])).collect()
}

#[test]
fn every_real_payload_yields_an_event_of_its_provider() {
    let Some(corpus) = corpus() else { return };
    assert!(!corpus.is_empty());
    for real in &corpus {
        let at = real.entry.path.display();
        let context = real.parse(&real.body).unwrap_or_else(|problem| panic!("{at}: {problem}"));
        let raw: Value = serde_json::from_slice(&real.body).unwrap();
        assert_eq!(context.header.action.as_deref(), text(&raw["action"]), "{at}");
        if let Some(action) = &real.entry.action {
            assert_eq!(context.header.action.as_ref(), Some(action), "{at}");
        }
        assert!(
            context.facts.text(fact::TITLE).is_none()
                || context.facts.text(fact::TITLE) != context.header.action.as_deref(),
            "{at}: a title is no action"
        );
        if real.provider == ProviderName::new("github") {
            assert_eq!(context.header.event, real.entry.event, "{at}");
            github(&context, &raw, &at.to_string());
        }
    }
    eprintln!("{} real payloads", corpus.len());
}

/// What can be told from the raw payload without our own idea of it.
fn github(context: &Event, raw: &Value, at: &str) {
    assert_eq!(context.facts.text(fact::REPO), text(&raw["repository"]["full_name"]), "{at}");
    assert_eq!(context.header.sender.as_deref(), text(&raw["sender"]["login"]), "{at}");
    if let Some(login) = text(&raw["organization"]["login"]) {
        assert_eq!(context.facts.text(fact::ORG), Some(login), "{at}");
    }
    let subject =
        ["issue", "pull_request", "discussion"].map(|key| &raw[key]).into_iter().find(|v| v.is_object());
    let Some(subject) = subject else { return };
    assert_eq!(context.facts.number(fact::NUMBER), subject["number"].as_i64(), "{at}");
    assert_eq!(context.facts.text(fact::TITLE), text(&subject["title"]), "{at}");
    assert_eq!(context.facts.text(fact::AUTHOR), text(&subject["user"]["login"]), "{at}");
    let mut labels = names(&subject["labels"], "name");
    labels.extend(text(&raw["label"]["name"]));
    assert_eq!(
        context.facts.list(fact::LABELS).iter().map(String::as_str).collect::<BTreeSet<_>>(),
        labels,
        "{at}"
    );
    let mut assignees = names(&subject["assignees"], "login");
    assignees.extend(text(&raw["assignee"]["login"]));
    assignees.extend(text(&subject["assignee"]["login"]).filter(|_| assignees.is_empty()));
    assert_eq!(
        context.facts.list(fact::ASSIGNEES).iter().map(String::as_str).collect::<BTreeSet<_>>(),
        assignees,
        "{at}"
    );
}

/// Bodies that have the same members: which of the two they are, only the header says.
const ALIKE: [(&str, &str); 3] =
    [("repository", "watch"), ("watch", "repository"), ("organization", "installation")];

#[test]
fn no_real_payload_passes_for_another_event() {
    let Some(corpus) = corpus() else { return };
    let mut found = Vec::new();
    for real in corpus.iter().filter(|real| real.provider == ProviderName::new("github")) {
        let others = super::spec(real.provider).shapes.iter().map(|shape| shape.event);
        for event in others.filter(|event| *event != real.entry.event) {
            if ALIKE.contains(&(real.entry.event.as_str(), event)) {
                continue;
            }
            let headers: Headers = [("x-github-event", event)].into_iter().collect();
            if super::provider(real.provider).read(&headers, &real.body).is_ok() {
                found.push(format!("{} passes for {event}", real.entry.path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_mutation_of_a_real_payload_brings_a_parser_down() {
    let Some(corpus) = corpus() else { return };
    for real in &corpus {
        for part in 1..8 {
            let _ = real.parse(&real.body[..real.body.len() * part / 8]);
        }
        let raw: Value = serde_json::from_slice(&real.body).unwrap();
        let Value::Object(entries) = raw else { continue };
        for key in entries.keys() {
            for other in [
                Value::Null,
                Value::from(7),
                Value::from("text"),
                Value::from(vec![1, 2]),
                serde_json::json!({"a": {}}),
            ] {
                let mut mutated = entries.clone();
                mutated.insert(key.clone(), other);
                let body = serde_json::to_vec(&mutated).unwrap();
                if let Err(problem) = real.parse(&body) {
                    let says = format!("`{key}`");
                    assert!(problem.0.contains(&says), "{}: {key}: {problem}", real.entry.path.display());
                }
            }
        }
    }
}
