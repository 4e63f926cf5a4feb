//! Headers and body of any event of any provider.

use herdgate_actors::{domain::ProviderName, provider};
use serde_json::{Map, Value, json};

use crate::samples::{self, Sample};

/// What is sent, but for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Event {
    /// Its headers, with lower-case names.
    pub(in crate::cli) headers: Vec<(String, String)>,
    /// Its body.
    pub(in crate::cli) body: Vec<u8>,
}

/// What the command line asks for.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Wanted<'a> {
    pub(in crate::cli) provider: ProviderName,
    /// A sample, or an event with or without its action.
    pub(in crate::cli) name: Option<&'a str>,
    /// An event, known or not.
    pub(in crate::cli) event: Option<&'a str>,
}

/// An event of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{provider} is not known to send `{name}`\nhelp: `herdgate send {provider}` lists what is known; `--event` sends any"
)]
pub(in crate::cli) struct UnknownEvent {
    provider: ProviderName,
    name: String,
}

impl Wanted<'_> {
    /// The event as its provider would send it. `id` makes it a delivery of its own.
    pub(in crate::cli) fn find(&self, id: &str) -> Result<Event, UnknownEvent> {
        let name = self.name.unwrap_or_default();
        let sample = samples::find(self.provider, name);
        if let (Some(sample), None) = (&sample, self.event) {
            let body = sample.body_of(id).into_bytes();
            return Ok(Event { headers: headers(sample, id), body });
        }
        let (event, action) = match (self.event, sample) {
            (Some(event), Some(sample)) => {
                return Ok(of_kind(self.provider, &sample, event, None, sample_body(&sample, id), id));
            }
            (Some(event), None) => {
                (event.to_owned(), name.split_once('.').map_or(name, |(_, action)| action))
            }
            (None, _) => {
                let (event, action) = name.split_once('.').unwrap_or((name, ""));
                (self.known(event).ok_or_else(|| self.unknown())?.to_owned(), action)
            }
        };
        let action = Some(action).filter(|action| !action.is_empty());
        let like = samples::of(self.provider).find(|sample| sample.event().eq_ignore_ascii_case(&event));
        let first = || samples::of(self.provider).next().ok_or_else(|| self.unknown());
        match like {
            Some(sample) => Ok(of_kind(self.provider, &sample, &event, action, sample_body(&sample, id), id)),
            None => first()
                .map(|sample| of_kind(self.provider, &sample, &event, action, common(self.provider, id), id)),
        }
    }

    fn known(&self, event: &str) -> Option<&'static str> {
        let known = provider::spec(self.provider).known_events;
        known.iter().map(|known| known.name).find(|name| name.eq_ignore_ascii_case(event))
    }

    fn unknown(&self) -> UnknownEvent {
        UnknownEvent { provider: self.provider, name: self.name.unwrap_or_default().to_owned() }
    }
}

impl Event {
    /// Changes a header, or adds one.
    pub(in crate::cli) fn header(&mut self, line: &str) -> Result<(), String> {
        let (name, value) = line
            .split_once(':')
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("`{line}` is no header: expected `Name: value`"))?;
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        Ok(())
    }
}

