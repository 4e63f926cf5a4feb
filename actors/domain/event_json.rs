//! An event as JSON: one flat object, as it is stored and shown.
//!
//! Its form has not changed since the first store: whatever is added must be readable without it.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Value;

use super::{
    Details, Event, Fact, FactName, Facts, KindFields,
    fact::{
        ASSIGNEE, ASSIGNEES, AUTHOR, AUTHOR_ALIASES, BASE_BRANCH, BODY, BRANCH, BRANCHES, COMMENT, COMMENTER,
        CONCLUSION, LABEL, LABELS, NUMBER, ORG, REPO, REPOS, TAG, TITLE, URL,
    },
    facts::{FactKind, FactPlace},
};
use crate::domain::ProviderName;

/// What stands before the sender and the time.
const FIRST: [FactName; 17] = [
    REPO,
    NUMBER,
    TITLE,
    BODY,
    URL,
    AUTHOR,
    ASSIGNEE,
    ASSIGNEES,
    LABELS,
    LABEL,
    BRANCH,
    BASE_BRANCH,
    BRANCHES,
    TAG,
    CONCLUSION,
    COMMENT,
    COMMENTER,
];
/// What stands behind them.
const THEN: [FactName; 2] = [ORG, REPOS];

/// The common fact of that name.
fn common(name: &str) -> Option<FactName> {
    FIRST.into_iter().chain(THEN).chain([AUTHOR_ALIASES]).find(|known| known.as_str() == name)
}

/// Writes an entry, where there is something to write.
pub(crate) fn entry<O: SerializeMap>(
    object: &mut O,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), O::Error> {
    value.map_or(Ok(()), |value| object.serialize_entry(key, &value))
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { header, facts, .. } = self;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("source", &header.provider)?;
        object.serialize_entry("event", &header.event)?;
        entry(&mut object, "action", header.action.as_ref())?;
        for name in FIRST {
            entry(&mut object, name.as_str(), facts.get(name))?;
        }
        entry(&mut object, "sender", header.sender.as_ref())?;
        entry(&mut object, "timestamp", header.time.as_ref())?;
        for name in THEN {
            entry(&mut object, name.as_str(), facts.get(name))?;
        }
        entry(&mut object, "details", self.shown_details())?;
        entry(&mut object, "author_aliases", facts.get(AUTHOR_ALIASES))?;
        object.serialize_entry("carries", &header.kind)?;
        object.end()
    }
}

impl Event {
    /// The details, with the provider's own facts in their places; nothing where there are none.
    pub(crate) fn shown_details(&self) -> Option<impl Serialize + '_> {
        let mut own = self.facts.own().peekable();
        if own.peek().is_none() {
            return (!self.details.is_empty()).then_some(ShownDetails::Alone(&self.details));
        }
        let details = self.details.iter().map(|(key, value)| (key.as_ref(), Shown::Detail(value)));
        let own = own.map(|(name, fact)| (name, Shown::Fact(fact)));
        Some(ShownDetails::WithFacts(details.chain(own).collect()))
    }

    /// Knows a detail for a fact of the provider's own, which it was before it became JSON.
    pub(crate) fn adopt(&mut self, name: FactName) {
        let fact = match (name.place, self.details.at(name.as_str())) {
            (FactPlace::Common, _) | (_, None) => None,
            (_, Some(value)) => fact_of(name, value),
        };
        if name.place == FactPlace::Own && fact.is_some() {
            self.details.remove(name.as_str());
        }
        if fact.is_some() {
            self.facts.put(name, fact);
        }
    }
}

