//! The numbers of configurations, and what is different between two of them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{AgentName, Digest, SourceName};

/// Counts the configurations that a store has seen, from 1. A number is never given to another
/// configuration; one that comes back later is counted anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A configuration, as the digests of its parts: enough to tell what is different in another one, also
/// after a restart, and nothing that would have to be kept secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// What holds for the whole gate, by key.
    pub settings: BTreeMap<String, Digest>,
    /// Sources by name.
    pub sources: BTreeMap<SourceName, Digest>,
    /// Agents by name; disabled ones too.
    pub agents: BTreeMap<AgentName, Digest>,
}

impl Parts {
    /// Of the whole.
    pub fn digest(&self) -> Digest {
        Digest::of(|digest| {
            let settings = self.settings.iter().map(|(name, part)| (name.as_str(), part));
            let sources = self.sources.iter().map(|(name, part)| (name.as_str(), part));
            let agents = self.agents.iter().map(|(name, part)| (name.as_str(), part));
            let write = |digest: &mut super::DigestWriter, (name, part): (&str, &Digest)| {
                digest.text(name).text(part.as_str());
            };
            digest.all(settings, write).all(sources, write).all(agents, write);
        })
    }

    /// What is different in `after`.
    pub fn changes(&self, after: &Self) -> RevisionChanges {
        RevisionChanges {
            settings: NameChanges::between(&self.settings, &after.settings),
            sources: NameChanges::between(&self.sources, &after.sources),
            agents: NameChanges::between(&self.agents, &after.agents),
        }
    }
}

/// What is different between a revision and the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RevisionChanges {
    /// Keys that hold for the whole gate.
    pub settings: NameChanges,
    /// Sources.
    pub sources: NameChanges,
    /// Agents.
    pub agents: NameChanges,
}

/// Names of things that are new, gone, or different.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NameChanges {
    /// New.
    pub added: Vec<String>,
    /// Gone.
    pub removed: Vec<String>,
    /// Different.
    pub changed: Vec<String>,
}

impl NameChanges {
    fn between<Name: Ord + fmt::Display>(
        before: &BTreeMap<Name, Digest>,
        after: &BTreeMap<Name, Digest>,
    ) -> Self {
        let mut changes = Self::default();
        for (name, digest) in after {
            match before.get(name) {
                None => changes.added.push(name.to_string()),
                Some(before) if before != digest => changes.changed.push(name.to_string()),
                Some(_) => {}
            }
        }
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        changes.removed = gone.map(ToString::to_string).collect();
        changes
    }

    const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl RevisionChanges {
    /// Whether nothing is different.
    pub const fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.sources.is_empty() && self.agents.is_empty()
    }
}

/// Names that are told of each kind; a list of a thousand agents tells nobody anything.
const TOLD: usize = 10;

/// In words: `agent two added; source hub changed`.
impl fmt::Display for RevisionChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing changed");
        }
        let mut separator = "";
        for (one, many, changes) in [
            ("agent", "agents", &self.agents),
            ("source", "sources", &self.sources),
            ("setting", "settings", &self.settings),
        ] {
            for (names, way) in
                [(&changes.added, "added"), (&changes.removed, "removed"), (&changes.changed, "changed")]
            {
                if names.is_empty() {
                    continue;
                }
                let what = if names.len() == 1 { one } else { many };
                let told = names.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
                write!(f, "{separator}{what} {told}")?;
                if names.len() > TOLD {
                    write!(f, " and {} more", names.len() - TOLD)?;
                }
                write!(f, " {way}")?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Digest::of(|digest| {
            digest.text(text);
        })
    }

    fn parts(agents: &[(&str, &str)], limit: &str) -> Parts {
        Parts {
            settings: [("gateway.body_limit".to_owned(), digest(limit))].into(),
            sources: BTreeMap::new(),
            agents: agents.iter().map(|(name, text)| ((*name).into(), digest(text))).collect(),
        }
    }

    #[test]
    fn what_is_different_is_told_in_words() {
        let before = parts(&[("one", "a"), ("gone", "a"), ("same", "a")], "1MiB");
        let after = parts(&[("one", "b"), ("same", "a"), ("two", "a"), ("three", "a")], "2MiB");
        let changes = before.changes(&after);
        assert_eq!(
            changes.to_string(),
            "agents three, two added; agent gone removed; agent one changed; setting gateway.body_limit changed"
        );
        assert_ne!(before.digest(), after.digest());
        assert!(after.changes(&after.clone()).is_empty());
        assert_eq!(RevisionChanges::default().to_string(), "nothing changed");
    }

    #[test]
    fn of_many_names_some_are_told() {
        let names: Vec<_> = (10..40).map(|number| number.to_string()).collect();
        let agents: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
        let words = parts(&[], "1").changes(&parts(&agents, "1")).to_string();
        assert!(words.ends_with("18, 19 and 20 more added"), "{words}");
    }
}
