//! What is not wrong, but should be known.

use std::path::PathBuf;

use herdgate_actors::domain::{AgentName, ProviderName, SourceName};

/// Something that an operator should look at; the gate runs all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Anybody can send to a source.
    #[error("webhook source `{source_name}` takes unsigned webhooks: anybody can send {provider} events")]
    Unsigned {
        /// Which.
        source_name: SourceName,
        /// Its provider.
        provider: ProviderName,
    },
    /// `allow_unsigned` beside a credential.
    #[error("webhook source `{source_name}` has a credential, so `allow_unsigned` has no effect")]
    SignedAnyway {
        /// Which.
        source_name: SourceName,
    },
    /// A secret that is not the owner's alone.
    #[error("the secret at {} is open to other users: chmod 600", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A key of Action Llama without effect.
    #[error("{}:{line}: `{key}` is a key of Action Llama without effect here", .file.display())]
    NotActedOn {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key with its tables.
        key: String,
    },
    /// `scale = 0`.
    #[error("agent `{agent}` is disabled by `scale = 0`")]
    Disabled {
        /// Which.
        agent: AgentName,
    },
    /// A folder that looks like an agent's.
    #[error("{} has a configuration but neither ACTIONS.md nor SKILL.md, so it is no agent", .folder.display())]
    NoInstructions {
        /// The folder.
        folder: PathBuf,
    },
    /// A project without a single agent.
    #[error("there are no agents in {}", .folder.display())]
    NoAgents {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// A variable to be passed on which the gate does not have.
    #[error("agent `{agent}` wants the variable {variable}, which is not set")]
    NotSet {
        /// Whose.
        agent: AgentName,
        /// Which.
        variable: String,
    },
}
