//! All of a configuration.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    agent, gate,
    setting::{Keys, Secrets, Setting},
    source,
};
use crate::config::{ResolvedAgent, ResolvedConfig};

/// What is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveConfig {
    /// The project's file; it need not exist.
    #[schema(value_type = String)]
    pub file: PathBuf,
    /// What holds for all of it.
    #[schema(value_type = BTreeMap<String, Setting>)]
    pub settings: Keys,
    /// Sources by name.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Setting>>)]
    pub sources: BTreeMap<String, Keys>,
    /// Agents by name; disabled ones too.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Setting>>)]
    pub agents: BTreeMap<String, Keys>,
}

impl EffectiveConfig {
    /// What is in force by a configuration.
    pub fn of(config: &ResolvedConfig) -> Self {
        Self::made(config, None, &config.agents)
    }

    /// The same with fingerprints, without what is of agents alone: there may be many.
    pub fn without_agents(config: &ResolvedConfig, key: &[u8]) -> Self {
        Self::made(config, Some(key), &[])
    }

    /// The same with fingerprints of its secrets, which say nothing to who does not know `key`.
    pub fn with_fingerprints(config: &ResolvedConfig, key: &[u8]) -> Self {
        Self::made(config, Some(key), &config.agents)
    }

    fn made(config: &ResolvedConfig, key: Option<&[u8]>, agents: &[ResolvedAgent]) -> Self {
        let secrets = Secrets { key };
        let sources = config.sources.iter();
        Self {
            file: config.file.clone(),
            settings: gate::keys(config),
            sources: sources
                .map(|source| (source.name.to_string(), source::keys(source, config, &secrets)))
                .collect(),
            agents: agents
                .iter()
                .map(|agent| (agent.name().to_string(), agent::keys(agent, &config.places, &secrets)))
                .collect(),
        }
    }
}
