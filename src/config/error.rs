//! Everything that can be wrong with what a user wrote.

use std::path::PathBuf;

use herdgate_actors::domain::ProviderName;

use super::suggest::quoted;
use crate::credentials::CredentialError;

/// What is wrong; its `Display` is the headline of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no configuration where one was asked for.
    #[error("there is no project here")]
    NoProject,
    /// A file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A file is no UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// The first such line, from 1.
        line: usize,
    },
    /// A file of `~/.action-llama/environments` that is named and not there.
    #[error("there is no environment `{name}`")]
    NoEnvironment {
        /// Its name.
        name: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// A file is no TOML.
    #[error("this is not valid TOML: {0}")]
    Syntax(String),
    /// Neither Herdgate nor Action Llama knows a key.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// As the user wrote it.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What may stand there.
        known: Vec<&'static str>,
    },
    /// A secret where only its place may stand.
    #[error("unknown key `{key}`")]
    InlineSecret {
        /// As the user wrote it.
        key: String,
    },
    /// A key of the top of a file, behind the header of a table.
    #[error("`{key}` belongs to the top of the file; here it is part of {table}")]
    Misplaced {
        /// The key.
        key: String,
        /// The table with its brackets.
        table: String,
    },
    /// One key in two spellings.
    #[error("`{name}` is given twice{}", other_spelling(spelling, name))]
    GivenTwice {
        /// The later spelling.
        spelling: String,
        /// The key.
        name: &'static str,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A value of the right type that means nothing here.
    #[error("`{key}` is not usable: {why}")]
    BadValue {
        /// Whose value.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A source without a type.
    #[error("webhook source `{source_name}` has no type")]
    NoType {
        /// Which source.
        source_name: String,
    },
    /// A source of a type that no provider has.
    #[error("unknown webhook type `{found}`")]
    UnknownType {
        /// As the user wrote it.
        found: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A trigger without a source.
    #[error("this trigger names no source")]
    NoSource {
        /// The sources there are.
        known: Vec<String>,
    },
    /// A trigger on a source that is not there.
    #[error("unknown webhook source `{found}`")]
    UnknownSource {
        /// As the user wrote it.
        found: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The sources there are.
        known: Vec<String>,
    },
    /// A filter on a field that the provider does not have.
    #[error("{provider} webhooks have no filter field `{field}`")]
    NoSuchField {
        /// Whose webhooks.
        provider: ProviderName,
        /// As the user wrote it.
        field: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The fields there are.
        known: Vec<&'static str>,
    },
    /// A key made of a field that the provider's deliveries do not have.
    #[error("{provider} deliveries have no field `{field}`")]
    NoKeyField {
        /// Whose webhooks.
        provider: ProviderName,
        /// As the user wrote it.
        field: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The fields there are.
        known: Box<[&'static str]>,
    },
    /// A setting of jobs that share a key, without a key.
    #[error("`{setting}` means nothing without a `key`")]
    NeedsKey {
        /// Which.
        setting: &'static str,
    },
    /// Nothing ever starts the agent.
    #[error("agent `{agent}` has neither a schedule nor webhooks")]
    Idle {
        /// Which.
        agent: String,
    },
    /// An agent without a file that says when it runs.
    #[error("agent `{agent}` has no agent-config.toml, so nothing starts it")]
    NoAgentConfig {
        /// Which.
        agent: String,
        /// Whether the front matter of its `SKILL.md` seems to hold its configuration.
        front_matter: bool,
    },
    /// A secret is not there or not usable.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A credential that is given and empty.
    #[error("`{key}` of webhook source `{source_name}` names no instance")]
    EmptyCredential {
        /// The key.
        key: String,
        /// Which source.
        source_name: String,
    },
    /// A source must be signed and names no credential.
    #[error("webhook source `{source_name}` has no credential")]
    Unsigned {
        /// Which source.
        source_name: String,
        /// The type of its credential.
        credential_type: String,
        /// The key that says that it must be signed.
        demanded_by: &'static str,
    },
    /// A secret of Herdgate's own example on an address that others can reach.
    #[error("webhook source `{source_name}` has a secret of Herdgate's example, which everybody knows")]
    PublishedSecret {
        /// Which source.
        source_name: String,
        /// The file.
        path: PathBuf,
    },
    /// Receipts are forgotten before their deliveries are known as duplicates no longer.
    #[error("a history of {days} days forgets deliveries that a dedupe window of {window} must know")]
    ShortHistory {
        /// `history_retention_days`.
        days: u32,
        /// The longest window.
        window: String,
    },
    /// No program is named for some agents.
    #[error("there is no command to run {}", quoted(agents, "agent", "agents"))]
    NoCommand {
        /// Whose.
        agents: Vec<String>,
    },
    /// A cron expression that cannot be read.
    #[error("`{expression}` is not a schedule: {why}")]
    BadSchedule {
        /// As the user wrote it.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// A cron expression without a time.
    #[error("`{expression}` never fires")]
    NeverFires {
        /// As the user wrote it.
        expression: String,
    },
    /// A zone that the IANA database does not have.
    #[error("unknown time zone `{zone}`")]
    UnknownZone {
        /// As the user wrote it.
        zone: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A name that cannot stand in an URL, a path or a metric.
    #[error("`{name}` is not a usable name for {what}")]
    BadName {
        /// The name.
        name: String,
        /// What it names.
        what: &'static str,
    },
    /// Two folders whose names are the same on some file systems and in no user's mind different.
    #[error("agents `{first}` and `{second}` differ only by case")]
    SameName {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Both listeners on one port.
    #[error("the admin listener cannot have port {port} too")]
    SamePort {
        /// The port of both.
        port: u16,
    },
    /// An environment variable that is no key.
    #[error("no key is called so")]
    UnknownVariable {
        /// Its name.
        variable: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A data folder in which anybody can replace anything.
    #[error("the data folder {} can be written by other users", .folder.display())]
    OpenFolder {
        /// Which.
        folder: PathBuf,
    },
    /// A folder cannot be read.
    #[error("the folder `{}` cannot be read: {why}", .folder.display())]
    UnreadableFolder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        why: String,
    },
}

impl ConfigError {
    /// The same without what the user wrote, for values whose place is no secret and which may be
    /// secrets themselves.
    pub(super) fn without_value(self) -> Self {
        const HIDDEN: &str = "…";
        match self {
            Self::UnknownType { nearest, .. } => Self::UnknownType { found: HIDDEN.to_owned(), nearest },
            Self::UnknownZone { nearest, .. } => Self::UnknownZone { zone: HIDDEN.to_owned(), nearest },
            Self::Credential(error) => Self::Credential(error.without_instance()),
            other => other,
        }
    }
}

fn other_spelling(spelling: &str, name: &str) -> String {
    if spelling == name { String::new() } else { format!(": `{spelling}` is another spelling of it") }
}
