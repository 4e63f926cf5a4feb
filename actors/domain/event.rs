//! One shape for every event of every provider.

use std::{borrow::Cow, collections::BTreeMap, ops::Deref};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Facts;
use crate::domain::ProviderName;

/// What a delivery says, whoever sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What every event has.
    pub header: Header,
    /// What filters, the index and keys can ask for.
    pub facts: Facts,
    /// What only prompts show.
    pub details: Details,
}

/// What every event has.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Who sent it.
    pub provider: ProviderName,
    /// The provider's name of the event, like `issues` or `event_alert`.
    pub event: String,
    /// What happened to the subject, like `labeled`.
    pub action: Option<String>,
    /// Who caused the event.
    pub sender: Option<String>,
    /// When it happened, as the provider wrote it.
    pub time: Option<String>,
    /// What events of this kind can have.
    pub kind: KindFields,
}

/// What events of a kind can have, whether or not this one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindFields {
    /// A `branches` filter applies to this kind of event.
    pub branch: bool,
    /// A `conclusions` filter applies to this kind of event.
    pub conclusion: bool,
}

/// What only its provider knows, by the provider's own names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(BTreeMap<Cow<'static, str>, Value>);

impl Event {
    /// An event of which nothing is known yet but its name.
    pub fn new(provider: ProviderName, event: impl Into<String>) -> Self {
        let kind = KindFields::default();
        let header = Header { provider, event: event.into(), action: None, sender: None, time: None, kind };
        Self { header, facts: Facts::default(), details: Details::default() }
    }
}

impl Details {
    /// Adds what is there; the last word counts.
    pub fn add(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(Cow::Borrowed(key), value.into());
        }
    }

    /// Takes something away.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain(|key, value| keeps(key, value));
    }

    /// What stands at a path like `data.id`.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let first = self.0.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }
}

impl Deref for Details {
    type Target = BTreeMap<Cow<'static, str>, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