fn fact_of(name: FactName, value: &Value) -> Option<Fact> {
    match (name.kind, value) {
        (FactKind::Text | FactKind::Prose, Value::String(text)) => Some(Fact::Text(text.clone())),
        (FactKind::Number, Value::Number(number)) => number.as_i64().map(Fact::Number),
        (FactKind::List, Value::Array(list)) => {
            let texts: Option<Vec<_>> = list.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.filter(|texts| !texts.is_empty()).map(Fact::List)
        }
        _ => None,
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ShownDetails<'a> {
    Alone(&'a Details),
    WithFacts(BTreeMap<&'a str, Shown<'a>>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Detail(&'a Value),
    Fact(&'a Fact),
}

/// An event as it was written; which of its details are facts of its provider is still to be said.
pub(crate) struct StoredEvent(pub(crate) Event);

impl<'de> Deserialize<'de> for StoredEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor).map(Self)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Event, M::Error> {
        let (mut provider, mut name) = (None::<ProviderName>, None::<String>);
        let (mut action, mut sender, mut time) = (None, None, None);
        let (mut facts, mut details, mut kind) =
            (Facts::default(), Details::default(), KindFields::default());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "source" => provider = Some(map.next_value()?),
                "event" => name = Some(map.next_value()?),
                "action" => action = map.next_value()?,
                "sender" => sender = map.next_value()?,
                "timestamp" => time = map.next_value()?,
                "details" => details = map.next_value()?,
                "carries" => kind = map.next_value()?,
                key => match common(key) {
                    Some(name) => {
                        let fact = read_fact(name, &mut map)?;
                        facts.put(name, fact);
                    }
                    None => drop(map.next_value::<IgnoredAny>()?),
                },
            }
        }
        let provider = provider.ok_or_else(|| M::Error::missing_field("source"))?;
        let mut event = Event::new(provider, name.ok_or_else(|| M::Error::missing_field("event"))?);
        (event.header.action, event.header.sender, event.header.time) = (action, sender, time);
        event.header.kind = kind;
        Ok(Event { facts, details, ..event })
    }
}

fn read_fact<'de, M: MapAccess<'de>>(name: FactName, map: &mut M) -> Result<Option<Fact>, M::Error> {
    Ok(match name.kind {
        FactKind::Text | FactKind::Prose => map.next_value::<Option<String>>()?.map(Fact::Text),
        FactKind::Number => map.next_value::<Option<i64>>()?.map(Fact::Number),
        FactKind::List => {
            let list = map.next_value::<Option<Vec<String>>>()?;
            list.filter(|list| !list.is_empty()).map(Fact::List)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As every version has written it.
    const STORED: &str = r#"{"source":"github","event":"e","action":"a","repo":"r","number":7,"title":"t","body":"b","url":"u","author":"au","assignee":"as","assignees":["ass"],"labels":["l"],"label":"la","branch":"br","base_branch":"ba","branches":["brs"],"tag":"ta","conclusion":"c","comment":"co","commenter":"cr","sender":"s","timestamp":"ts","org":"o","repos":["rs"],"details":{"level":"error","nested":{"a":[1]}},"author_aliases":["al"],"carries":{"branch":true,"conclusion":false}}"#;

    fn read(json: &str) -> serde_json::Result<Event> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_earlier_versions_stored_is_read_and_written_in_the_same_words() {
        let event = read(STORED).unwrap();
        assert_eq!((event.header.event.as_str(), event.header.time.as_deref()), ("e", Some("ts")));
        assert_eq!(event.facts.list(AUTHOR_ALIASES), ["al"]);
        assert_eq!(event.details["nested"], serde_json::json!({"a": [1]}));
        assert_eq!(serde_json::to_string(&event).unwrap(), STORED);
        let least = r#"{"source":"github","event":"ping","carries":{"branch":false,"conclusion":false}}"#;
        assert_eq!(serde_json::to_string(&read(least).unwrap()).unwrap(), least);
        assert_eq!(read(r#"{"source":"github","event":"ping"}"#).unwrap(), read(least).unwrap());
        let of_tomorrow = r#"{"source":"github","event":"ping","of_tomorrow":{"a":1}}"#;
        assert_eq!(read(of_tomorrow).unwrap(), read(least).unwrap());
    }

    #[test]
    fn a_fact_of_one_provider_is_shown_among_its_details_and_known_again() {
        for json in [
            r#"{"source":"slack","event":"message","details":{"app_id":"A","channel":"C1","ts":"1"},"carries":{"branch":false,"conclusion":false}}"#,
            r#"{"source":"slack","event":"message","details":{"channel":"C1"},"carries":{"branch":false,"conclusion":false}}"#,
            r#"{"source":"slack","event":"message","details":{"channel":["no text"]},"carries":{"branch":false,"conclusion":false}}"#,
            r#"{"source":"standard","event":"invoice.paid","details":{"data":{"id":"inv_1"}},"carries":{"branch":false,"conclusion":false}}"#,
        ] {
            let event = read(json).unwrap();
            let is_text = !json.contains("no text");
            let known = &crate::provider::spec(event.header.provider).fields[1];
            assert_eq!(event.values(known).count(), usize::from(is_text), "{json}");
            assert_eq!(serde_json::to_string(&event).unwrap(), json);
        }
    }

    #[test]
    fn what_is_no_event_is_told() {
        for (json, problem) in [
            (r#"{"event":"e"}"#, "missing field `source`"),
            (r#"{"source":"github"}"#, "missing field `event`"),
            (r#"{"source":"nobody","event":"e"}"#, "unknown webhook type `nobody`"),
            (r#"{"source":"github","event":"e","labels":"l"}"#, "invalid type"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
