//! `key` of a trigger: what its deliveries are about, made of what they say.
//!
//! A delivery that lacks one of the fields has no key, and a job of its own: were the part left
//! empty, unlike subjects would become one.

use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Event, FactName, GroupKey, push_escape};
use crate::domain::is_unseen;

/// Longer keys end in a hash of all of them: they are shown in listings, and are part of an index.
const LONGEST: usize = 200;

/// Makes the key of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTemplate {
    text: String,
    parts: Vec<KeyPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyPart {
    Text(String),
    Field(KeyField),
}

/// A field that a key may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyField {
    /// The name of the event.
    Event,
    /// What happened to the subject.
    Action,
    /// Who caused the event.
    Sender,
    /// What is known of the event by name.
    Fact(FactName),
    /// What stands at a path in the details.
    Detail(String),
}

/// What is wrong with the text of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Every delivery would have the same.
    #[error("it names no field, so that all deliveries would be one subject")]
    NoField,
    /// A brace is missing.
    #[error("a brace is not closed")]
    Unclosed,
    /// A brace too many.
    #[error("a closing brace has no opening one")]
    Unopened,
    /// No such field.
    #[error("`{name}` is no field of its deliveries")]
    UnknownField {
        /// As it was written.
        name: String,
    },
}

impl KeyTemplate {
    /// The template of a text like `{repo}#{number}`, whose fields `find` knows.
    ///
    /// # Errors
    /// It names no field, or one that is not known.
    pub fn parse(text: &str, find: impl Fn(&str) -> Option<KeyField>) -> Result<Self, BadKey> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with('}') {
                return Err(BadKey::Unopened);
            }
            let (before, opened) = (&rest[..at], &rest[at + 1..]);
            let end = opened.find(['{', '}']).filter(|end| opened[*end..].starts_with('}'));
            let name = &opened[..end.ok_or(BadKey::Unclosed)?];
            if !before.is_empty() {
                parts.push(KeyPart::Text(before.to_owned()));
            }
            let field = find(name.trim()).ok_or_else(|| BadKey::UnknownField { name: name.to_owned() })?;
            parts.push(KeyPart::Field(field));
            rest = &opened[name.len() + 1..];
        }
        if parts.is_empty() {
            return Err(BadKey::NoField);
        }
        if !rest.is_empty() {
            parts.push(KeyPart::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key of an event; nothing where it lacks a field.
    pub fn key_of(&self, event: &Event) -> Option<GroupKey> {
        let mut key = String::new();
        for part in &self.parts {
            match part {
                KeyPart::Text(text) => key.push_str(text),
                KeyPart::Field(field) => push_value(&mut key, field, event)?,
            }
        }
        Some(GroupKey(bounded(key)))
    }

    /// The fields of it that an event lacks, as they are written.
    pub fn missing_in(&self, event: &Event) -> Vec<&str> {
        let fields = self.parts.iter().filter_map(|part| match part {
            KeyPart::Field(field) => Some(field),
            KeyPart::Text(_) => None,
        });
        let lacking = fields.filter(|field| push_value(&mut String::new(), field, event).is_none());
        lacking.map(KeyField::name).collect()
    }
}

impl KeyField {
    fn name(&self) -> &str {
        match self {
            Self::Event => "event",
            Self::Action => "action",
            Self::Sender => "sender",
            Self::Fact(name) => name.as_str(),
            Self::Detail(path) => path,
        }
    }
}

fn push_value(key: &mut String, field: &KeyField, event: &Event) -> Option<()> {
    let mut push = |text: &str| {
        for letter in text.chars() {
            if is_unseen(letter) { push_escape(key, letter) } else { key.push(letter) }
        }
    };
    match field {
        KeyField::Event => push(&event.header.event),
        KeyField::Action => push(event.header.action.as_deref()?),
        KeyField::Sender => push(event.header.sender.as_deref()?),
        KeyField::Fact(name) => {
            event.facts.get(*name)?;
            for (nth, value) in event.facts.values(*name).enumerate() {
                push(if nth > 0 { "," } else { "" });
                push(&value);
            }
        }
        KeyField::Detail(path) => match event.details.at(path)? {
            Value::String(text) => push(text),
            value @ (Value::Number(_) | Value::Bool(_)) => push(&value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        },
    }
    Some(())
}

fn bounded(mut key: String) -> String {
    if key.len() > LONGEST {
        let hash = Sha256::digest(&key);
        let cut = (0..=LONGEST - 20).rev().find(|at| key.is_char_boundary(*at)).unwrap_or(0);
        key.truncate(cut);
        // Writing into a text cannot fail.
        let _ = write!(key, "…{}", const_hex::encode(&hash[..8]));
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ProviderName, fact};

    fn parse(text: &str) -> Result<KeyTemplate, BadKey> {
        KeyTemplate::parse(text, |name| match name {
            "event" => Some(KeyField::Event),
            "repo" => Some(KeyField::Fact(fact::REPO)),
            "number" => Some(KeyField::Fact(fact::NUMBER)),
            "labels" => Some(KeyField::Fact(fact::LABELS)),
            "title" => Some(KeyField::Fact(fact::TITLE)),
            "details.data.id" => Some(KeyField::Detail("data.id".to_owned())),
            _ => None,
        })
    }

    fn event() -> Event {
        let mut event = Event::new(ProviderName::new("github"), "issues");
        event.facts.set(fact::REPO, Some("acme/app"));
        event.facts.set_number(fact::NUMBER, Some(7));
        event
    }

    fn key(text: &str, event: &Event) -> Option<String> {
        parse(text).unwrap().key_of(event).map(|key| key.0)
    }

    #[test]
    fn a_key_is_its_text_with_the_values_of_its_fields() {
        let mut event = event();
        event.facts.set_list(fact::LABELS, vec!["a".into(), "b".into()]);
        event.details.add("data", Some(serde_json::json!({ "id": 12 })));
        assert_eq!(key("{repo}#{number}", &event).unwrap(), "acme/app#7");
        assert_eq!(key("pr { number }!", &event).unwrap(), "pr 7!");
        assert_eq!(key("{labels}/{details.data.id}/{event}", &event).unwrap(), "a,b/12/issues");
    }

    #[test]
    fn a_delivery_that_lacks_a_field_has_no_key() {
        let template = parse("{repo}#{number}").unwrap();
        let push = Event::new(ProviderName::new("github"), "push");
        assert_eq!(template.key_of(&push), None);
        assert_eq!(template.missing_in(&push), ["repo", "number"]);
        assert_eq!(template.missing_in(&event()), Vec::<&str>::new());
    }

    #[test]
    fn what_is_no_template_is_told() {
        assert_eq!(parse("all").unwrap_err(), BadKey::NoField);
        assert_eq!(parse("{repo").unwrap_err(), BadKey::Unclosed);
        assert_eq!(parse("{re{repo}").unwrap_err(), BadKey::Unclosed);
        assert_eq!(parse("repo}").unwrap_err(), BadKey::Unopened);
        assert_eq!(parse("{rep}").unwrap_err(), BadKey::UnknownField { name: "rep".to_owned() });
    }

    #[test]
    fn a_long_key_is_cut_and_stays_apart_from_others() {
        let titled = |end: &str| {
            let mut event = event();
            event.facts.set(fact::TITLE, Some("ü".repeat(500) + end));
            key("{title}", &event).unwrap()
        };
        assert!(titled("a").len() <= LONGEST);
        assert_ne!(titled("a"), titled("b"));
        assert_eq!(titled("a"), titled("a"));
    }

    #[test]
    fn what_is_not_seen_is_told_by_its_number() {
        let mut event = event();
        event.facts.set(fact::TITLE, Some("a\u{202e}b"));
        assert_eq!(key("{title}", &event).unwrap(), "a\\u202eb");
    }
}
