//! Names of triggers that outlive the order in which they are written.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Trigger;

/// What a trigger is known by: the same source and the same filter have the same id, wherever they
/// stand in whichever revision of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TriggerId(String);

/// Of the hash. Among a million triggers two are alike with a chance of one in ten million.
const BYTES: usize = 8;

impl TriggerId {
    /// The id of a trigger. About a microsecond; only asked for where one matched.
    pub fn of(trigger: &Trigger) -> Self {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        part(trigger.source.as_str());
        for clause in &trigger.filter.clauses {
            part(clause.field.name);
            part(&clause.wanted.len().to_string());
            clause.wanted.iter().for_each(|wanted| part(wanted));
        }
        Self(const_hex::encode(&hash.finalize()[..BYTES]))
    }

    /// The id as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clause, Filter};

    fn trigger(source: &str, wanted: &[&[&str]]) -> Trigger {
        let field =
            crate::provider::spec(crate::domain::ProviderName::new("github")).field("labels").unwrap();
        let clause = |wanted: &&[&str]| Clause {
            field,
            wanted: wanted.iter().map(|text| (*text).to_owned()).collect(),
        };
        Trigger::new(source.into(), Filter { clauses: wanted.iter().map(clause).collect() })
    }

    #[test]
    fn a_trigger_keeps_its_name_and_every_difference_makes_another() {
        let id = |source, wanted: &[&[&str]]| TriggerId::of(&trigger(source, wanted));
        assert_eq!(id("hub", &[&["a", "b"]]), id("hub", &[&["a", "b"]]));
        let others = [
            id("hub", &[&["ab"]]),
            id("hub", &[&["a"], &["b"]]),
            id("hub", &[&["b", "a"]]),
            id("hu", &[&["b"]]),
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(*other, id("hub", &[&["a", "b"]]));
            assert!(!others[..index].contains(other));
        }
        assert_eq!(id("hub", &[]).as_str().len(), 16);
    }
}
