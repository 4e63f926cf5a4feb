//! What is to be configured, and what has come of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    domain::{AgentSpec, Changes, Digest, Parts, Revision, RevisionChanges, Source, Timestamp},
    schedule::ScheduledAgent,
};

/// What is to be configured.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// Sources, in the order in which they are tried.
    pub sources: Vec<Arc<Source>>,
    /// Agents; disabled ones too.
    pub agents: Vec<Arc<AgentSpec>>,
    /// When those with a schedule are due.
    pub schedules: Vec<ScheduledAgent>,
    /// What else holds for the whole gate: key and value. Only looked at for changes; nothing in it is
    /// a secret.
    pub settings: BTreeMap<String, String>,
}

impl Configuration {
    /// What it consists of. Linear; some microseconds for each agent.
    pub fn parts(&self) -> Parts {
        let schedules: HashMap<_, _> = self.schedules.iter().map(|due| (&due.agent, due)).collect();
        let agent = |spec: &Arc<AgentSpec>| {
            let digest = Digest::of(|digest| {
                spec.write_digest(digest);
                digest.option(schedules.get(&spec.name), |digest, due| due.write_digest(digest));
            });
            (spec.name.clone(), digest)
        };
        let text = |value: &str| {
            Digest::of(|digest| {
                digest.text(value);
            })
        };
        Parts {
            settings: self.settings.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
            sources: self
                .sources
                .iter()
                .map(|source| (source.name.clone(), Digest::of(|digest| source.write_digest(digest))))
                .collect(),
            agents: self.agents.iter().map(agent).collect(),
        }
    }
}

/// What has come of a [`Configuration`].
#[derive(Debug, Clone)]
pub struct Applied {
    /// Its number: that of the one before where nothing is different.
    pub revision: Revision,
    /// Since when this revision has been in force.
    pub since: Timestamp,
    /// Which agents run, or run no more, or run differently.
    pub changes: Changes,
    /// All that is different from the revision before; empty where it is the same one.
    pub differences: RevisionChanges,
}