fn headers(sample: &Sample, id: &str) -> Vec<(String, String)> {
    sample.headers(id).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn sample_body(sample: &Sample, id: &str) -> Map<String, Value> {
    serde_json::from_str(&sample.body_of(id)).unwrap_or_default()
}

/// What all samples of a provider have in common: who sends, and from where.
fn common(provider: ProviderName, id: &str) -> Map<String, Value> {
    let mut bodies = samples::of(provider).map(|sample| sample_body(&sample, id));
    let mut common = bodies.next().unwrap_or_default();
    for body in bodies {
        common.retain(|key, value| body.get(key) == Some(value));
    }
    common
}

/// Gives a body what bodies of the event have, and takes away what makes them others.
fn shape(provider: ProviderName, event: &str, body: &mut Map<String, Value>) {
    let spec = provider::spec(provider);
    let Some(shape) = spec.shapes.iter().find(|shape| shape.event == event) else { return };
    let shaped = match spec.shaped {
        None => Some(body),
        Some(member) => body.entry(member).or_insert_with(|| json!({})).as_object_mut(),
    };
    let Some(shaped) = shaped else { return };
    shape.lacks.iter().copied().flatten().for_each(|name| drop(shaped.remove(*name)));
    for name in shape.has {
        shaped.entry(*name).or_insert_with(|| json!({}));
    }
}

/// A sample made an event of another name: wherever the sample names its own.
fn of_kind(
    provider: ProviderName,
    sample: &Sample,
    event: &str,
    action: Option<&str>,
    mut body: Map<String, Value>,
    id: &str,
) -> Event {
    let mut headers = headers(sample, id);
    for (_, value) in headers.iter_mut().filter(|(_, value)| value == sample.event()) {
        event.clone_into(value);
    }
    let own: Map<String, Value> = sample_body(sample, id);
    for key in ["type", "event"] {
        if own.get(key).and_then(Value::as_str) == Some(sample.event()) {
            body.insert(key.to_owned(), json!(event));
        }
        if let Some(inner) = body.get_mut(key).and_then(|inner| inner.get_mut("type"))
            && inner == sample.event()
        {
            *inner = json!(event);
        }
    }
    if let Some(action) = action {
        body.insert("action".to_owned(), json!(action));
    }
    shape(provider, event, &mut body);
    Event { headers, body: format!("{:#}", Value::Object(body)).into_bytes() }
}

/// What can be sent by name, as people read it.
pub(super) fn known(provider: ProviderName) -> Vec<String> {
    let mut lines = vec!["samples".to_owned()];
    lines.extend(samples::of(provider).map(|sample| format!("  {}", sample.name)));
    let known = provider::spec(provider).known_events;
    if !known.is_empty() {
        lines.push("\nother events, with the actions they are known to have".to_owned());
    }
    lines.extend(known.iter().map(|event| match event.actions {
        [] => format!("  {}", event.name),
        actions => format!("  {}.{}", event.name, actions.join("|")),
    }));
    lines.push("\n`--event` sends one of any name".to_owned());
    lines
}

/// The same for programs.
pub(super) fn known_json(provider: ProviderName) -> Value {
    let samples: Vec<_> = samples::of(provider).map(|sample| sample.name).collect();
    let known = provider::spec(provider).known_events.iter();
    let events: Vec<_> =
        known.map(|event| json!({ "event": event.name, "actions": event.actions })).collect();
    json!({ "provider": provider, "samples": samples, "events": events })
}

#[cfg(test)]
mod tests {
    use herdgate_actors::domain::{self, Headers, fact};

    use super::*;

    fn read(provider: &'static str, name: Option<&str>, event: Option<&str>) -> domain::Event {
        let provider = ProviderName::new(provider);
        let sent = Wanted { provider, name, event }.find("one").unwrap();
        let headers: Headers = sent.headers.into_iter().collect();
        provider::provider(provider).read(&headers, &sent.body).unwrap()
    }

    #[test]
    fn every_known_event_of_every_provider_reads_as_itself() {
        for provider in provider::all() {
            let spec = provider.spec();
            for known in spec.known_events {
                let name = known.actions.first().map(|action| format!("{}.{action}", known.name));
                let context = read(spec.name.as_str(), name.as_deref().or(Some(known.name)), None);
                let aliases = [("Issue", "issues"), ("Comment", "issue_comment")];
                let expected =
                    aliases.iter().find(|(name, _)| *name == known.name).map_or(known.name, |it| it.1);
                assert!(context.header.event.eq_ignore_ascii_case(expected), "{} {}", spec.name, known.name);
                if let Some(action) = known.actions.first() {
                    assert_eq!(
                        context.header.action.as_deref(),
                        Some(*action),
                        "{} {}",
                        spec.name,
                        known.name
                    );
                }
            }
        }
    }

    #[test]
    fn another_action_of_a_sample_keeps_its_subject() {
        let context = read("github", Some("issues.closed"), None);
        assert_eq!(
            (context.header.event.as_str(), context.header.action.as_deref()),
            ("issues", Some("closed"))
        );
        assert!(context.facts.get(fact::TITLE).is_some() && context.facts.get(fact::REPO).is_some());
    }

    #[test]
    fn an_event_of_any_name_is_sent_on_request_and_a_mistyped_one_is_not() {
        let context = read("github", None, Some("brand_new"));
        assert_eq!(context.header.event, "brand_new");
        assert!(context.facts.get(fact::REPO).is_some() && context.facts.get(fact::TITLE).is_none());
        let provider = ProviderName::new("github");
        let error = Wanted { provider, name: Some("isues.labeled"), event: None }.find("one").unwrap_err();
        assert!(error.to_string().contains("`herdgate send github` lists"), "{error}");
    }

    #[test]
    fn a_header_is_changed_whatever_its_case() {
        let mut event = Event { headers: vec![("x-a".into(), "1".into())], body: Vec::new() };
        event.header("X-A: 2").unwrap();
        assert_eq!(event.headers, [("x-a".to_owned(), "2".to_owned())]);
        assert!(event.header("nothing").is_err());
    }
}
