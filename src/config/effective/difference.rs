//! What two configurations do not have in common.

use std::{collections::BTreeMap, fmt};

use herdgate_actors::domain::escape_unseen;
use serde::Serialize;
use serde_json::Value;

use super::{
    setting::{Keys, Setting},
    whole::EffectiveConfig,
};
use crate::config::{Origin, fixed::waits_for_start};

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Of what.
    pub part: Part,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// What can be different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What holds for all of it.
    Settings,
    /// The source of this name.
    Source(String),
    /// The agent of this name.
    Agent(String),
}

/// In which way.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Way {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Some of its keys are different.
    Changed {
        /// Each of them.
        keys: BTreeMap<String, Change>,
    },
}

/// A key before and after; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// In force.
    pub before: Option<Setting>,
    /// To be.
    pub after: Option<Setting>,
}

impl EffectiveConfig {
    /// What `after` has that this one has not, and the other way round: settings first, then sources
    /// and agents by name.
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut all = Vec::new();
        if let Some(way) = changed(&self.settings, &after.settings) {
            all.push(Difference { part: Part::Settings, way });
        }
        compare(&self.sources, &after.sources, Part::Source, &mut all);
        compare(&self.agents, &after.agents, Part::Agent, &mut all);
        all
    }
}

fn compare(
    before: &BTreeMap<String, Keys>,
    after: &BTreeMap<String, Keys>,
    part: fn(String) -> Part,
    all: &mut Vec<Difference>,
) {
    for (name, keys) in after {
        let way = match before.get(name) {
            None => Some(Way::Added),
            Some(before) => changed(before, keys),
        };
        all.extend(way.map(|way| Difference { part: part(name.clone()), way }));
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    all.extend(gone.map(|name| Difference { part: part(name.clone()), way: Way::Removed }));
}

fn changed(before: &Keys, after: &Keys) -> Option<Way> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let keys: BTreeMap<_, _> = names
        .filter_map(|name| {
            let (before, after) = (before.get(name), after.get(name));
            (!same(before, after))
                .then(|| (name.clone(), Change { before: before.cloned(), after: after.cloned() }))
        })
        .collect();
    (!keys.is_empty()).then_some(Way::Changed { keys })
}

/// Where a value was set makes no difference to it.
fn same(before: Option<&Setting>, after: Option<&Setting>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            (&before.value, before.secret, &before.fingerprint)
                == (&after.value, after.secret, &after.fingerprint)
        }
        (None, None) => true,
        // A key that is not there and one that says nothing are the same.
        (Some(only), None) | (None, Some(only)) => only.value == Value::Null && !only.secret,
    }
}

/// As an operator reads it, one key a line.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.part {
            Part::Settings => "settings".to_owned(),
            Part::Source(name) => format!("source {name}"),
            Part::Agent(name) => format!("agent {name}"),
        };
        match &self.way {
            Way::Added => write!(f, "{what} added"),
            Way::Removed => write!(f, "{what} removed"),
            Way::Changed { keys } => {
                write!(f, "{what} changed")?;
                keys.iter().try_for_each(|(key, change)| {
                    let waits = self.part == Part::Settings && waits_for_start(key);
                    let when = if waits { " (waits for the next start)" } else { "" };
                    write!(f, "\n  {key}: {change}{when}")
                })
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before.secret && after.secret => f.write_str("changed"),
            (before, after) => write!(f, "{} -> {}", shown(before.as_ref()), shown(after.as_ref())),
        }
    }
}

fn shown(setting: Option<&Setting>) -> String {
    match setting {
        None => "not set".to_owned(),
        Some(setting) if setting.secret => "a secret".to_owned(),
        Some(setting) if setting.value.is_null() => "not set".to_owned(),
        Some(setting) => {
            // As JSON, so that nothing in it can drive a terminal.
            let value = escape_unseen(&setting.value.to_string()).into_owned();
            match &setting.origin {
                // The gate was perhaps started with others than whoever compares.
                by @ (Origin::Variable { .. } | Origin::CommandLine) => format!("{value} by {by}"),
                _ => value,
            }
        }
    }
}
